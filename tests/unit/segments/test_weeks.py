"""A definition over weeks, every row looked at once, is the definition evaluated at each of the instants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from activation.segments.behaviour_reading import KINDS
from activation.segments.bitsets.evaluator import behaviour_source, evaluate_bits, events_and_paths
from activation.segments.columns.part import Part
from activation.segments.columns.population import Population, read_population
from activation.segments.columns.rows import Rows
from activation.segments.evaluation import load_segments
from activation.segments.sql_evaluator import read_segments
from activation.segments.terms import Term
from activation.segments.trend import WEEKS, weekly_audiences
from activation.segments.weeks import measures
from activation.segments.world import World, open_world
from kith.init import initialise
from kith.lake import Home
from kith.settings import Settings, load_settings
from kith.snapshot import current_snapshot
from tests.bench.segment_definitions import draw_definitions
from tests.bench.segment_world import SegmentWorld
from tests.unit.segments.differential import Case, definition, definitions_of, opened
from tests.unit.segments.drawn_cases import draw_cases
from tests.unit.segments.world import AS_OF, Person

WORLDS, DEFINITIONS = 3, 80
SHOP_PEOPLE, SHOP_ROWS, SHOP_DEFINITIONS = 1_200, 30_000, 150


def _differing(world: World, definitions: Mapping[str, Any]) -> list[tuple[str, int, int, int]]:
    """Segments whose audience of a week isn't that of the instant: the name, which week, and both sizes."""
    population = read_population(world)
    instants = [world.as_of - timedelta(weeks=number) for number in range(WEEKS, -1, -1)]
    worlds = [replace(world, as_of=each) for each in instants]
    told = [evaluate_bits(each, read_segments(each, definitions)) for each in worlds]
    found = []
    for name in definitions:
        weeks, _ = weekly_audiences(population, definitions, name, _reader(population))
        assert [each.as_of for each in weeks] == instants
        found += [
            (name, number, int(np.bitwise_count(week.bits).sum()), at.size(name))
            for number, (week, at) in enumerate(zip(weeks, told, strict=True))
            if not np.array_equal(week.bits, at.bits[name])
        ]
    return found


def _reader(population: Population) -> Any:
    def read(terms: list[Term]) -> Mapping[str, Rows]:
        source, part = behaviour_source(population, terms), Part(population.size)
        return {event: source.rows(event, part) for event in events_and_paths(terms)[0]}

    return read


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    found = load_settings(home=tmp_path_factory.mktemp("weeks") / "home")
    initialise(found)
    return found


@pytest.mark.whole
def test_weekly_audiences__of_drawn_definitions_are_those_of_each_instant(template: Settings) -> None:
    """Histories that meet at the edges of windows, odd zones, filters of every type, answers to messages."""

    def judge(case: Case) -> None:
        with opened(template, case) as world:
            assert _differing(world, definitions_of(case)) == []

    draw_cases(judge, WORLDS, DEFINITIONS, 20261123)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A shop of more rows than people, with its store of behaviour."""
    made = SegmentWorld(tmp_path_factory.mktemp("weeks_shop") / "home", SHOP_PEOPLE, SHOP_ROWS)
    made.lay()
    made.define(draw_definitions(SHOP_DEFINITIONS))
    snapshot = current_snapshot(Home(made.home))
    assert snapshot is not None
    with open_world(made.settings, snapshot) as world:
        yield world


def test_weekly_audiences__of_a_shop_are_those_of_each_instant(shop: World) -> None:
    definitions = load_segments(shop.relations.settings)
    assert _differing(shop, definitions) == []


ORDERS: tuple[dict[str, Any], ...] = (
    {"at_least": 200}, {"at_most": 190}, {"greater": 195.5}, {"less": 199}, {"between": [185, 203.25]},
    {"between": [203, 185]},
)  # fmt: skip
MEASURED: list[dict[str, Any]] = [
    {"event": "Coupon Applied", word: {"of": "amount", **order}, **within}
    for word in ("minimum", "maximum", "average", "sum")
    for order in ORDERS
    for within in ({}, {"within": "40d"}, {"in_each": "20d", "periods": 2})
]


def test_weekly_audiences__of_each_measure_and_comparison(shop: World) -> None:
    definitions = {f"m{n}": definition(f"m{n}", who) for n, who in enumerate(MEASURED)}
    assert _differing(shop, definitions) == []


def test_weekly_audiences__a_day_that_an_instant_cuts_counts_on_either_side(template: Settings) -> None:
    cut, hours = AS_OF - timedelta(weeks=1), timedelta(hours=2)
    people = [
        Person("p00", events=[("X", cut - hours, None), ("X", cut + hours, None)]),
        Person("p01", events=[("X", cut - hours, None)]),
        Person("p02", events=[("X", cut + hours, None)]),
    ]
    once = {"event": "X", "days": {"is": 1}, "within": "9d"}
    begun = {"event": "X", "first": {"at_least": "2026-01-01"}}
    case = Case(people, {"once": once, "begun": begun}, {}, [], {}, "UTC")
    with opened(template, case) as world:
        definitions, population = definitions_of(case), read_population(world)
        assert _differing(world, definitions) == []
        for name in definitions:
            weeks, _ = weekly_audiences(population, definitions, name, _reader(population))
            assert [int(np.bitwise_count(each.bits).sum()) for each in weeks] == [0] * 11 + [2, 3]


def test_weekly_audiences__what_was_answered_later_was_not_answered_then(template: Settings) -> None:
    cut, hours = AS_OF - timedelta(weeks=1), timedelta(hours=2)
    m1, m2 = {"message_id": "m1"}, {"message_id": "m2"}
    sent, opened_late = ("Message Sent", cut - hours, m1), ("Email Opened", cut + hours, m1)
    again = [("Message Sent", cut + hours, m2), ("Email Opened", cut + 2 * hours, m2)]
    people = [Person("p00", events=[sent, opened_late]), Person("p01", events=[sent, *again])]
    who = {"all": [{"message": "any", "was": "sent"}, {"message": "any", "was_not": "opened", "of_last": 1}]}
    case = Case(people, {"silent": who}, {}, [], {}, "UTC")
    with opened(template, case) as world:
        definitions, population = definitions_of(case), read_population(world)
        assert _differing(world, definitions) == []
        weeks, _ = weekly_audiences(population, definitions, "silent", _reader(population))
    assert [int(np.bitwise_count(each.bits).sum()) for each in weeks] == [0] * 11 + [2, 0]


def test_weekly_audiences__of_rare_texts_too(shop: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where pairs of a profile and a text are too many to have a place each."""
    counted = {"event": "Page Viewed", "distinct": {"of": "amount", "at_least": 3}}
    bodies = [counted, {**counted, "within": "30d"}, {**counted, "in_each": "7d", "periods": 2}]
    definitions = {f"d{n}": definition(f"d{n}", who) for n, who in enumerate(bodies)}
    assert _differing(shop, definitions) == []
    monkeypatch.setattr(measures, "DENSE", 0)
    assert _differing(shop, definitions) == []


def test_measures__are_all_known_over_weeks() -> None:
    assert set(measures._MEASURES) == set(KINDS)
