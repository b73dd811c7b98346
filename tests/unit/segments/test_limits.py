"""Definitions as large and as deep as promised have their answer, larger and deeper ones are refused."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from activation.segments.explain import judge
from activation.segments.grammar import DEEPEST, SegmentBody
from activation.segments.grammar.segment import MOST_CONDITIONS
from activation.segments.ordering import DEEPEST_TOGETHER
from activation.segments.sql_evaluator import read_segments
from activation.segments.world import World, open_world
from kith.definitions import load_definition
from kith.errors import KithError
from kith.init import initialise
from kith.settings import load_settings
from tests.unit.segments.differential import definition
from tests.unit.segments.hostile_world import LANDED, TEXTS, people, seen
from tests.unit.segments.world import AS_OF, begin


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    settings = load_settings(home=tmp_path_factory.mktemp("hostile") / "home")
    initialise(settings)
    with open_world(settings, begin(settings, AS_OF, people()).snapshot) as opened:
        yield opened


def nested(depth: int, word: str = "none") -> dict[str, Any]:
    who: dict[str, Any] = {"attribute": "country", "is": "NO"}
    for _ in range(depth - 1):
        who = {word: [who]}
    return who


def test_nesting__as_deep_as_promised_has_its_answer(world: World) -> None:
    found = seen(world, {"odd": nested(DEEPEST), "even": nested(DEEPEST - 1), "all": nested(DEEPEST, "all")})
    [norway] = found["all"]
    assert found["even"] == [norway]
    assert norway not in found["odd"]
    assert len(found["odd"]) == len(TEXTS)


@pytest.mark.parametrize("depth", [DEEPEST + 1, 100, 1_000, 10_000])
def test_nesting__beyond_it_is_refused(tmp_path: Path, depth: int) -> None:
    file = tmp_path / "deep.yml"
    for opening, closing in (("{none: [", "]}"), ("{score: s, less: 1, fallback: ", "}")):
        file.write_text("who:\n  " + opening * depth + "{did: X}" + closing * depth)
        with pytest.raises(KithError, match=r"deep\.yml:[12].* nested too deeply; expected at most"):
            load_definition(file, SegmentBody)


def test_nesting__through_other_segments_is_as_deep_as_if_they_were_one(world: World) -> None:
    def chain(length: int) -> dict[str, Any]:
        asked = {f"s{n}": {"none": [{"segment": f"s{n - 1}"}]} for n in range(1, length)}
        return {"s0": {"attribute": "country", "is": "NO"}, **asked}

    longest = 1 + (DEEPEST_TOGETHER - 1) // 2
    found = seen(world, chain(longest))
    assert len(found[f"s{longest - 1}"]) in (1, len(TEXTS))
    for length in (longest + 1, 1_000):
        with pytest.raises(
            KithError, match=rf"none\[0\].segment: nests \d+ levels.* at most {DEEPEST_TOGETHER}"
        ):
            seen(world, chain(length))


def test_explanation__of_segments_that_ask_twice_each_is_not_told_a_billion_times(world: World) -> None:
    asked = {f"s{n}": {"all": [{"segment": f"s{n - 1}"}, {"segment": f"s{n - 1}"}]} for n in range(1, 40)}
    found = seen(world, {"s0": {"attribute": "country", "is": "'"}, **asked})
    assert found["s39"] == ["p000"]
    segments = read_segments(world, {n: definition(n, w) for n, w in {"s0": {"did": "'"}, **asked}.items()})
    assert judge(world, segments, segments["s39"].tree, "p000").is_true


def test_circle__of_a_thousand_segments_is_refused(world: World) -> None:
    ring = {f"s{n}": {"segment": f"s{(n + 1) % 1_000}"} for n in range(1_000)}
    with pytest.raises(KithError, match="in a circle"):
        seen(world, ring)


def test_conditions__as_many_as_promised_and_no_more(world: World) -> None:
    many = [{"attribute": "order_count", "is": n} for n in range(MOST_CONDITIONS - 1)]
    assert len(seen(world, {"many": {"any": many}})["many"]) == len(TEXTS)
    with pytest.raises(ValueError, match="is too large; expected at most 2,000 conditions"):
        definition("more", {"any": [*many, {"did": "X"}]})


LARGE = 100_000


@pytest.mark.parametrize(
    "who",
    [
        {"attribute": "country", "in": ["NO", *(f"v{n}" for n in range(LARGE - 1))]},
        {"attribute": "country", "not_in": [*LANDED[1:], *(f"v{n}" for n in range(LARGE - len(TEXTS)))]},
        {"attribute": "order_count", "in": [5, *range(1_000, 1_000 + LARGE - 1)]},
        {"attribute": "order_amount", "in": [1.25, 1.25, *(n + 0.001 for n in range(LARGE - 2))]},
        {"did": "X", "where": {"v": {"in": ["NO", *(f"v{n}" for n in range(LARGE - 1))]}}},
    ],
)
def test_set__of_a_hundred_thousand_values_is_answered_fast(world: World, who: dict[str, Any]) -> None:
    start = time.process_time()
    assert len(seen(world, {"large": who})["large"]) == 1
    assert time.process_time() - start < 20


def test_set__that_names_a_value_twice_makes_no_row_twice(world: World) -> None:
    values = ["NO", "NO", "a\u0301", "\u00e1", *(f"v{n}" for n in range(300))]
    counted = {"event": "X", "count": {"is": 1}, "where": {"v": {"in": values}}}
    assert seen(world, {"one": counted})["one"] == sorted(
        f"p{TEXTS.index(text):03d}" for text in ("NO", "a\u0301")
    )


@pytest.mark.parametrize(
    "who",
    [
        {"all": [{"attribute": "order_count", "at_least": 5}, {"attribute": "order_count", "at_most": 3}]},
        {"attribute": "order_count", "between": [5, 3]},
        {"all": [{"attribute": "country", "is": "NO"}, {"none": [{"attribute": "country", "is": "NO"}]}]},
        {"attribute": "last_order_at", "between": ["2026-05-01", "2026-04-01"]},
    ],
)
def test_contradiction__holds_of_nobody(world: World, who: dict[str, Any]) -> None:
    assert seen(world, {"none": who})["none"] == []


def test_dates__at_the_edges_of_their_range_are_compared(world: World) -> None:
    found = seen(
        world,
        {
            "early": {"event": "X", "first": {"greater": "1600-01-02"}},
            "late": {"event": "X", "last": {"less": "8999-12-31T23:59:59.999999Z"}},
            "far": {"did": "X", "within": "36500d"},
            "farther": {"event": "X", "count": {"at_least": 0}, "in_each": "18250d", "periods": 2},
        },
    )
    assert {len(each) for each in found.values()} == {len(TEXTS), len(TEXTS) + 1}
