"""Evaluations over time: what lands, what is read as of an instant, merges, replays."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as budget
from hypothesis import strategies as st

from activation.attributes.evaluation import Evaluation, evaluate
from activation.attributes.state import values_as_of
from kith.clock import FixedClock
from kith.init import initialise
from kith.lake import Home, commits
from kith.run import Run, begin_run
from kith.settings import Settings
from tests.unit.attributes.drawing import PEOPLE, bodies
from tests.unit.attributes.world import define
from tests.unit.segments.world import AS_OF, Person, publish, write_snapshot

DAY = timedelta(days=1)
ORDER = "Order Completed"
ORDERS = {"type": "whole", "event": ORDER, "measure": "count", "within": "2d"}
LAST = {"type": "text", "event": ORDER, "measure": "last_value", "of": "category"}


def bought(person: str, *days_ago: int, category: str = "shoes") -> Person:
    return Person(person, events=[(ORDER, AS_OF - n * DAY, {"category": category}) for n in days_ago])


def run_at(settings: Settings, as_of: datetime, people: list[Person], **more: Any) -> Run:
    """A run whose snapshot holds the people as they are."""
    run = begin_run(settings, FixedClock(as_of), as_of)
    write_snapshot(run.path, people, **more)
    return run


def evaluated(settings: Settings, as_of: datetime, people: list[Person], **more: Any) -> Evaluation:
    run = run_at(settings, as_of, people, **more)
    found = evaluate(settings, run)
    publish(settings, run)
    return found


def state(settings: Settings, as_of: datetime) -> dict[tuple[str, str], str]:
    return {
        (row["attribute"], row["profile_id"]): row["value"]
        for row in values_as_of(settings, as_of).to_pylist()
    }


def landed(settings: Settings) -> list[tuple[str, str, str | None]]:
    """The rows of the last commit."""
    last = commits(Home(settings.home), "attributes")[-1]
    rows = pq.read_table(last.table("values")).to_pylist()
    return [(row["attribute"], row["profile_id"], row["value"]) for row in rows]


def test_evaluation__lands_only_values_that_became_others(settings: Settings, tmp_path: Path) -> None:
    settings = define(tmp_path, {"orders": ORDERS, "last": LAST}, settings)
    people = [bought("p", 1), bought("q", 1, 9), Person("r")]
    first = evaluated(settings, AS_OF, people)
    assert (first.attribute_count, first.value_count, first.changed_count) == (2, 4, 4)
    people[0].events.append((ORDER, AS_OF, {"category": "shoes"}))
    second = evaluated(settings, AS_OF + DAY, people)
    assert (second.value_count, second.changed_count) == (4, 1)
    assert landed(settings) == [("orders", "p", "2")]


def test_evaluation__ends_a_value_whose_window_has_passed(settings: Settings, tmp_path: Path) -> None:
    settings = define(tmp_path, {"orders": ORDERS}, settings)
    evaluated(settings, AS_OF, [bought("p", 1)])
    evaluated(settings, AS_OF + 5 * DAY, [bought("p", 1)])
    assert landed(settings) == [("orders", "p", None)]
    assert state(settings, AS_OF + 5 * DAY) == {}
    assert state(settings, AS_OF) == {("orders", "p"): "1"}


def test_evaluation__at_the_same_instant_again_lands_nothing(settings: Settings, tmp_path: Path) -> None:
    settings = define(tmp_path, {"orders": ORDERS}, settings)
    assert evaluated(settings, AS_OF, [bought("p", 1)]).commit
    assert not evaluated(settings, AS_OF, [bought("p", 1)]).commit
    assert len(commits(Home(settings.home), "attributes")) == 1
    assert evaluated(settings, AS_OF + DAY, [bought("p", 1)]).commit


def test_evaluation__without_definitions_opens_nothing(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = define(tmp_path, {}, settings)
    monkeypatch.setattr("activation.attributes.evaluation.open_world", None)
    assert evaluated(settings, AS_OF, [bought("p", 1)]) == Evaluation()
    assert commits(Home(settings.home), "attributes") == []


def test_evaluation__of_a_dropped_definition_ends_it_once(settings: Settings, tmp_path: Path) -> None:
    evaluated(define(tmp_path, {"orders": ORDERS}, settings), AS_OF, [bought("p", 1)])
    settings = define(tmp_path, {}, settings)
    assert evaluated(settings, AS_OF + DAY, [bought("p", 1)]).commit
    assert not evaluated(settings, AS_OF + 2 * DAY, [bought("p", 1)]).commit
    assert state(settings, AS_OF + DAY) == {}
    assert state(settings, AS_OF) == {("orders", "p"): "1"}


def test_evaluation__of_a_definition_that_came_back_knows_what_it_was(
    settings: Settings, tmp_path: Path
) -> None:
    evaluated(
        define(tmp_path, {"orders": ORDERS, "last": LAST}, settings), AS_OF, [bought("p", 1), bought("q", 9)]
    )
    evaluated(define(tmp_path, {"last": LAST}, settings), AS_OF + DAY, [bought("p", 1), bought("q", 9)])
    assert set(state(settings, AS_OF + DAY)) == {("last", "p"), ("last", "q")}
    evaluated(
        define(tmp_path, {"orders": ORDERS}, settings), AS_OF + 9 * DAY, [bought("p", 1), bought("q", -8)]
    )
    assert state(settings, AS_OF + 9 * DAY) == {("orders", "q"): "1"}


def test_type__that_was_edited_rewrites_every_value(settings: Settings, tmp_path: Path) -> None:
    person = Person("p", events=[(ORDER, AS_OF - DAY, {"category": "7"})])
    evaluated(define(tmp_path, {"last": LAST}, settings), AS_OF, [person])
    settings = define(tmp_path, {"last": {**LAST, "type": "whole"}}, settings)
    assert evaluated(settings, AS_OF + DAY, [person]).changed_count == 1
    assert values_as_of(settings, AS_OF + DAY).column("value_type").to_pylist() == ["whole"]


def test_merge__leaves_the_values_of_one_profile(settings: Settings, tmp_path: Path) -> None:
    settings = define(tmp_path, {"orders": ORDERS, "last": LAST}, settings)
    evaluated(settings, AS_OF, [bought("p", 1), bought("q", 0, 1, category="hats")])
    merged = bought("p", 1)
    merged.events += bought("q", 0, 1, category="hats").events
    evaluated(settings, AS_OF + timedelta(hours=1), [merged], aliases={"q": "p"})
    assert state(settings, AS_OF + timedelta(hours=1)) == {("last", "p"): "hats", ("orders", "p"): "3"}
    assert state(settings, AS_OF)["orders", "q"] == "1"
    assert ("orders", "q", None) in landed(settings)


def test_late_event__counts_from_when_it_took_effect(settings: Settings, tmp_path: Path) -> None:
    settings = define(tmp_path, {"orders": ORDERS}, settings)
    evaluated(settings, AS_OF, [bought("p", 1)])
    late = Person("p", events=[*bought("p", 1).events, (ORDER, AS_OF + timedelta(hours=2), {})])
    evaluated(settings, AS_OF + DAY, [late])
    assert state(settings, AS_OF) == {("orders", "p"): "1"}
    assert state(settings, AS_OF + DAY) == {("orders", "p"): "2"}


def test_machine__s_click_is_no_behaviour(settings: Settings, tmp_path: Path) -> None:
    settings = define(tmp_path, {"orders": ORDERS}, settings)
    run = run_at(settings, AS_OF, [bought("p", 1), bought("q", 1)])
    file = run.path / "events.parquet"
    events = pq.read_table(file)
    events = events.append_column("is_machine", pc.equal(events["profile_id"], "p"))
    pq.write_table(events, file)
    evaluate(settings, run)
    assert state(settings, AS_OF) == {("orders", "q"): "1"}


def test_replay__leaves_the_live_lake_alone_and_is_whole(settings: Settings, tmp_path: Path) -> None:
    settings = define(tmp_path, {"orders": ORDERS, "last": LAST}, settings)
    people = [bought("p", 1), bought("q", 3)]
    evaluated(settings, AS_OF, people)
    evaluated(settings, AS_OF + 2 * DAY, people)
    before = len(commits(Home(settings.home), "attributes"))
    run = run_at(settings, AS_OF + DAY, people)
    assert run.is_replay
    found = evaluate(settings, run)
    assert (found.value_count, found.changed_count) == (3, 3)
    assert len(commits(Home(settings.home), "attributes")) == before
    assert len(commits(run.home(settings), "attributes")) == 1


def test_replay__without_definitions_hides_what_is_evaluated_live(settings: Settings, tmp_path: Path) -> None:
    evaluated(define(tmp_path, {"orders": ORDERS}, settings), AS_OF, [bought("p", 1)])
    run = run_at(define(tmp_path, {}, settings), AS_OF - DAY, [bought("p", 2)])
    assert run.is_replay
    evaluate(settings.model_copy(update={"definitions": tmp_path / "definitions"}), run)
    [own] = commits(run.home(settings), "attributes")
    assert own.meta["versions"] == {}


@budget(
    max_examples=5,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(people=PEOPLE, drawn=st.lists(bodies(), min_size=4, max_size=8))
def test_days__one_by_one_leave_what_a_full_evaluation_finds(
    tmp_path_factory: pytest.TempPathFactory, people: list[Person], drawn: list[dict[str, Any]]
) -> None:
    """Also: what is read as of each day is what a fresh evaluation of that day finds."""
    folder = tmp_path_factory.mktemp("days")
    settings = define(folder, {f"a{n}": body for n, body in enumerate(drawn)})
    settings = settings.model_copy(update={"home": folder / "daily"})
    initialise(settings)
    days = [AS_OF - n * DAY for n in (9, 4, 1, 0)]
    for day in days:
        evaluated(settings, day, people)
    for number, day in enumerate(days):
        fresh = settings.model_copy(update={"home": folder / f"fresh{number}"})
        initialise(fresh)
        evaluated(fresh, day, people)
        assert state(settings, day + timedelta(minutes=1)) == state(fresh, day)
