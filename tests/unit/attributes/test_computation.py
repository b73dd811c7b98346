"""What is computed against the plain-Python oracle, over random definitions and histories; then rule by rule."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as budget
from hypothesis import strategies as st

from activation.segments.catalogue import Catalogue
from activation.segments.computation import load_attributes, read_attributes
from activation.segments.computation.event_sql import EventSql
from tests.unit.attributes.drawing import PEOPLE, ZONES, bodies
from tests.unit.attributes.oracle import LARGEST, value_of
from tests.unit.attributes.world import compute, define
from tests.unit.segments.world import AS_OF, Person

WORLDS, ATTRIBUTES = 60, 25
DAY = timedelta(days=1)
ORDER = "Order Completed"


def test_values__equal_those_of_the_oracle(
    tmp_path: Path, strikes: int | None, request: pytest.FixtureRequest
) -> None:
    seen = {"values": 0, "told": 0}

    @budget(
        max_examples=strikes or WORLDS,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        people=PEOPLE,
        zone=st.sampled_from(ZONES),
        drawn=st.lists(bodies(), min_size=ATTRIBUTES, max_size=ATTRIBUTES),
    )
    def hold(people: list[Person], zone: str, drawn: list[dict[str, Any]]) -> None:
        named = {f"a{number}": body for number, body in enumerate(drawn)}
        settings = define(tmp_path, named)
        read = read_attributes(load_attributes(settings).values(), Catalogue({}, (), zone), AS_OF)
        found = compute(settings, people, read.values(), zone)
        for person in people:
            for name, body in named.items():
                expected = value_of(person, body, AS_OF, zone)
                assert found[person.profile_id][name] == expected, (name, body, person.events)
                seen["values"] += 1
                seen["told"] += expected not in (None, 0)

    hold()
    print(f"{seen['values']} values compared, {seen['told']} of them neither missing nor 0")
    assert seen["values"] > (strikes or WORLDS) * 10
    assert seen["told"] > seen["values"] // 20


def value(tmp_path: Path, events: list[tuple[str, datetime, Any]], **body: Any) -> Any:
    """One person's value of one definition."""
    settings = define(tmp_path, {"a": {"event": ORDER, **body}})
    read = read_attributes(load_attributes(settings).values(), Catalogue({}, ()), AS_OF)
    return compute(settings, [Person("p", events=events)], read.values())["p"]["a"]


def orders(*totals: Any, at: datetime = AS_OF - DAY) -> list[tuple[str, datetime, Any]]:
    """Orders a second apart."""
    return [(ORDER, at + timedelta(seconds=n), {"total": total}) for n, total in enumerate(totals)]


@pytest.mark.parametrize(
    ("measure", "totals", "expected"),
    [
        ("sum", ["12,50", "NaN", None, True, {"a": 1}, 3, "2.5"], "5.5"),
        ("sum", [0.1, 0.2], "0.3"),
        ("sum", ["99999999999999.9999", 1], str(LARGEST)),
        ("sum", ["-99999999999999.9999", -1], str(-LARGEST)),
        ("sum", ["100000000000000", "1e99", 7], "7"),
        ("average", [1, 1, 2], "1.3333"),
        ("average", [0.0001, 0.0002], "0.0002"),
        ("average", [-0.0001, -0.0002], "-0.0002"),
        ("average", ["99999999999999.9999"] * 3, str(LARGEST)),
        ("minimum", [3, "x", -1.5], "-1.5"),
        ("maximum", [3, "99", -1.5], "99"),
    ],
)
def test_amounts__are_exact_and_leave_out_what_reads_as_none(
    tmp_path: Path, measure: str, totals: list[Any], expected: str
) -> None:
    assert value(tmp_path, orders(*totals), type="amount", measure=measure, of="total") == Decimal(expected)


def test_sum__takes_currencies_as_they_stand_unless_filtered(tmp_path: Path) -> None:
    bought = [(ORDER, AS_OF - DAY, {"total": n, "currency": c}) for n, c in ((5, "EUR"), (7, "USD"))]
    body = {"type": "amount", "measure": "sum", "of": "total"}
    assert value(tmp_path, bought, **body) == 12
    assert value(tmp_path, bought, **body, where={"currency": "EUR"}) == 5


def test_window__begins_at_a_local_midnight_and_ends_before_the_instant(tmp_path: Path) -> None:
    midnight = datetime(2026, 4, 29, tzinfo=UTC)
    for at, expected in (
        (midnight, 1),
        (midnight - timedelta(microseconds=1), 0),
        (AS_OF - timedelta(microseconds=1), 1),
        (AS_OF, 0),
    ):
        assert value(tmp_path, orders(1, at=at), type="whole", measure="count", within="2d") == expected, at


@pytest.mark.parametrize(
    ("kind", "texts", "expected"),
    [
        ("text", ["ß", "日本"], "日本"),
        ("whole", [3, "4", "4.0", "1e2", "1234567890123456789"], 4),
        ("amount", [3, "4.25", "x"], Decimal("4.25")),
        ("boolean", [True, False, "yes", 1], False),
        ("date", ["2024-02-29", "2026-02-29", "0000-01-01", "2026-5-1"], date(2024, 2, 29)),
    ],
)
def test_last_value__is_the_last_that_reads_as_its_type(
    tmp_path: Path, kind: str, texts: list[Any], expected: Any
) -> None:
    assert value(tmp_path, orders(*texts), type=kind, measure="last_value", of="total") == expected


def test_values_of_one_instant__are_told_apart_by_their_order(tmp_path: Path) -> None:
    at = AS_OF - DAY
    bought = [(ORDER, at, {"total": text}) for text in ("b", "c", "a")]
    body = {"type": "text", "of": "total"}
    assert value(tmp_path, bought, **body, measure="last_value") == "c"
    assert value(tmp_path, bought, **body, measure="first_value") == "a"
    assert value(tmp_path, bought, **body, measure="most_frequent_value") == "c"


def test_most_frequent_value__of_equals_is_the_one_seen_last(tmp_path: Path) -> None:
    body = {"type": "text", "measure": "most_frequent_value", "of": "total"}
    assert value(tmp_path, orders("z", "a", "z", "a"), **body) == "a"
    assert value(tmp_path, orders("z", "z", "a"), **body) == "z"


def test_default__stands_in_where_nothing_is_left_in_the_window(tmp_path: Path) -> None:
    body = {"type": "text", "measure": "last_value", "of": "total", "within": "2d", "default": "none"}
    assert value(tmp_path, [], **body) == "none"
    assert value(tmp_path, orders("old", at=AS_OF - 9 * DAY), **body) == "none"
    assert value(tmp_path, orders("new"), **body) == "new"
    assert value(tmp_path, [], **{**body, "default": None}) is None
    assert value(tmp_path, [], type="amount", measure="sum", of="total") == 0


def test_event__is_read_once_for_all_its_attributes(tmp_path: Path) -> None:
    body = {"event": ORDER, "of": "total"}
    settings = define(
        tmp_path,
        {
            "a": {**body, "measure": "sum", "type": "amount"},
            "b": {**body, "measure": "most_frequent_value", "type": "text"},
            "c": {**body, "measure": "distinct", "type": "whole", "within": "9d"},
        },
    )
    read = read_attributes(load_attributes(settings).values(), Catalogue({}, ()), AS_OF)
    sql = EventSql(ORDER, list(read.values()), AS_OF, "UTC").select()
    assert sql.count("FROM events") == 1
    assert sql.count("JSON_EXTRACT_STRING") == 1


def test_event__is_read_no_further_back_than_its_longest_window(tmp_path: Path) -> None:
    body = {"event": ORDER, "measure": "count", "type": "whole"}
    settings = define(tmp_path, {"a": {**body, "within": "2d"}, "b": {**body, "within": "9d"}})
    read = list(read_attributes(load_attributes(settings).values(), Catalogue({}, ()), AS_OF).values())
    sql = EventSql(ORDER, read, AS_OF, "UTC").select()
    assert "effective_at >= TIMESTAMP '2026-04-22 00:00:00" in sql.split("marks AS")[0]
