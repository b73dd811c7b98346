"""Members and history by bits against the same in SQL, over random worlds that go on."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet as pq
import pytest

from activation.segments.evaluation import load_segments
from activation.segments.membership import past
from activation.segments.membership.reading import present_state
from activation.segments.membership.state import read_state
from activation.segments.sql_evaluator import evaluate_sql, read_segments
from activation.segments.tables import HISTORY, ROOM
from activation.segments.world import open_world
from kith.errors import KithError
from kith.lake import Home, commit, commits
from kith.settings import Settings
from tests.unit.segments.membership_sql import Evaluated, compare_membership
from tests.unit.segments.room import Room
from tests.unit.segments.shifting import BODIES, Shifting, pass_days
from tests.unit.segments.world import AS_OF, Person

ASKED = {"rest": {"buyers", "keen"}, "loyal": {"buyers", "british"}}
OTHER_BODIES = [
    {"buyers": {"did": "Order Completed", "within": "2d"}},
    {"keen": {"attribute": "order_count", "at_least": 1}},
    {"british": {"attribute": "country", "in": ["GB", "DE"]}},
]


class Twin:
    """Evaluates by the room, and keeps the state that the SQL makes of the same."""

    def __init__(self, room: Room) -> None:
        self.room, self.members, self.since = room, None, None
        self.versions: dict[str, str] = {}

    def evaluate(self, as_of: datetime, world: Shifting, bodies: dict[str, Any]) -> None:
        self.room.evaluate(as_of, world.seen(), bodies, aliases=world.aliases)
        history = {_told(row) for row in self.room.table("history")}
        expected = self._by_sql(as_of, world, bodies)
        assert history == {_told(row) for row in expected.history.to_pylist()}
        rows = {(row["segment"], row["profile_id"], row["entered_at"]) for row in self.room.member_rows()}
        wanted = expected.members.select(["segment", "profile_id", "entered_at"]).to_pylist()
        assert rows == {tuple(row.values()) for row in wanted}
        sizes = {
            name: each.member_count for name, each in present_state(self.room.settings).standings.items()
        }
        assert sizes == {name: sum(row["segment"] == name for row in wanted) for name in bodies}
        self.members, self.since = expected.members, as_of

    def _by_sql(self, as_of: datetime, world: Shifting, bodies: dict[str, Any]) -> Any:
        run = self.room.begin(as_of, world.seen(), bodies, aliases=world.aliases)
        with open_world(self.room.told, run.snapshot) as opened:
            segments = read_segments(opened, load_segments(self.room.told))
            versions = {name: each.version for name, each in segments.items()}
            edited = {name for name, each in versions.items() if self.versions.get(name, each) != each}
            evaluated = {
                name: Evaluated(
                    name, each, bool({name, *ASKED.get(name, ())} & edited), name not in self.versions
                )
                for name, each in versions.items()
            }
            self.versions = versions
            return compare_membership(
                opened, evaluate_sql(opened, segments), evaluated, self.members, self.since
            )


def _told(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("segment", "version", "profile_id", "change", "reason", "at"))


@pytest.mark.parametrize("seed", range(4))
def test_membership__by_bits_is_that_by_sql_through_merges_edits_and_deletions(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = Random(seed)
    monkeypatch.setattr(past, "ROWS", 10 if seed % 2 else past.ROWS)
    world, twin = Shifting(chance), Twin(Room(settings, tmp_path))
    world.come(20)
    bodies, as_of = dict(BODIES), AS_OF
    for number in range(7):
        twin.evaluate(as_of, world, bodies)
        as_of = pass_days(world, as_of, timedelta(hours=chance.choice([5, 24, 60])))
        if number in (2, 4):
            bodies |= chance.choice(OTHER_BODIES)
        if number == 3:
            bodies.pop(chance.choice(["rest", "loyal", "lapsed"]), None)
        if number == 5:
            bodies["lapsed"] = BODIES["lapsed"]


def test_membership__of_segments_that_nothing_changed_is_not_written_again(
    settings: Settings, tmp_path: Path
) -> None:
    world, room = Shifting(Random(3)), Room(settings, tmp_path)
    world.come(40)
    bodies = {"british": BODIES["british"], "buyers": BODIES["buyers"]}
    room.evaluate(AS_OF, world.seen(), bodies)
    world.act(AS_OF, AS_OF + timedelta(hours=1), share=1.0)
    room.evaluate(AS_OF + timedelta(hours=2), world.seen(), bodies)
    standings = present_state(settings).standings
    assert {name: each.members_commit for name, each in standings.items()} == {
        "british": "0000000001", "buyers": "0000000002",
    }  # fmt: skip
    assert {name: each.bits_commit for name, each in standings.items()} == {
        "british": "0000000001", "buyers": "0000000002",
    }  # fmt: skip
    first, second = commits(room.home, "segments")
    assert first.meta["population"] == second.meta["population"] == "0000000001"
    assert {row["segment"] for row in room.table("members")} == {"buyers"}
    assert {row["segment"] for row in room.table("bitmaps")} == {"buyers"}


def test_membership__whoever_merges_into_a_newcomer_keeps_the_earlier_entrance(
    settings: Settings, tmp_path: Path
) -> None:
    world, room = Shifting(Random(5)), Room(settings, tmp_path)
    world.come(3)
    bodies = {"everybody": {"none": [{"did": "Nothing"}]}}
    room.evaluate(AS_OF, world.seen(), bodies)
    world.come(1)
    [old, *_], [new] = sorted(world.people)[:1], [name for name in world.people if name.endswith("-3")]
    world.aliases[old] = new
    del world.people[old]
    room.evaluate(AS_OF + timedelta(days=1), world.seen(), bodies, aliases=world.aliases)
    rows = {row["profile_id"]: row["entered_at"] for row in room.member_rows()}
    assert old not in rows
    assert set(rows.values()) == {AS_OF.replace(tzinfo=None)}
    assert room.history() == []


def test_membership__blocks_of_bits_are_put_together_again(tmp_path: Path) -> None:
    import numpy as np

    from activation.segments.membership.bitmaps import BLOCK_BYTES, Bitmap, read_bitmaps, write_bitmaps

    chance = np.random.default_rng(1)
    wide = chance.integers(0, 256, 2 * BLOCK_BYTES + 3, np.uint8)
    narrow = chance.integers(0, 256, 5, np.uint8)
    at = AS_OF.replace(tzinfo=None)
    bitmaps = [
        Bitmap("wide", "v", at, wide),
        Bitmap("narrow", "v", at, narrow),
        Bitmap("none", "v", at, wide[:0]),
    ]
    write_bitmaps(tmp_path / "bitmaps.parquet", bitmaps)
    found = read_bitmaps(tmp_path / "bitmaps.parquet")
    assert {name: each.tobytes() for name, each in found.items()} == {
        each.segment: each.bits.tobytes() for each in bitmaps
    }
    assert list(read_bitmaps(tmp_path / "bitmaps.parquet", ["narrow"])) == ["narrow"]
    rows = pq.read_table(tmp_path / "bitmaps.parquet").to_pylist()
    assert [row["block"] for row in rows if row["segment"] == "wide"] == [0, 1, 2]
    assert sum(row["size"] for row in rows if row["segment"] == "wide") == int(np.bitwise_count(wide).sum())


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 63, 64, 65, 200, 1000])
def test_difference__tells_each_changed_position_once(size: int) -> None:
    import numpy as np

    from activation.segments.audience import pack, unpack
    from activation.segments.membership.difference import changed_positions, patched

    chance = np.random.default_rng(size)
    before, after = chance.random(size) < 0.4, chance.random(size) < 0.4
    changed = changed_positions(pack(before), pack(after))
    assert changed.tolist() == np.flatnonzero(before != after).tolist()
    some = np.flatnonzero(chance.random(size) < 0.5)
    repaired = patched(pack(before), some, after[some])
    wanted = before.copy()
    wanted[some] = after[some]
    assert unpack(repaired, size).tolist() == wanted.tolist()
    assert patched(pack(before), changed, after[changed]).tobytes() == pack(after).tobytes()


@pytest.mark.parametrize("kept", ["a", "b"])
@pytest.mark.parametrize("first", ["a", "b"])
def test_membership__of_two_members_who_merge_the_earlier_entrance_stays(
    settings: Settings, tmp_path: Path, kept: str, first: str
) -> None:
    room, bodies = Room(settings, tmp_path), {"british": {"attribute": "country", "is": "GB"}}
    [gone] = {"a", "b"} - {kept}
    for day, british in enumerate([{first}, {"a", "b"}]):
        people = [Person(name, country="GB" if name in british else "DE") for name in "ab"]
        room.evaluate(AS_OF + timedelta(days=day), people, bodies)
    people = [Person(kept, country="GB")]
    room.evaluate(AS_OF + timedelta(days=2), people, bodies, aliases={gone: kept})
    assert [(row["profile_id"], row["entered_at"]) for row in room.member_rows()] == [
        (kept, AS_OF.replace(tzinfo=None))
    ]


def test_state__of_another_layout_is_told_with_the_way_out(home: Home) -> None:
    with commit(home, ROOM, {"as_of": "2026-01-01T00:00:00Z"}) as writer:
        writer.write("history", HISTORY.schema.empty_table())
    (found,) = commits(home, ROOM)
    (found.path / "states.parquet").unlink(missing_ok=True)
    with pytest.raises(KithError, match=r"kept them otherwise.*states\.parquet.*run again"):
        read_state(found)
