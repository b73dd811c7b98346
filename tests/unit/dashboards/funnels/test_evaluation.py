"""A funnel asked on a page says what the warehouse says of the same definition: on a crowd that acts at random."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from dashboards.funnels.counting import EDGES, question_of
from kith.definitions import Definition
from measurement.funnel_rows import funnel_rows
from measurement.funnels import Funnel
from tests.unit.measurement.compiled import build
from tests.unit.measurement.test_funnel_models import AS_OF, CROWD, FUNNELS, MODELS, definition, laid

A, B, C = ({"event": name} for name in "ABC")
FURTHER = (
    definition("by_kind", steps=[A, B, C], order="any", breakdown={"property": "kind"}),
    definition("by_device", steps=[A, B], breakdown={"session": "device"}),
    definition("by_country", steps=[B, C, A], breakdown={"profile": "country"}, within="8h"),
    definition("strict_first", steps=[A, B], order="strict", attempts="first"),
    definition("deep", steps=[A, B, A, B, C], within="20h"),
    definition("lists", steps=[{"event": "A", "where": {"kind": {"not_in": ["x", 1]}}}, B]),
    definition("texts", steps=[{"event": "A", "where": {"price": {"starts_with": "2"}}},
                               {"event": "B", "where": {"price": {"missing": True}}}]),
    definition("numbers", steps=[{"event": "A", "where": {"price": {"is_not": 2}}},
                                 {"event": "B", "where": {"price": {"at_most": 1}}}]),
    definition("nobody", steps=[{"event": "Never"}, A]),
)  # fmt: skip
ALL = [*FUNNELS, *FURTHER]
COUNTED = (
    "reached_count", "open_count", "median_seconds_from_previous", "p90_seconds_from_previous",
    "median_seconds_from_first", "p90_seconds_from_first",
)  # fmt: skip
Told = dict[tuple[str, int], tuple[Any, ...]]


@pytest.fixture(scope="module")
def tables() -> dict[str, pa.Table]:
    given = laid(CROWD)
    given["stg_kith__funnel_steps"] = funnel_rows(ALL)
    people = given["profiles"].to_pylist()
    for number, row in enumerate(people):
        row["country"] = (None, "DE", "FR", *(f"C{each:02d}" for each in range(25)))[number % 28]
        row["is_bot"] = number % 40 == 39
    given["profiles"] = pa.Table.from_pylist(people, schema=given["profiles"].schema)
    return given


@pytest.fixture(scope="module")
def warehouse(tables: dict[str, pa.Table]) -> dict[str, Told]:
    """What the warehouse published, by funnel: steps that nobody reached left out."""
    found: dict[str, Told] = {}
    for row in build(MODELS, **tables)["funnels"]:
        if row["reached_count"]:
            told = tuple(row[name] for name in COUNTED)
            found.setdefault(row["funnel"], {})[row["breakdown_value"], row["step_number"]] = told
    return found


@pytest.fixture(scope="module")
def published(tables: dict[str, pa.Table]) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for name in ("events", "orders", "sessions", "profiles"):
            connection.register(f"given_{name}", tables[name])
            further = ", false AS is_machine" if name == "events" else ""
            connection.execute(f"CREATE TABLE {name} AS SELECT *{further} FROM given_{name}")
        yield connection


@pytest.mark.parametrize("asked", ALL, ids=lambda each: each.name)
def test_funnel__asked_on_a_page_says_what_the_warehouse_says(
    asked: Definition[Funnel], warehouse: dict[str, Told], published: duckdb.DuckDBPyConnection
) -> None:
    question = question_of(asked.body, AS_OF)
    rows = published.execute(question.sql, dict(question.parameters)).to_arrow_table().to_pylist()
    found = {(row["shown_value"], row["step_number"]): _told(row) for row in rows}
    assert found == warehouse.get(asked.name, {})
    assert asked.name == "nobody" or ("(all)", 2) in found


def _told(row: dict[str, Any]) -> tuple[Any, ...]:
    """Of the first step no times are told."""
    times = [None if row["step_number"] == 1 else row[name] for name in COUNTED[2:]]
    return (row["reached_count"], row["open_count"], *times)


def test_funnel__counts_each_who_converts_in_one_bar_of_time(published: duckdb.DuckDBPyConnection) -> None:
    question = question_of(FUNNELS[0].body, AS_OF)
    rows = published.execute(question.sql, dict(question.parameters)).to_arrow_table().to_pylist()
    for row in rows:
        counts = dict(row["seconds_counts"])
        assert sum(counts.values()) == row["reached_count"]
        halfway = sum(count for edge, count in counts.items() if edge < row["median_seconds_from_first"])
        assert halfway * 2 < row["reached_count"] or row["step_number"] == 1
    assert [edge for edge in EDGES if edge <= 3 * 3_600][-1] == 2 * 3_600


def test_funnel__an_operand_is_never_part_of_the_query() -> None:
    evil = "x' OR 1=1 --"
    asked = definition(
        "evil",
        steps=[{"event": evil, "where": {"kind": evil}}, {"event": "A", "where": {"kind": {"in": [evil]}}}],
    )
    question = question_of(asked.body, AS_OF)
    assert evil not in question.sql
    assert list(question.parameters.values()).count(evil) >= 3


def test_funnel__of_many_who_stop_early_counts_none_further() -> None:
    """A person who never did the second step may have done the third: they stay where they stopped."""
    asked = definition("many", steps=[A, B, C], within="1d")
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("""
            CREATE TABLE events AS
            SELECT row_number() OVER () AS event_id, 'track' AS type, names.event, 'p' || person AS profile_id,
                'p' || person AS anonymous_id, NULL::VARCHAR AS user_id, '{}' AS properties, false AS is_machine,
                TIMESTAMP '2026-04-30 12:00' + to_seconds(hash(person, names.event, turn) % 40000) AS occurred_at
            FROM range(20000) AS people (person), range(2) AS turns (turn), (VALUES ('A'), ('B'), ('C')) AS names (event)
            WHERE hash(person, names.event) % 3 > 0""")
        connection.execute("CREATE TABLE profiles AS SELECT DISTINCT profile_id, false AS is_bot FROM events")
        connection.execute("""
            CREATE TABLE sessions (profile_id VARCHAR, anonymous_id VARCHAR, user_id VARCHAR, started_at TIMESTAMP,
                ended_at TIMESTAMP, is_bot BOOLEAN)""")
        question = question_of(asked.body, AS_OF)
        rows = connection.execute(question.sql, dict(question.parameters)).to_arrow_table().to_pylist()
        expected = connection.execute("""
            SELECT count(DISTINCT a.profile_id) FILTER (WHERE b.event_id IS NOT NULL),
                count(DISTINCT a.profile_id) FILTER (WHERE c.event_id IS NOT NULL)
            FROM events AS a
            LEFT JOIN events AS b ON a.profile_id = b.profile_id AND b.event = 'B' AND b.occurred_at >= a.occurred_at
            LEFT JOIN events AS c ON b.profile_id = c.profile_id AND c.event = 'C' AND c.occurred_at >= b.occurred_at
            WHERE a.event = 'A'""").fetchone()
    assert tuple(row["reached_count"] for row in rows[1:]) == expected


def test_funnel__an_order_that_was_cancelled_is_no_step(published: duckdb.DuckDBPyConnection) -> None:
    asked = definition("paid", steps=[{"order": "completed", "where": {"net_amount": {"is": 9}}}, A])
    question = question_of(asked.body, AS_OF)
    assert published.execute("SELECT count(*) FROM orders WHERE net_amount = '9'").fetchone() == (1,)
    assert published.execute(question.sql, dict(question.parameters)).fetchall() == []
