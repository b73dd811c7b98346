"""Refreshing within the day: the same bits as judging everybody, and only those judged who can have changed."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet as pq
import pytest

from activation.lists.reading import Entry
from activation.lists.uploading import Upload, publish
from activation.segments.evaluation import evaluate, load_segments
from activation.segments.membership import refresh, step
from activation.segments.membership.imprint import imprint_file
from activation.segments.sql_evaluator import evaluate_sql, read_segments
from activation.segments.world import open_world
from kith.run import publish_run
from kith.settings import Settings
from tests.unit.segments.room import Room
from tests.unit.segments.shifting import BODIES, Shifting
from tests.unit.segments.world import AS_OF, Person, write_scores

HOUR = timedelta(hours=1)
RISK = {"score": "churn", "at_least": 0.5, "fallback": {"attribute": "order_count", "at_least": 2}}
MORE: dict[str, Any] = {
    **BODIES,
    "risk": RISK,
    "top": {"score": "churn", "top_percent": 30, "fallback": {"segment": "listed"}},
    "asked": {"any": [{"segment": "listed"}, {"consent": "marketing", "channel": "email", "is": "granted"}]},
    "pairs": {
        "sequence": [{"did": "Product Viewed"}, {"did": "Order Completed"}],
        "gap": "2d",
        "within": "9d",
    },
}


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[int | None]:
    """How many profiles each evaluation judged; None for all. Any share may be refreshed."""
    found: list[int | None] = []

    def note(world: Any, past: Any, *more: Any) -> Any:
        answer = refresh.find_refresh(world, past, *more)
        found.append(None if answer is None else len(answer.positions))
        return answer

    monkeypatch.setattr(step, "find_refresh", note)
    monkeypatch.setattr(refresh, "LARGEST_SHARE", 1.0)
    return found


@pytest.fixture
def room(settings: Settings, tmp_path: Path) -> Room:
    return Room(settings, tmp_path)


def _evaluate(room: Room, as_of: datetime, world: Shifting, bodies: dict[str, Any], **more: Any) -> None:
    """By the room, and by SQL for everybody: who is in must be the same."""
    run = room.begin(as_of, world.seen(), bodies, aliases=world.aliases, **more)
    evaluate(room.told, run)
    with open_world(room.told, run.snapshot) as opened:
        found = evaluate_sql(opened, read_segments(opened, load_segments(room.told)))
    publish_run(room.told, run)
    wanted = {(name, profile) for name in bodies for profile in found.members(name).to_pylist()}
    assert {each for each in room.members() if each[0] in bodies} == wanted


@pytest.mark.parametrize("seed", range(3))
def test_refresh__equals_judging_everybody(room: Room, judged: list[int | None], seed: int) -> None:
    """Scores, consents, lists, attributes, newcomers and events change through two days, at any hour."""
    chance = Random(seed)
    world = Shifting(chance)
    world.come(30)
    as_of, lists = AS_OF, {"listed": sorted(world.people)[:4]}
    consents: dict[tuple[str, str, str], bool] = {}
    for number in range(9):
        if chance.random() < 0.4:
            scores = {name: chance.random() for name in chance.sample(sorted(world.people), 12)}
            write_scores(room.home, "churn", as_of, scores)
        _evaluate(room, as_of, world, MORE, lists=lists, consents=consents)
        end = as_of + chance.choice([HOUR / 2, HOUR, 3 * HOUR, 14 * HOUR if number == 5 else HOUR])
        world.act(as_of, end, share=chance.choice([0, 0.1]))
        world.come(chance.choice([0, 0, 2]))
        world.change_minds(chance.choice([0, 1]))
        if chance.random() < 0.3:
            consents[chance.choice(sorted(world.people)), "marketing", "email"] = chance.random() < 0.5
        if chance.random() < 0.2:
            lists = {"listed": chance.sample(sorted(world.people), 5)}
        as_of = end
    assert judged[0] is None
    assert sum(each is not None for each in judged) >= 2


def test_refresh__judges_those_alone_who_can_have_changed(room: Room, judged: list[int | None]) -> None:
    world = Shifting(Random(1))
    world.come(30)
    _evaluate(room, AS_OF, world, BODIES)
    _evaluate(room, AS_OF + HOUR, world, BODIES)
    [first, second, *_] = sorted(world.people)
    world.people[first].events.append(("Order Completed", AS_OF + 1.5 * HOUR, None))
    world.people[second].country = "GB" if world.people[second].country != "GB" else "DE"
    world.come(1)
    _evaluate(room, AS_OF + 2 * HOUR, world, BODIES)
    assert judged == [None, 0, 3]


@pytest.mark.parametrize("what", ["score", "list", "consent"])
def test_refresh__sees_what_alone_changed(room: Room, judged: list[int | None], what: str) -> None:
    """Of forty people one has another score, is put on a list, or gave a permission; nobody did anything."""
    bodies = {
        "score": {"score": "churn", "at_least": 0.5, "fallback": {"did": "Nothing"}},
        "list": {"list": "vip"},
        "consent": {"consent": "marketing", "channel": "email", "is": "granted"},
    }
    people = [Person(f"p{number:02d}") for number in range(40)]
    _upload(room, AS_OF - HOUR, "p01")
    write_scores(room.home, "churn", AS_OF, {"p01": 0.9, "p02": 0.1})
    granted = {("p01", "marketing", "email"): True}
    room.evaluate(AS_OF, people, {"some": bodies[what]}, consents=granted)
    assert room.members() == [("some", "p01")]
    if what == "list":
        _upload(room, AS_OF + HOUR / 2, "p01", "p02")
    if what == "score":
        write_scores(room.home, "churn", AS_OF + HOUR, {"p01": 0.9, "p02": 0.8})
    if what == "consent":
        granted["p02", "marketing", "email"] = True
    room.evaluate(AS_OF + HOUR, people, {"some": bodies[what]}, consents=granted)
    assert room.members() == [("some", "p01"), ("some", "p02")]
    assert judged == [None, 1]


def _upload(room: Room, at: datetime, *profiles: str) -> None:
    entries = [Entry(number, each) for number, each in enumerate(profiles)]
    publish(room.settings, entries, Upload("vip", kind="profile_id"), "test", at)


def test_refresh__sees_an_instant_that_passed(room: Room, judged: list[int | None]) -> None:
    """An order that a trait announces for half past eight counts at nine, though nothing else happened."""
    people = [Person("soon", last_order_at=AS_OF + HOUR / 2), Person("never")]
    bodies = {"fresh": BODIES["fresh"]}
    room.evaluate(AS_OF, people, bodies)
    assert room.members() == []
    room.evaluate(AS_OF + HOUR, people, bodies)
    assert room.members() == [("fresh", "soon")]
    assert judged == [None, 1]


@pytest.mark.parametrize(
    ("who", "judged_after"), [({"attribute": "birthday", "within": "3d"}, None), ({"did": "X"}, 0)]
)
def test_refresh__of_midnight_itself_minds_dates_alone(
    room: Room, judged: list[int | None], who: dict[str, Any], judged_after: int | None
) -> None:
    """At midnight today's date is still to come; an hour later it is past."""
    midnight = AS_OF.replace(hour=0)
    people = [Person("p1", birthday=midnight.date())]
    room.evaluate(midnight, people, {"some": who})
    assert room.members() == []
    room.evaluate(midnight + HOUR, people, {"some": who})
    assert bool(room.members()) == ("attribute" in who)
    assert judged == [None, judged_after]


FULL = {
    "a new day": {"hours": 20},
    "a merge": {"merge": True},
    "somebody gone": {"vanish": True},
    "an import of old events": {"import": True},
    "an edited definition": {"bodies": {"british": {"attribute": "country", "is": "DE"}}},
    "a new definition": {"bodies": {"more": {"did": "Product Viewed"}}},
    "another zone": {"zone": "Pacific/Auckland"},
    "a lost imprint": {"forget": True},
    "a torn imprint": {"tear": True},
}


@pytest.mark.parametrize("what", FULL)
def test_refresh__judges_everybody_after(room: Room, judged: list[int | None], what: str) -> None:
    world, case = Shifting(Random(2)), FULL[what]
    world.come(30)
    world.act(AS_OF - 5 * HOUR, AS_OF, share=1.0)
    _evaluate(room, AS_OF, world, BODIES)
    if "merge" in case:
        world.merge()
    if "vanish" in case:
        world.vanish()
    if "import" in case:
        world.act(AS_OF - 300 * HOUR, AS_OF - 200 * HOUR, share=0.1)
    if "zone" in case:
        room.settings = room.settings.model_copy(update={"zone": case["zone"]})
    if "forget" in case:
        imprint_file(room.home).unlink()
    if "tear" in case:
        imprint_file(room.home).write_bytes(imprint_file(room.home).read_bytes()[:100])
    _evaluate(room, AS_OF + case.get("hours", 1) * HOUR, world, {**BODIES, **case.get("bodies", {})})
    assert judged == [None, None]


def test_refresh__judges_everybody_when_a_percentile_moved(room: Room, judged: list[int | None]) -> None:
    people = [Person(f"p{number}") for number in range(10)]
    bodies = {"top": {"score": "churn", "top_percent": 20, "fallback": {"did": "Nothing"}}}
    write_scores(room.home, "churn", AS_OF, {f"p{number}": number / 10 for number in range(10)})
    room.evaluate(AS_OF, people, bodies)
    assert [profile for _, profile in room.members()] == ["p8", "p9"]
    fresh = {f"p{number}": number / 10 for number in range(10)} | {"p0": 0.95}
    write_scores(room.home, "churn", AS_OF + HOUR, fresh)
    room.evaluate(AS_OF + HOUR, people, bodies)
    assert [profile for _, profile in room.members()] == ["p0", "p9"]
    assert judged == [None, None]


def test_refresh__judges_everybody_beyond_a_share(
    room: Room, judged: list[int | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresh, "LARGEST_SHARE", 0.1)
    world = Shifting(Random(4))
    world.come(30)
    _evaluate(room, AS_OF, world, BODIES)
    world.change_minds(0)
    for name in sorted(world.people)[:3]:
        world.people[name].events.append(("Order Completed", AS_OF, None))
    _evaluate(room, AS_OF + HOUR, world, BODIES)
    for name in sorted(world.people)[:4]:
        world.people[name].events.append(("Order Completed", AS_OF + HOUR, None))
    _evaluate(room, AS_OF + 2 * HOUR, world, BODIES)
    assert judged == [None, 3, None]


def test_refresh__patches_what_was_kept(room: Room, judged: list[int | None]) -> None:
    """Bits in the lake are those of a full evaluation, byte by byte."""
    world = Shifting(Random(6))
    world.come(61)
    _evaluate(room, AS_OF, world, BODIES)
    world.act(AS_OF, AS_OF + HOUR, share=0.3)
    _evaluate(room, AS_OF + HOUR, world, BODIES)
    patched = pq.read_table(room.home.lake / "segments" / "0000000002" / "bitmaps.parquet").to_pylist()
    run = room.begin(AS_OF + HOUR, world.seen(), BODIES)
    with open_world(room.told, run.snapshot) as opened:
        found = evaluate_sql(opened, read_segments(opened, load_segments(room.told)))
    assert patched
    assert judged[1] is not None
    assert {row["segment"]: row["bits"] for row in patched} == {
        row["segment"]: found.bits[row["segment"]].tobytes() for row in patched
    }
