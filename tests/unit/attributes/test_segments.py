"""Segments that ask for computed attributes: every evaluator sees them, and as the behaviour that they are made of."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as budget
from hypothesis import strategies as st

from activation.segments.bitsets.evaluator import evaluate_bits
from activation.segments.evaluation import evaluate, load_segments
from activation.segments.explain import explain
from activation.segments.preview import preview
from activation.segments.sql_evaluator import evaluate_sql, read_segments
from activation.segments.world import open_world
from kith.errors import KithError
from kith.init import initialise
from kith.lake import Home, commits
from kith.settings import Settings
from tests.unit.attributes.drawing import EVENTS, PEOPLE
from tests.unit.attributes.oracle import value_of
from tests.unit.attributes.world import define
from tests.unit.segments.differential import _by_segment
from tests.unit.segments.world import AS_OF, Person, begin, publish

DAY = timedelta(days=1)
ORDER = "Order Completed"
ORDERS = {"type": "whole", "event": ORDER, "measure": "count", "within": "7d"}
NAMES = ("sql", "bits", "one profile")


def workspace(
    folder: Path, attributes: dict[str, Any], segments: dict[str, Any], settings: Settings | None = None
) -> Settings:
    found = define(folder, attributes, settings)
    (folder / "definitions" / "segments").mkdir(exist_ok=True)
    for old in (folder / "definitions" / "segments").glob("*.yml"):
        old.unlink()
    for name, who in segments.items():
        text = json.dumps({"who": who}, ensure_ascii=False)
        (folder / "definitions" / "segments" / f"{name}.yml").write_text(text, encoding="utf-8")
    return found


def members(settings: Settings, people: list[Person]) -> dict[str, dict[str, list[str]]]:
    """The members of each segment by evaluator."""
    from activation.segments.person import Compiled
    from activation.segments.person.reading import read_facts
    from activation.segments.sql_evaluator import moment_of

    run = begin(settings, AS_OF, people)
    with open_world(settings, run.snapshot) as world:
        segments = read_segments(world, load_segments(settings))
        moment = moment_of(world, [each.tree for each in segments.values()])
        facts = read_facts(world, segments, [each.profile_id for each in people])
        by_sql, by_bits = evaluate_sql(world, segments), evaluate_bits(world, segments)
        return {
            "sql": {name: by_sql.members(name).to_pylist() for name in segments},
            "bits": {name: by_bits.members(name).to_pylist() for name in segments},
            "one profile": _by_segment(Compiled(segments, moment), facts, segments),
        }


_operand = st.sampled_from([0, 1, 2, 3])
_COMPARED = {
    "count": ({"measure": "count", "type": "whole"}, lambda compared: {"count": compared}),
    "days": ({"measure": "days", "type": "whole"}, lambda compared: {"days": compared}),
    "distinct": (
        {"measure": "distinct", "type": "whole", "of": "category"},
        lambda compared: {"distinct": {"of": "category", **compared}},
    ),
    "sum": ({"measure": "sum", "type": "amount", "of": "total"}, lambda compared: {"sum": {"of": "total", **compared}}),
    "maximum": (
        {"measure": "maximum", "type": "amount", "of": "total"},
        lambda compared: {"maximum": {"of": "total", **compared}},
    ),
    "last": ({"measure": "last_time", "type": "instant"}, lambda compared: {"last": compared}),
}  # fmt: skip


@st.composite
def twins(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """An attribute, a condition on it, and the same asked of behaviour."""
    kind = draw(st.sampled_from(sorted(_COMPARED)))
    attribute, behaviour = _COMPARED[kind]
    if kind == "last":
        compared = {"within": draw(st.sampled_from(["1d", "7d", "30d"]))}
    else:
        compared = {draw(st.sampled_from(["at_least", "at_most", "greater", "less"])): draw(_operand)}
    shared: dict[str, Any] = {"event": draw(st.sampled_from(EVENTS))}
    if draw(st.booleans()):
        shared["within"] = draw(st.sampled_from(["2d", "7d"]))
    if draw(st.booleans()):
        shared["where"] = {"is_gift": draw(st.sampled_from([True, 1, "true"]))}
    return {**shared, **attribute}, compared, {**shared, **behaviour(compared)}


def test_evaluators__see_an_attribute_as_the_behaviour_that_it_is_made_of(tmp_path: Path) -> None:
    holding = {"all": 0, "in": 0}

    @budget(
        max_examples=6, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(people=PEOPLE, drawn=st.lists(twins(), min_size=10, max_size=20))
    def agree(people: list[Person], drawn: list[Any]) -> None:
        holding["all"] += 1
        home = tmp_path / f"home{holding['all']}"
        attributes = {f"x{n}": attribute for n, (attribute, _, _) in enumerate(drawn)}
        segments = {f"a{n}": {"attribute": f"x{n}", **compared} for n, (_, compared, _) in enumerate(drawn)}
        segments |= {f"b{n}": behaviour for n, (_, _, behaviour) in enumerate(drawn)}
        settings = workspace(tmp_path, attributes, segments).model_copy(update={"home": home})
        initialise(settings)
        seen = members(settings, people)
        for n, twin in enumerate(drawn):
            expected = seen["sql"][f"b{n}"]
            for name in NAMES:
                assert seen[name][f"a{n}"] == expected, (name, twin)
            holding["in"] += len(expected)

    agree()
    assert holding["in"] > 20


@pytest.mark.parametrize(
    ("body", "who"),
    [
        ({"measure": "last_value", "of": "category", "type": "text"}, {"in": ["shoes", "hats"]}),
        ({"measure": "last_value", "of": "category", "type": "text", "default": "hats"}, {"is": "hats"}),
        ({"measure": "last_value", "of": "category", "type": "text"}, {"missing": True}),
        ({"measure": "most_frequent_value", "of": "category", "type": "text"}, {"starts_with": "sh"}),
        ({"measure": "first_value", "of": "is_gift", "type": "boolean"}, {"is": True}),
        ({"measure": "average", "of": "total", "type": "amount"}, {"is": 2.5}),
        ({"measure": "last_value", "of": "born", "type": "date"}, {"anniversary_within": "7d"}),
        ({"measure": "first_time", "type": "instant", "default": "2020-01-01"}, {"older_than": "30d"}),
    ],
)  # fmt: skip
def test_evaluators__agree_on_every_type(
    settings: Settings, tmp_path: Path, body: dict[str, Any], who: dict[str, Any]
) -> None:
    people = [
        Person("p", events=[
            (ORDER, AS_OF - DAY, {"category": "shoes", "total": 2, "is_gift": True, "born": "1990-05-03"}),
            (ORDER, AS_OF - DAY / 2, {"category": "shoes", "total": "3", "is_gift": False}),
        ]),
        Person("q", events=[(ORDER, AS_OF - DAY, {"category": "hats", "total": 9, "born": "1990-09-03"})]),
        Person("r"),
    ]  # fmt: skip
    settings = workspace(
        tmp_path, {"x": {"event": ORDER, **body}}, {"s": {"attribute": "x", **who}}, settings
    )
    seen = members(settings, people)
    assert seen["sql"]["s"] == seen["bits"]["s"] == seen["one profile"]["s"]
    assert 0 < len(seen["sql"]["s"]) < 3
    if list(who) == ["is"]:
        told = [
            each.profile_id
            for each in people
            if value_of(each, {"event": ORDER, **body}, AS_OF, "UTC") == who["is"]
        ]
        assert seen["sql"]["s"] == told


@pytest.mark.parametrize(
    ("who", "told"),
    [
        ({"attribute": "order", "at_least": 1}, "there is no attribute 'order'; expected order"),
        ({"attribute": "orders", "contains": "x"}, "'orders' is a whole number; expected one of"),
        ({"attribute": "orders", "at_least": 1.5}, "'orders' is a whole number, but it is compared with 1.5"),
    ],
)
def test_segment__is_refused_by_the_type_of_an_attribute(
    settings: Settings, tmp_path: Path, who: dict[str, Any], told: str
) -> None:
    settings = workspace(tmp_path, {"orders": ORDERS}, {"s": who}, settings)
    with pytest.raises(KithError) as refused:
        members(settings, [Person("p")])
    assert told in str(refused.value)
    assert "s.yml:1: who" in str(refused.value)


def test_attributes__that_no_segment_asks_for_are_not_computed(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = workspace(tmp_path, {"orders": ORDERS}, {"s": {"did": ORDER}}, settings)
    monkeypatch.setattr("activation.segments.asked_attributes.lay_computed", None)
    assert members(settings, [Person("p", events=[(ORDER, AS_OF - DAY, {})])])["bits"]["s"] == ["p"]


def test_evaluation__uses_the_attributes_of_its_own_instant(settings: Settings, tmp_path: Path) -> None:
    settings = workspace(
        tmp_path, {"orders": ORDERS}, {"s": {"attribute": "orders", "at_least": 2}}, settings
    )
    person = Person("p", events=[(ORDER, AS_OF - DAY, {})])
    first = begin(settings, AS_OF, [person])
    assert evaluate(settings, first).member_count == 0
    publish(settings, first)
    person.events.append((ORDER, AS_OF, {}))
    second = begin(settings, AS_OF + timedelta(hours=1), [person])
    assert evaluate(settings, second).member_count == 1
    publish(settings, second)
    assert explain(settings, "s", "p").verdict.value == 2
    assert preview(settings, tmp_path / "definitions" / "segments" / "s.yml").size == 1


def test_edited_attribute__is_why_a_membership_changed(settings: Settings, tmp_path: Path) -> None:
    segments = {"s": {"attribute": "orders", "at_least": 1}}
    settings = workspace(tmp_path, {"orders": ORDERS}, segments, settings)
    person = Person("p", events=[(ORDER, AS_OF - 9 * DAY, {})])
    first = begin(settings, AS_OF, [person])
    evaluate(settings, first)
    publish(settings, first)
    settings = workspace(tmp_path, {"orders": {**ORDERS, "within": "30d"}}, segments, settings)
    second = begin(settings, AS_OF + timedelta(hours=1), [person])
    assert evaluate(settings, second).entered_count == 1
    last = commits(Home(settings.home), "segments")[-1]
    assert pq.read_table(last.table("history")).column("reason").to_pylist() == ["definition"]


def test_preview__computes_no_attribute_that_its_segment_does_without(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    segments = {"plain": {"did": ORDER}, "costly": {"attribute": "orders", "at_least": 1}}
    settings = workspace(tmp_path, {"orders": ORDERS}, segments, settings)
    publish(settings, begin(settings, AS_OF, [Person("p", events=[(ORDER, AS_OF - DAY, {})])]))
    folder = tmp_path / "definitions" / "segments"
    assert preview(settings, folder / "costly.yml").size == 1
    monkeypatch.setattr("activation.segments.asked_attributes.lay_computed", None)
    assert preview(settings, folder / "plain.yml").size == 1
