"""Evaluations of a run: members, history, evaluations, and when nothing is committed."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from activation.segments.evaluation import evaluate
from activation.segments.membership.reading import read_members
from activation.segments.membership.state import read_state
from kith.errors import KithError
from kith.lake import Home, commits
from kith.settings import Settings
from kith.times import to_utc_naive
from tests.unit.segments.room import Room
from tests.unit.segments.world import AS_OF, Person, begin, define, write_scores

DAY = timedelta(days=1)
BUYERS = {"did": "Order Completed", "within": "7d"}


@pytest.fixture
def room(settings: Settings, tmp_path: Path) -> Room:
    return Room(settings, tmp_path)


def _bought(profile_id: str, *at: datetime) -> Person:
    return Person(profile_id, events=[("Order Completed", each, None) for each in at])


def test_evaluate__commits_members_history_and_evaluations(room: Room) -> None:
    people = [_bought("p1", AS_OF - DAY), _bought("p2", AS_OF - 9 * DAY), Person("p3")]
    found = room.evaluate(AS_OF, people, {"buyers": BUYERS, "others": {"none": [{"segment": "buyers"}]}})
    assert (found.segment_count, found.member_count, found.entered_count) == (2, 3, 3)
    assert room.members() == [
        ("buyers", "p1"), ("others", "p2"), ("others", "p3"),
    ]  # fmt: skip
    assert {row["entered_at"] for row in room.member_rows()} == {to_utc_naive(AS_OF)}
    assert room.history() == [
        ("p1", "entered", "first"),
        ("p2", "entered", "first"),
        ("p3", "entered", "first"),
    ]
    assert [(row["segment"], row["member_count"]) for row in room.table("evaluations")] == [
        ("buyers", 1),
        ("others", 2),
    ]


def test_evaluate__a_second_run_at_the_same_instant_commits_nothing(room: Room) -> None:
    people = [_bought("p1", AS_OF - DAY)]
    first = room.evaluate(AS_OF, people, {"buyers": BUYERS})
    second = room.evaluate(AS_OF, people, {"buyers": BUYERS})
    assert (first.is_changed, second.is_changed) == (True, False)
    assert first.commit == second.commit
    assert len(commits(room.home, "segments")) == len(commits(room.home, "definitions")) == 1


def test_evaluate__each_instant_has_its_evaluation_though_nobody_moved(room: Room) -> None:
    people = [_bought("p1", AS_OF - DAY)]
    room.evaluate(AS_OF, people, {"buyers": BUYERS})
    found = room.evaluate(AS_OF + DAY, people, {"buyers": BUYERS})
    assert (found.is_changed, found.entered_count, found.left_count) == (True, 0, 0)
    assert room.history() == []
    assert [row["as_of"] for row in room.table("evaluations")] == [to_utc_naive(AS_OF + DAY)]
    assert room.member_rows()[0]["entered_at"] == to_utc_naive(AS_OF)


def test_evaluate__tells_behaviour_from_time(room: Room) -> None:
    room.evaluate(AS_OF, [_bought("old", AS_OF - 7 * DAY), Person("new")], {"buyers": BUYERS})
    people = [_bought("old", AS_OF - 7 * DAY), _bought("new", AS_OF)]
    room.evaluate(AS_OF + DAY, people, {"buyers": BUYERS})
    assert room.history() == [("new", "entered", "behaviour"), ("old", "left", "time")]


def test_evaluate__an_edit_is_the_reason_also_for_those_that_depend_on_it(room: Room) -> None:
    people = [_bought("p1", AS_OF - DAY), _bought("p2", AS_OF - 20 * DAY)]
    bodies = {"buyers": BUYERS, "others": {"none": [{"segment": "buyers"}]}}
    room.evaluate(AS_OF, people, bodies)
    edited = {**bodies, "buyers": {"did": "Order Completed", "within": "30d"}}
    found = room.evaluate(AS_OF, people, edited)
    assert found.is_changed
    assert room.history() == [("p2", "entered", "definition"), ("p2", "left", "definition")]
    assert sorted(row["segment"] for row in room.table("evaluations")) == ["buyers", "others"]
    assert len(commits(room.home, "definitions")) == 2


def test_evaluate__members_of_a_deleted_definition_leave(room: Room) -> None:
    people = [_bought("p1", AS_OF - DAY)]
    room.evaluate(AS_OF, people, {"buyers": BUYERS, "all": {"none": [BUYERS]}})
    room.evaluate(AS_OF + DAY, people, {"all": {"none": [BUYERS]}})
    assert room.history() == [("p1", "left", "definition")]


def test_evaluate__follows_a_merge_without_a_change(room: Room) -> None:
    at = AS_OF - DAY
    room.evaluate(AS_OF, [_bought("older", at), _bought("newer", at)], {"buyers": BUYERS})
    room.evaluate(AS_OF + DAY, [_bought("older", at, at)], {"buyers": BUYERS}, aliases={"newer": "older"})
    assert room.history() == []
    assert [profile for _, profile in room.members()] == ["older"]


def test_evaluate__takes_analysts_models_and_lets_others_ask_for_them(room: Room) -> None:
    people = [Person("p1"), Person("p2"), Person("p3")]
    lists = {"spenders": ["p1", "p2", "p2", "gone"]}
    room.evaluate(AS_OF, people, {"rest": {"none": [{"segment": "spenders"}]}}, lists=lists)
    assert room.members() == [
        ("rest", "p3"), ("spenders", "p1"), ("spenders", "p2"),
    ]  # fmt: skip


def test_evaluate__refuses_one_name_for_a_definition_and_a_model(room: Room) -> None:
    with pytest.raises(KithError, match="spenders is defined twice"):
        room.evaluate(AS_OF, [Person("p1")], {"spenders": BUYERS}, lists={"spenders": []})
    assert commits(room.home, "segments") == []


def test_evaluate__a_score_counts_at_its_own_instant_and_the_fallback_without_one(room: Room) -> None:
    people = [Person("high"), Person("low", order_count=5), Person("none", order_count=5), Person("unknown")]
    who = {"score": "churn", "at_least": 0.6, "fallback": {"attribute": "order_count", "at_least": 1}}
    write_scores(room.home, "churn", AS_OF, {"high": 0.9, "low": 0.59, "none": 0.9})
    write_scores(room.home, "churn", AS_OF + timedelta(seconds=1), {"high": 0.1})
    write_scores(room.home, "other", AS_OF, {"unknown": 0.9})
    room.evaluate(AS_OF, people, {"risk": who})
    assert [profile for _, profile in room.members()] == ["high", "none"]
    room.evaluate(AS_OF + DAY, people, {"risk": who})
    assert [profile for _, profile in room.members()] == ["low", "none"]


def test_evaluate__reads_scores_through_aliases(room: Room) -> None:
    who = {"score": "churn", "at_least": 0.6, "fallback": {"attribute": "order_count", "at_least": 99}}
    write_scores(room.home, "churn", AS_OF, {"a merged one": 0.9, "kept": 0.1, "moved": 0.9})
    aliases = {"a merged one": "kept", "moved": "new"}
    room.evaluate(AS_OF, [Person("kept"), Person("new")], {"risk": who}, aliases=aliases)
    assert [profile for _, profile in room.members()] == ["new"]


def test_evaluate__a_replay_commits_beside_its_own_warehouse(room: Room) -> None:
    people = [_bought("p1", AS_OF - DAY)]
    room.evaluate(AS_OF, people, {"buyers": BUYERS})
    run = begin(room.settings, AS_OF - 3 * DAY, people)
    evaluate(define(room.folder, room.settings, buyers=BUYERS), run)
    assert len(commits(room.home, "segments")) == 1
    [replayed] = commits(Home(run.path.parent), "segments")
    assert pq.read_table(replayed.table("members")).num_rows == 0


def test_evaluate__a_world_without_people_has_empty_segments(room: Room) -> None:
    found = room.evaluate(AS_OF, [], {"buyers": BUYERS, "rest": {"none": [BUYERS]}}, lists={"spenders": []})
    assert (found.segment_count, found.member_count, found.is_changed) == (3, 0, True)
    assert {row["member_count"] for row in room.table("evaluations")} == {0}


def test_evaluate__without_any_definition_commits_nothing(room: Room) -> None:
    found = room.evaluate(AS_OF, [Person("p1")], {})
    assert (found.segment_count, found.is_changed, found.commit) == (0, False, "")


def test_evaluate__a_replay_holds_all_that_its_state_names(room: Room) -> None:
    """Its commits are numbered anew, so nothing of it may be looked for in the live lake."""
    people = [_bought("p1", AS_OF - DAY), Person("p2")]
    bodies = {"buyers": BUYERS, "rest": {"none": [BUYERS]}}
    room.evaluate(AS_OF - 2 * DAY, [Person("p1"), Person("p2")], bodies)
    room.evaluate(AS_OF, people, bodies)
    room.evaluate(AS_OF + 2 * DAY, people, bodies, kept={"rest": {"evaluate": "daily 06:00"}})
    run = room.begin(AS_OF + DAY, people, bodies, kept={"rest": {"evaluate": "daily 23:00"}})
    evaluate(room.told, run)
    [*_, replayed] = commits(Home(run.path.parent), "segments")
    state = read_state(replayed)
    found = {name: read_members(state, name)["profile_id"].to_pylist() for name in state.standings}
    assert found == {"buyers": ["p1"], "rest": ["p2"]}
    assert {row["entered_at"] for row in read_members(state, "buyers").to_pylist()} == {to_utc_naive(AS_OF)}
