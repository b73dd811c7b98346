"""Edges of what people did: windows, periods, gaps, ties. Each case says who is in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.unit.segments.edges import DAY, NOON, TICK, Case, judged, midnight
from tests.unit.segments.world import AS_OF


def steps(*times: tuple[str, timedelta]) -> list[tuple[str, datetime, Any]]:
    return [(event, NOON - 20 * DAY + after, None) for event, after in times]


A_THEN_B = [{"did": "A"}, {"did": "B"}]
CASES: dict[str, Case] = {
    "a period begins at its midnight": (
        {"event": "A", "count": {"is": 1}, "in_each": "7d", "periods": 2},
        [("A", midnight(7), None), ("A", midnight(14), None)], True,
    ),
    "a period ends before its midnight": (
        {"event": "A", "count": {"at_least": 1}, "in_each": "7d", "periods": 2},
        [("A", midnight(7), None), ("A", midnight(7) + TICK, None)], False,
    ),
    "nothing before the oldest period": (
        {"event": "A", "count": {"at_least": 1}, "in_each": "7d", "periods": 2},
        [("A", midnight(7), None), ("A", midnight(14) - TICK, None)], False,
    ),
    "an event is no later than itself": ({"sequence": [{"did": "A"}, {"did": "A"}]}, steps(("A", DAY)), False),
    "events of one instant don't follow each other": (
        {"sequence": A_THEN_B}, steps(("A", DAY), ("B", DAY)), False,
    ),
    "a microsecond later follows": ({"sequence": A_THEN_B}, steps(("A", DAY), ("B", DAY + TICK)), True),
    "a gap is inclusive": ({"sequence": A_THEN_B, "gap": "3d"}, steps(("A", DAY), ("B", 4 * DAY)), True),
    "a gap ends": ({"sequence": A_THEN_B, "gap": "3d"}, steps(("A", DAY), ("B", 4 * DAY + TICK)), False),
    "a later first one counts": (
        {"sequence": A_THEN_B, "gap": "3d"}, steps(("A", DAY), ("A", 2 * DAY), ("B", 5 * DAY)), True,
    ),
    "the forbidden between": (
        {"sequence": A_THEN_B, "without": {"did": "C"}}, steps(("A", DAY), ("C", 2 * DAY), ("B", 3 * DAY)), False,
    ),
    "the forbidden with the second": (
        {"sequence": A_THEN_B, "without": {"did": "C"}}, steps(("A", DAY), ("C", 3 * DAY), ("B", 3 * DAY)), False,
    ),
    "the forbidden with the first": (
        {"sequence": A_THEN_B, "without": {"did": "C"}}, steps(("A", DAY), ("C", DAY), ("B", 3 * DAY)), False,
    ),
    "the forbidden after the second": (
        {"sequence": A_THEN_B, "without": {"did": "C"}}, steps(("A", DAY), ("B", 3 * DAY), ("C", 3 * DAY + TICK)),
        True,
    ),
    "the forbidden before the first": (
        {"sequence": A_THEN_B, "without": {"did": "C"}}, steps(("C", DAY - TICK), ("A", DAY), ("B", 3 * DAY)), True,
    ),
    "the first lies before the window": (
        {"sequence": A_THEN_B, "within": "7d"}, [("A", midnight(7) - TICK, None), ("B", midnight(6), None)], False,
    ),
    "the first begins the window": (
        {"sequence": A_THEN_B, "within": "7d"}, [("A", midnight(7), None), ("B", midnight(6), None)], True,
    ),
    "local days, not those of UTC": (
        {"event": "A", "days": {"is": 2}}, [("A", midnight(3) - TICK, None), ("A", midnight(3), None)], True,
    ),
    "half an amount rounds away from zero": (
        {"event": "A", "sum": {"of": "total", "at_least": 0.0001}}, [("A", NOON, {"total": 0.00005})], True,
    ),
    "an average that no quotient holds": (
        {"event": "A", "average": {"of": "total", "at_most": 0.3333}},
        [("A", NOON, {"total": each}) for each in (0, 0, 1)], False,
    ),
    "what is no number has no part in an average": (
        {"event": "A", "average": {"of": "total", "between": [4, 4]}},
        [("A", NOON, {"total": each}) for each in (4, "four", None, True)], True,
    ),
    "nothing sums to nothing": ({"event": "A", "sum": {"of": "total", "at_most": 0}}, [], True),
    "nothing has no least": ({"event": "A", "minimum": {"of": "total", "at_most": 0}}, [], False),
    "nothing in the window, something before": (
        {"did_not": "A", "within": "7d"}, [("A", NOON - 30 * DAY, None)], True,
    ),
    "a sum of nothing in the window": (
        {"event": "A", "sum": {"of": "total", "at_most": 0}, "within": "7d"},
        [("A", NOON - 30 * DAY, {"total": 5})], True,
    ),
    "an average between two steps is above the one": (
        {"event": "A", "average": {"of": "total", "greater": 0.3333}},
        [("A", NOON - n * DAY, {"total": n}) for n in (0, 0, 1)], True,
    ),
    "and below the other": (
        {"event": "A", "average": {"of": "total", "less": 0.3334}},
        [("A", NOON - n * DAY, {"total": n}) for n in (0, 0, 1)], True,
    ),
    "nothing has no first": ({"event": "A", "first": {"older_than": "1d"}}, [], False),
    "a first at the very instant is not seen": ({"event": "A", "first": {"within": "9d"}}, [("A", AS_OF, None)], False),
}  # fmt: skip


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, bool]]:
    return judged(CASES, tmp_path_factory.mktemp("behaviour"))


@pytest.mark.parametrize("case", CASES)
def test_behaviour__at_its_edges(case: str, seen: dict[str, dict[str, bool]]) -> None:
    assert seen[case] == dict.fromkeys(seen[case], CASES[case][2])
