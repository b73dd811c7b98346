"""Guards: what is held, what stays in force meanwhile, and what lets it go."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from activation.segments.evaluation import evaluate
from activation.segments.membership.confirmations import confirm, read_confirmations
from activation.segments.membership.guard import Guard
from activation.segments.membership.reading import present_state
from kith.cli.main import run as kith
from kith.errors import KithError
from kith.settings import Settings
from tests.unit.segments.room import Room
from tests.unit.segments.world import AS_OF, Person, begin

DAY = timedelta(days=1)
BRITISH = {"attribute": "country", "is": "GB"}
BODIES: dict[str, Any] = {
    "british": BRITISH,
    "abroad": {"none": [{"segment": "british"}]},
    "buyers": {"all": [{"segment": "british"}, {"attribute": "order_count", "at_least": 1}]},
}


@pytest.fixture
def room(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Room:
    """Audiences below two count as two, so that small worlds are guarded."""
    monkeypatch.setenv("KITH_SEGMENTS_GUARD_FLOOR", "2")
    return Room(settings, tmp_path)


def _people(british: int, of: int = 20) -> list[Person]:
    return [
        Person(f"p{number:02d}", country="GB" if number < british else "DE", order_count=number % 2)
        for number in range(of)
    ]


def _sizes(room: Room) -> dict[str, int]:
    sizes = dict.fromkeys(present_state(room.settings).standings, 0)
    for segment, _ in room.members():
        sizes[segment] += 1
    return sizes


def _held(room: Room) -> dict[str, str]:
    standings = present_state(room.settings).standings
    return {name: each.hold.reason for name, each in standings.items() if each.hold}


@pytest.mark.parametrize(
    ("before", "found", "is_held"),
    [
        (100, 500, False), (100, 501, True), (100, 0, True), (99, 0, False), (3, 500, False), (3, 501, True),
        (0, 500, False), (0, 501, True), (0, 0, False), (1000, 1, False), (1000, 5000, False), (1000, 5001, True),
    ],
)  # fmt: skip
def test_guard__holds_growth_and_falls_above_a_floor(before: int, found: int, is_held: bool) -> None:
    assert (Guard(5, 100).objection(before, found) is not None) == is_held


def test_guard__without_a_floor_minds_the_smallest() -> None:
    assert Guard(5, 0).objection(1, 0) == "fell from 1 to zero"
    assert Guard(5, 0).objection(1, 6) == "grew from 1 to 6, more than 5 times"
    assert Guard(5, 0).objection(0, 0) is None


def test_guard__keeps_the_last_members_in_force_for_all_who_ask(room: Room, caplog: Any) -> None:
    room.evaluate(AS_OF, _people(2), BODIES)
    before = room.members()
    with caplog.at_level(logging.WARNING):
        found = room.evaluate(AS_OF + DAY, _people(12), BODIES)
    assert room.members() == before
    assert (found.held_count, found.entered_count, found.left_count) == (1, 0, 0)
    assert _held(room) == {"british": "grew from 2 to 12, more than 5 times"}
    [row] = [row for row in room.table("evaluations") if row["segment"] == "british"]
    assert (row["member_count"], row["found_count"]) == (2, 12)
    assert row["held_reason"] == "grew from 2 to 12, more than 5 times"
    warned = [each for each in caplog.records if each.levelno == logging.WARNING]
    assert [(each.message, each.segment) for each in warned] == [("segment held", "british")]


def test_guard__the_first_evaluation_is_free(room: Room) -> None:
    room.evaluate(AS_OF, _people(2), {"british": BRITISH})
    room.evaluate(AS_OF + DAY, _people(2, of=20), BODIES)
    assert _held(room) == {}
    assert _sizes(room) == {"british": 2, "abroad": 18, "buyers": 1}


def test_guard__holds_each_segment_by_the_bits_that_are_in_force(room: Room) -> None:
    """Of two that step too far the one that asks for the other is judged by what that one lends."""
    bodies = {"british": BRITISH, "doubles": {"segment": "british"}, "other": {"attribute": "country", "is": "GB"},
              "third": {"segment": "doubles"}}  # fmt: skip
    room.evaluate(AS_OF, _people(2), bodies)
    found = room.evaluate(AS_OF + DAY, _people(15), bodies)
    assert set(_held(room)) == {"british", "other"}
    assert found.entered_count == 0
    assert _sizes(room) == dict.fromkeys(bodies, 2)


def test_guard__holds_also_those_further_down_that_step_too_far_by_themselves(room: Room) -> None:
    bodies = {"british": BRITISH, "abroad": BODIES["abroad"],
              "late": {"any": [{"all": [{"segment": "abroad"}, {"attribute": "order_count", "at_least": 5}]},
                               {"attribute": "order_count", "at_least": 5}]}}  # fmt: skip
    room.evaluate(AS_OF, _people(2), bodies)
    people = [Person(each.profile_id, country="GB", order_count=9) for each in _people(20)]
    room.evaluate(AS_OF + DAY, people, bodies)
    assert set(_held(room)) == {"british", "late"}


def test_guard__holds_an_audience_that_nobody_is_in_any_longer(room: Room) -> None:
    """Profiles themselves are gone, as when a load went wrong: those in force stay, though few can be read."""
    room.evaluate(AS_OF, _people(6), {"british": BRITISH})
    room.evaluate(AS_OF + DAY, [], {"british": BRITISH})
    assert _held(room) == {"british": "fell from 6 to zero"}
    room.evaluate(AS_OF + 2 * DAY, _people(6), {"british": BRITISH})
    assert (_held(room), _sizes(room)) == ({}, {"british": 6})
    assert room.history() == []


def test_guard__lets_go_when_the_size_is_in_order_again(room: Room) -> None:
    room.evaluate(AS_OF, _people(2), BODIES)
    room.evaluate(AS_OF + DAY, _people(12), BODIES)
    since = present_state(room.settings).standings["british"].hold
    room.evaluate(AS_OF + 2 * DAY, _people(13), BODIES)
    again = present_state(room.settings).standings["british"].hold
    assert since is not None
    assert again is not None
    assert (again.name, again.since, again.count) == (since.name, AS_OF + DAY, 13)
    room.evaluate(AS_OF + 3 * DAY, _people(3), BODIES)
    assert (_held(room), _sizes(room)) == ({}, {"british": 3, "abroad": 17, "buyers": 1})
    assert [row["profile_id"] for row in room.table("history") if row["segment"] == "british"] == ["p02"]


def test_guard__a_confirmation_takes_effect_with_the_next_evaluation(room: Room) -> None:
    room.evaluate(AS_OF, _people(2), BODIES)
    room.evaluate(AS_OF + DAY, _people(12), BODIES)
    made = confirm(room.settings, "british", "Ada", AS_OF + DAY)
    assert _sizes(room)["british"] == 2
    room.evaluate(AS_OF + 2 * DAY, _people(12), BODIES)
    assert (_held(room), _sizes(room)) == ({}, {"british": 12, "abroad": 8, "buyers": 6})
    kept = read_confirmations(room.home)[made.hold]
    assert (kept.segment, kept.confirmed_by, kept.confirmed_at) == ("british", "Ada", AS_OF + DAY)


def test_guard__a_confirmation_is_of_one_holding_and_about_its_size(room: Room) -> None:
    room.evaluate(AS_OF, _people(2, of=80), {"british": BRITISH})
    room.evaluate(AS_OF + DAY, _people(12, of=80), {"british": BRITISH})
    confirm(room.settings, "british", "Ada", AS_OF + DAY)
    room.evaluate(AS_OF + 2 * DAY, _people(70, of=80), {"british": BRITISH})
    assert _held(room) == {"british": "grew from 2 to 70, more than 5 times"}
    room.evaluate(AS_OF + 3 * DAY, _people(13, of=80), {"british": BRITISH})
    assert (_held(room), _sizes(room)) == ({}, {"british": 13})
    room.evaluate(AS_OF + 4 * DAY, _people(70, of=80), {"british": BRITISH})
    assert _held(room) == {"british": "grew from 13 to 70, more than 5 times"}


def test_guard__a_fall_to_zero_can_be_confirmed(room: Room) -> None:
    room.evaluate(AS_OF, _people(4), {"british": BRITISH})
    room.evaluate(AS_OF + DAY, _people(0), {"british": BRITISH})
    confirm(room.settings, "british", "Ada", AS_OF + DAY)
    room.evaluate(AS_OF + 2 * DAY, _people(0), {"british": BRITISH})
    assert (_held(room), _sizes(room)) == ({}, {"british": 0})


def test_guard__an_edit_of_its_own_definition_is_free_and_one_upstream_is_not(room: Room) -> None:
    bodies = {"british": BRITISH, "doubles": {"segment": "british"}}
    room.evaluate(AS_OF, _people(2), bodies)
    edited = {**bodies, "british": {"attribute": "country", "in": ["GB", "DE"]}}
    room.evaluate(AS_OF + DAY, _people(2), edited)
    assert _held(room) == {"doubles": "grew from 2 to 20, more than 5 times"}
    assert _sizes(room) == {"british": 20, "doubles": 2}
    confirm(room.settings, "doubles", "Ada", AS_OF + DAY)
    room.evaluate(AS_OF + 2 * DAY, _people(2), edited)
    assert _sizes(room) == {"british": 20, "doubles": 20}
    assert {row["reason"] for row in room.table("history")} == {"definition"}


def test_guard__a_definition_says_otherwise(room: Room) -> None:
    bodies = {
        "free": BRITISH,
        "wide": {"all": [BRITISH]},
        "high": {"any": [BRITISH]},
        "tight": {"all": [{"any": [BRITISH]}]},
    }
    kept = {"free": {"guard": False}, "wide": {"guard": {"jump": 10}}, "high": {"guard": {"floor": 9}},
            "tight": {"guard": {"jump": 1.5, "floor": 0}}}  # fmt: skip
    room.evaluate(AS_OF, _people(2), bodies, kept)
    room.evaluate(AS_OF + DAY, _people(4), bodies, kept)
    assert set(_held(room)) == {"tight"}
    room.evaluate(AS_OF + 2 * DAY, _people(0), bodies, kept)
    assert set(_held(room)) == {"tight", "wide"}
    room.evaluate(AS_OF + 3 * DAY, _people(20), bodies, kept)
    assert set(_held(room)) == {"tight"}


def test_guard__the_workspace_can_do_without(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KITH_SEGMENTS_GUARD", "false")
    room.evaluate(AS_OF, _people(2), BODIES)
    room.evaluate(AS_OF + DAY, _people(12), BODIES)
    assert _held(room) == {}


def test_guard__holds_an_analysts_model(room: Room) -> None:
    bodies = {"rest": {"none": [{"segment": "listed"}]}}
    ids = [each.profile_id for each in _people(0)]
    room.evaluate(AS_OF, _people(0), bodies, lists={"listed": ids[:3]})
    room.evaluate(AS_OF + DAY, _people(0), bodies, lists={"listed": []})
    assert _held(room) == {"listed": "fell from 3 to zero"}
    assert _sizes(room) == {"listed": 3, "rest": 17}


@pytest.mark.parametrize(
    "guard", [True, {"jump": 1}, {"jump": float("inf")}, {"floor": -1}, {"jumps": 3}, "off"]
)
def test_guard__refuses_what_guards_nothing(room: Room, guard: Any) -> None:
    with pytest.raises(KithError, match="guard"):
        room.evaluate(AS_OF, [], {"british": BRITISH}, {"british": {"guard": guard}})


def test_guard__a_replay_knows_no_later_confirmation(room: Room) -> None:
    room.evaluate(AS_OF, _people(2), BODIES)
    room.evaluate(AS_OF + DAY, _people(12), BODIES)
    confirm(room.settings, "british", "Ada", AS_OF + 3 * DAY)
    room.evaluate(AS_OF + 4 * DAY, _people(12), BODIES)
    for days, held in ((2, 1), (3, 0)):
        run = begin(room.told, AS_OF + days * DAY, _people(12))
        assert run.is_replay
        assert evaluate(room.told, run).held_count == held


def test_confirm__says_what_is_not_held(room: Room) -> None:
    room.evaluate(AS_OF, _people(2), BODIES)
    with pytest.raises(KithError, match="segment british is not held"):
        confirm(room.settings, "british", "Ada", AS_OF)
    with pytest.raises(KithError, match="there is no segment 'britsh'; expected british"):
        confirm(room.settings, "britsh", "Ada", AS_OF)


def test_commands__list_and_confirm_what_is_held(
    room: Room, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    room.evaluate(AS_OF, _people(2), BODIES)
    room.evaluate(AS_OF + DAY, _people(12), BODIES)
    monkeypatch.setenv("KITH_DEFINITIONS", str(room.told.definitions))
    assert kith(["segments", "list", "--format", "json"]) == 0
    rows = {row["segment"]: row for row in json.loads(capsys.readouterr().out)}
    assert (
        rows["british"]["held"] == "grew from 2 to 12, more than 5 times, since 2026-05-02T08:00:00.000000Z"
    )
    assert (rows["british"]["members"], rows["abroad"]["held"]) == (2, "")
    assert kith(["segments", "confirm", "british", "--by", "Ada", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["segment"], told["found"], told["confirmed by"]) == ("british", 12, "Ada")
    files = sorted((room.home.lake / "segment_confirmations").glob("*/confirmations.parquet"))
    assert [row["confirmed_by"] for file in files for row in pq.read_table(file).to_pylist()] == ["Ada"]
    assert kith(["segments", "confirm", "abroad", "--by", "Ada"]) == 1
