"""Evaluation at an hour of each local day: which instants a run evaluates, and what it leaves alone."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from activation.segments.membership.grid import grid_instants
from activation.segments.membership.reading import present_state
from kith.errors import KithError
from kith.lake import commits
from kith.settings import Settings
from tests.unit.segments.room import Room
from tests.unit.segments.world import AS_OF, Person

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
BUYERS = {"did": "Order Completed", "within": "7d"}
DAILY = {"evaluate": "daily 06:00"}
SIX = AS_OF.replace(hour=6)


@pytest.fixture
def room(settings: Settings, tmp_path: Path) -> Room:
    return Room(settings, tmp_path)


def _bought(profile_id: str, *at: datetime) -> Person:
    return Person(profile_id, events=[("Order Completed", each, None) for each in at])


def _evaluated(room: Room, segment: str) -> list[datetime]:
    rows = [
        row
        for each in commits(room.home, "segments")
        for row in pq.read_table(each.table("evaluations")).to_pylist()
    ]
    return [row["as_of"].replace(tzinfo=UTC) for row in rows if row["segment"] == segment]


def _history(room: Room, segment: str) -> list[tuple[str, str, datetime]]:
    rows = [
        row
        for each in commits(room.home, "segments")
        for row in pq.read_table(each.table("history")).to_pylist()
    ]
    return [
        (row["profile_id"], row["change"], row["at"].replace(tzinfo=UTC))
        for row in rows
        if row["segment"] == segment
    ]


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_grid__has_one_instant_a_local_day() -> None:
    found = grid_instants(time(6), _utc("2026-05-01T08:00"), _utc("2026-05-04T06:00"), "UTC")
    assert found == [_utc(f"2026-05-0{day}T06:00") for day in (2, 3, 4)]
    assert grid_instants(time(6), _utc("2026-05-01T06:00"), _utc("2026-05-02T05:59"), "UTC") == []
    assert grid_instants(time(6), _utc("2026-05-01T05:59"), _utc("2026-05-01T06:00"), "UTC") == [SIX]


def test_grid__keeps_local_time_when_clocks_change() -> None:
    """New York: six o'clock is 11:00 UTC in winter, 10:00 from 8 March, and 11:00 again from 1 November."""
    zone = "America/New_York"
    spring = grid_instants(time(6), _utc("2026-03-07T00:00"), _utc("2026-03-09T12:00"), zone)
    assert [f"{each:%d %H:%M}" for each in spring] == ["07 11:00", "08 10:00", "09 10:00"]
    autumn = grid_instants(time(6), _utc("2026-10-31T00:00"), _utc("2026-11-02T12:00"), zone)
    assert [f"{each:%d %H:%M}" for each in autumn] == ["31 10:00", "01 11:00", "02 11:00"]


def test_grid__moves_an_hour_that_is_skipped_forward_and_takes_the_first_of_two() -> None:
    zone = "America/New_York"
    skipped = grid_instants(time(2, 30), _utc("2026-03-08T05:00"), _utc("2026-03-09T05:00"), zone)
    assert skipped == [_utc("2026-03-08T07:30")]  # half past three of the new time
    twice = grid_instants(time(1, 30), _utc("2026-11-01T05:00"), _utc("2026-11-02T05:00"), zone)
    assert twice == [_utc("2026-11-01T05:30")]
    between = grid_instants(time(1, 30), twice[0], _utc("2026-11-01T06:45"), zone)
    assert between == []  # the second half past one is not a second day


def test_grid__a_run_evaluates_each_missed_instant_as_of_it(room: Room) -> None:
    """Who came in and left again between two runs is in the history with the instants of the grid."""
    bodies = {"buyers": {"did": "Order Completed", "within": "1d"}, "each": BUYERS}
    kept = {"buyers": DAILY}
    room.evaluate(AS_OF, [_bought("p1"), _bought("p2")], bodies, kept)
    people = [_bought("p1", AS_OF + 2 * HOUR), _bought("p2", SIX + 3 * DAY)]
    room.evaluate(AS_OF + 3 * DAY, people, bodies, kept)
    assert _evaluated(room, "buyers") == [AS_OF, *(SIX + day * DAY for day in (1, 2, 3))]
    assert _evaluated(room, "each") == [AS_OF, AS_OF + 3 * DAY]
    assert _history(room, "buyers") == [("p1", "entered", SIX + DAY), ("p1", "left", SIX + 2 * DAY)]
    assert {(who, at) for who, _, at in _history(room, "each")} == {
        ("p1", AS_OF + 3 * DAY), ("p2", AS_OF + 3 * DAY),
    }  # fmt: skip


def test_grid__off_its_hour_a_segment_keeps_its_bits_and_lends_them(room: Room) -> None:
    bodies = {"buyers": BUYERS, "rest": {"none": [{"segment": "buyers"}]}}
    kept = {"buyers": DAILY}
    room.evaluate(AS_OF, [Person("p1"), Person("p2")], bodies, kept)
    people = [_bought("p1", AS_OF), Person("p0"), Person("p2")]
    room.evaluate(AS_OF + HOUR, people, bodies, kept)
    assert room.members() == [("rest", "p0"), ("rest", "p1"), ("rest", "p2")]
    room.evaluate(SIX + DAY, people, bodies, kept)
    assert room.members() == [("buyers", "p1"), ("rest", "p0"), ("rest", "p2")]
    assert _history(room, "buyers") == [("p1", "entered", SIX + DAY)]


def test_grid__bits_off_their_hour_follow_who_merges_and_comes(room: Room) -> None:
    """The lent bits are over another population, and the one who was in goes by another id."""
    bodies = {"buyers": BUYERS, "both": {"segment": "buyers"}}
    kept = {"buyers": DAILY}
    room.evaluate(AS_OF, [_bought("m", AS_OF - DAY), Person("n")], bodies, kept)
    people = [Person("a"), Person("b"), Person("n"), _bought("z", AS_OF - DAY)]
    room.evaluate(AS_OF + HOUR, people, bodies, kept, aliases={"m": "z"})
    assert [each for each in room.members() if each[0] == "both"] == [("both", "z")]
    assert [who for who, *_ in _history(room, "both")] == ["m"]


def test_grid__an_edit_waits_for_the_hour(room: Room) -> None:
    bodies, kept = {"buyers": BUYERS}, {"buyers": DAILY}
    room.evaluate(AS_OF, [Person("p1")], bodies, kept)
    edited = {"buyers": {"none": [BUYERS]}}
    found = room.evaluate(AS_OF + HOUR, [Person("p1")], edited, kept)
    assert (room.members(), found.is_changed) == ([], False)
    room.evaluate(AS_OF + DAY, [Person("p1")], edited, kept)
    assert _history(room, "buyers") == [("p1", "entered", SIX + DAY)]
    assert room.table("history")[0]["reason"] == "definition"


def test_grid__a_new_segment_is_evaluated_at_once_also_for_one_that_asks_for_it(room: Room) -> None:
    kept = {"rest": DAILY, "buyers": DAILY}
    room.evaluate(AS_OF, [Person("p1")], {"rest": {"none": [BUYERS]}}, {"rest": DAILY})
    people = [_bought("p1", AS_OF), Person("p2")]
    bodies = {"rest": {"none": [{"segment": "buyers"}]}, "buyers": BUYERS}
    room.evaluate(AS_OF + DAY, people, bodies, kept)
    assert room.members() == [("buyers", "p1"), ("rest", "p2")]
    assert _evaluated(room, "buyers") == [SIX + DAY]


def test_grid__a_new_model_of_an_analyst_is_brought_along(room: Room) -> None:
    people, kept = [Person("p1"), Person("p2")], {"rest": DAILY}
    room.evaluate(AS_OF, people, {"rest": {"none": [BUYERS]}}, kept)
    bodies = {"rest": {"none": [{"segment": "listed"}]}}
    room.evaluate(AS_OF + DAY, people, bodies, kept, lists={"listed": ["p1"]})
    assert room.members() == [("listed", "p1"), ("rest", "p2")]
    assert _evaluated(room, "listed") == [SIX + DAY, AS_OF + DAY]


def test_grid__a_deleted_segment_ends_in_the_next_run_whatever_its_hour(room: Room) -> None:
    room.evaluate(AS_OF, [_bought("p1", AS_OF - DAY)], {"buyers": BUYERS}, {"buyers": DAILY})
    room.evaluate(AS_OF + HOUR, [_bought("p1", AS_OF - DAY)], {})
    assert _history(room, "buyers")[-1] == ("p1", "left", AS_OF + HOUR)
    assert present_state(room.settings).standings == {}


def test_grid__a_deleted_segment_that_was_empty_ends_as_well(room: Room) -> None:
    room.evaluate(AS_OF, [Person("p1")], {"buyers": BUYERS}, {"buyers": DAILY})
    assert room.evaluate(AS_OF + HOUR, [Person("p1")], {}).is_changed
    assert present_state(room.settings).standings == {}
    assert not room.evaluate(AS_OF + 2 * HOUR, [Person("p1")], {}).is_changed


def test_grid__a_second_run_at_the_hour_itself_commits_nothing(room: Room) -> None:
    bodies, kept = {"buyers": BUYERS}, {"buyers": DAILY}
    room.evaluate(AS_OF, [Person("p1")], bodies, kept)
    first = room.evaluate(SIX + DAY, [Person("p1")], bodies, kept)
    second = room.evaluate(SIX + DAY, [Person("p1")], bodies, kept)
    assert (first.is_changed, second.is_changed) == (True, False)


def test_grid__an_edit_upstream_is_the_reason_at_the_next_hour(room: Room) -> None:
    """The segment that changed was evaluated anew long before the one that asks for it."""
    kept: dict[str, Any] = {"rest": DAILY}
    bodies = {"buyers": BUYERS, "rest": {"none": [{"segment": "buyers"}]}}
    people = [_bought("p1", AS_OF - 10 * DAY)]
    room.evaluate(AS_OF, people, bodies, kept)
    edited = {**bodies, "buyers": {"did": "Order Completed"}}
    room.evaluate(AS_OF + HOUR, people, edited, kept)
    room.evaluate(AS_OF + DAY, people, edited, kept)
    rows = [
        row
        for each in commits(room.home, "segments")
        for row in pq.read_table(each.table("history")).to_pylist()
    ]
    assert [(row["change"], row["reason"]) for row in rows if row["segment"] == "rest"] == [
        ("entered", "first"),
        ("left", "definition"),
    ]


@pytest.mark.parametrize(
    "text", ["daily", "daily 6:00", "daily 24:00", "hourly", "daily 06:00 UTC", "x daily 06:00"]
)
def test_grid__refuses_other_times(room: Room, text: str) -> None:
    with pytest.raises(KithError, match=r"evaluate: .*is no time of evaluation; expected 'daily 06:00'"):
        room.evaluate(AS_OF, [], {"buyers": BUYERS}, {"buyers": {"evaluate": text}})
