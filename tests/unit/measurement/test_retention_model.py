"""The warehouse's retention against a plain count over days."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kith.ids import bucket
from tests.unit.measurement.compiled import build

MODELS = (
    "int_profile_days__active",
    "int_retention__cohorts",
    "int_retention__returns",
    "int_retention__reach",
    "int_retention__counted",
    "retention",
)
AS_OF = datetime(2026, 3, 11, 8)
LIMITS = {"day": 30, "week": 26, "month": 12}
# Days before the run, and whether an order: so that weeks, months and a year's end lie between.
PEOPLE = st.lists(
    st.lists(st.tuples(st.integers(0, 110), st.booleans()), max_size=6), min_size=1, max_size=12
)


def number_of(period: str, day: date) -> int:
    """Periods count up from some common one."""
    if period == "day":
        return day.toordinal()
    return (day.toordinal() - 1) // 7 if period == "week" else day.year * 12 + day.month


def expected(people: list[list[tuple[int, bool]]]) -> dict[tuple[str, str, int, int], tuple[Any, ...]]:
    """(kind, period, cohort, number) → cohort size; for periods that are over, the three counts."""
    cohorts: dict[tuple[str, str, int], list[set[int]]] = defaultdict(list)
    for acts in people:
        days = {(AS_OF.date() - timedelta(days=ago), is_order) for ago, is_order in acts}
        for kind in ("first_seen", "first_order"):
            own = [day for day, is_order in days if is_order or kind == "first_seen"]
            for period in LIMITS:
                if own:
                    numbers = {number_of(period, day) for day in own}
                    cohorts[kind, period, min(numbers)].append({n - min(numbers) for n in numbers})
    found = {}
    for (kind, period, cohort), members in cohorts.items():
        present = number_of(period, AS_OF.date()) - cohort
        for number in range(min(present, LIMITS[period]) + 1):
            over = [{n for n in member if n < present} for member in members]
            counts: tuple[int | None, ...] = (None, None, None)
            if number < present:
                counts = (
                    sum(number in member for member in over),
                    sum(any(n >= number for n in member) for member in over),
                    sum(any(1 <= n <= number for n in member) for member in over),
                )
            found[kind, period, cohort, number] = (len(members), *counts)
    return found


CROWD = [
    [
        (bucket(f"{person}-{place}", "days") % 111, bucket(f"{person}-{place}", "orders") % 3 == 0)
        for place in range(bucket(str(person), "acts") % 9)
    ]
    for person in range(600)
]


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@example(CROWD)
@given(PEOPLE)
def test_retention__counts_what_a_plain_count_does(people: list[list[tuple[int, bool]]]) -> None:
    rows = build(MODELS, **laid(people))["retention"]
    counts = ("cohort_count", "active_count", "unbounded_count", "returned_count")
    found = {
        (
            row["cohort_by"],
            row["period"],
            number_of(row["period"], row["cohort_on"]),
            row["period_number"],
        ): tuple(row[name] for name in counts)
        for row in rows
    }
    assert found == expected(people)
    assert all(row["is_complete"] == (row["active_count"] is not None) for row in rows)


def laid(people: list[list[tuple[int, bool]]]) -> dict[str, pa.Table]:
    rows: dict[str, list[dict[str, Any]]] = {"sessions": [], "orders": []}
    for number, acts in enumerate(people):
        for ago, is_order in acts:
            at = datetime.combine(AS_OF.date() - timedelta(days=ago), time(7))
            if is_order:
                rows["orders"].append({"profile_id": f"p{number}", "ordered_at": at, "has_completion": True,
                                       "is_cancelled": False})  # fmt: skip
            else:
                rows["sessions"].append(
                    {"profile_id": f"p{number}", "started_at": at, "ended_at": at, "is_bot": False}
                )
    long_ago = AS_OF - timedelta(days=115)
    rows["sessions"].append(
        {"profile_id": "p0", "started_at": long_ago, "ended_at": long_ago, "is_bot": True}
    )
    text, instant, flag = pa.string(), pa.timestamp("us"), pa.bool_()
    schemas = {
        "sessions": {"profile_id": text, "started_at": instant, "ended_at": instant, "is_bot": flag},
        "orders": {"profile_id": text, "ordered_at": instant, "has_completion": flag, "is_cancelled": flag},
    }
    tables = {
        name: pa.Table.from_pylist(rows[name], schema=pa.schema(list(columns.items())))
        for name, columns in schemas.items()
    }
    profiles = [{"profile_id": f"p{number}", "is_bot": False} for number in range(len(people))]
    runs = pa.table({"as_of": pa.array([AS_OF], instant)})
    return {**tables, "profiles": pa.Table.from_pylist(profiles), "stg_kith__runs": runs}
