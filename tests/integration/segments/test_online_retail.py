"""Ten segments of a real shop, as of the day after its last invoice, against SQL written by hand over the raw file.

The raw lines are the truth: an invoice is its lines' earliest minute (London time) and the sum of their amounts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
import yaml

from activation.segments.bitsets.evaluator import evaluate_bits
from activation.segments.person.compiled import Compiled
from activation.segments.person.reading import read_facts
from activation.segments.sql_evaluator import evaluate_sql, moment_of, read_segments
from activation.segments.terms import Segment
from activation.segments.world import World, open_world
from ingestion.imports import import_events
from kith.clock import FixedClock
from kith.init import initialise
from kith.run import begin_run
from kith.settings import PROJECT, Settings, load_settings
from kith.snapshot import Snapshot
from kith.warehouse import Warehouse
from tests.unit.segments.differential import definition

pytestmark = pytest.mark.real_data
AS_OF = datetime(2011, 12, 10, tzinfo=UTC)

_INVOICES = """
    WITH invoices AS (
        SELECT
            InvoiceNo AS id,
            CAST(any_value(CustomerID) AS VARCHAR) AS customer,
            starts_with(InvoiceNo, 'C') AS is_cancelled,
            min(InvoiceDate) AS local_at,
            min(InvoiceDate) AT TIME ZONE 'Europe/London' AS moment,
            sum(CAST(Quantity * UnitPrice AS DECIMAL(18, 4))) AS total,
            any_value(Country) AS country
        FROM raw
        WHERE CustomerID IS NOT NULL
        GROUP BY InvoiceNo
    ),
    bought AS (SELECT * FROM invoices WHERE NOT is_cancelled),
    customers AS (SELECT DISTINCT customer FROM invoices)
"""


@dataclass(frozen=True)
class Told:
    """A segment as a person writes it, and the same in SQL over invoices."""

    who: str
    sql: str


SEGMENTS = {
    "lapsed": Told(
        "all: [{did: Order Completed}, {did_not: Order Completed, within: 90d}]",
        "SELECT customer FROM bought GROUP BY customer HAVING max(local_at) < DATE '2011-12-10' - 90",
    ),
    "frequent": Told(
        "{event: Order Completed, count: {at_least: 5}, within: 180d}",
        """SELECT customer FROM bought WHERE local_at >= DATE '2011-12-10' - 180
           GROUP BY customer HAVING count(*) >= 5""",
    ),
    "big_spenders": Told(
        "{event: Order Completed, sum: {of: total, at_least: 2000}, within: 52w}",
        """SELECT customer FROM bought WHERE local_at >= DATE '2011-12-10' - 364
           GROUP BY customer HAVING sum(total) >= 2000""",
    ),
    "cancelled_lately": Told(
        "{did: Order Cancelled, within: 30d}",
        "SELECT DISTINCT customer FROM invoices WHERE is_cancelled AND local_at >= DATE '2011-12-10' - 30",
    ),
    "large_baskets": Told(
        "{event: Order Completed, average: {of: total, greater: 500.25}}",
        "SELECT customer FROM bought GROUP BY customer HAVING sum(total) > 500.25 * count(*)",
    ),
    "newcomers": Told(
        "{event: Order Completed, first: {within: 60d}}",
        "SELECT customer FROM bought GROUP BY customer HAVING min(local_at) >= DATE '2011-12-10' - 60",
    ),
    "every_month": Told(
        "{event: Order Completed, count: {at_least: 1}, in_each: 30d, periods: 6}",
        """SELECT customer FROM bought WHERE local_at >= DATE '2011-12-10' - 180
           GROUP BY customer
           HAVING count(DISTINCT (DATE '2011-12-10' - CAST(local_at AS DATE) - 1) // 30) = 6""",
    ),
    "abroad": Told(
        """all:
          - {attribute: country, not_in: [United Kingdom, EIRE, Channel Islands]}
          - {event: Order Completed, days: {at_least: 3}, within: 365d}
          - none: [{event: Order Completed, maximum: {of: total, at_least: 5000}}]""",
        """SELECT customer FROM bought JOIN latest USING (customer)
           WHERE latest.country NOT IN ('United Kingdom', 'EIRE', 'Channel Islands')
           GROUP BY customer
           HAVING count(DISTINCT CAST(local_at AS DATE)) FILTER (local_at >= DATE '2011-12-10' - 365) >= 3
               AND max(total) < 5000""",
    ),
    "second_thoughts": Told(
        """{sequence: [{did: Order Completed, where: {total: {at_least: 200}}}, {did: Order Cancelled}],
            gap: 7d, within: 180d}""",
        """SELECT DISTINCT a.customer FROM bought AS a JOIN invoices AS b ON a.customer = b.customer
           WHERE b.is_cancelled AND a.total >= 200 AND a.moment < b.moment AND b.moment <= a.moment + INTERVAL 168 HOUR
               AND a.local_at >= DATE '2011-12-10' - 180""",
    ),
    "one_time": Told(
        """all:
          - {event: Order Completed, count: {is: 1}}
          - {did_not: Order Cancelled}
          - any: [{event: Order Completed, minimum: {of: total, less: 100}}, {attribute: country, is: Germany}]""",
        """SELECT customer FROM invoices JOIN latest USING (customer) GROUP BY customer
           HAVING count(*) FILTER (NOT is_cancelled) = 1 AND count(*) FILTER (is_cancelled) = 0
               AND (min(total) < 100 OR any_value(latest.country) = 'Germany')""",
    ),
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> tuple[Settings, Snapshot, Path]:
    """The file imported by its mapping, and a snapshot of its customers and their events."""
    settings = load_settings(home=tmp_path_factory.mktemp("retail") / "home", zone="Europe/London")
    initialise(settings)
    file = shared_data / "online_retail" / "online_retail.parquet"
    mapping = PROJECT / "ingestion" / "mappings" / "online_retail.yml"
    import_events(settings, file, mapping, datetime(2026, 5, 1, tzinfo=UTC))
    run = begin_run(settings, FixedClock(AS_OF), AS_OF)
    with Warehouse(settings) as warehouse:
        warehouse.attach_lake("events")
        events = "SELECT *, user_id AS profile_id FROM lake_events_events WHERE user_id IS NOT NULL"
        profiles = f"""
            SELECT profile_id, arg_max(traits ->> '$.country', effective_at) AS country
            FROM ({events}) WHERE type = 'identify' GROUP BY profile_id
        """
        for name, sql in (("events", events), ("profiles", profiles)):
            target = run.path / f"{name}.parquet"
            warehouse.connection.execute(f"COPY ({sql}) TO '{target}' (FORMAT parquet)")
    return settings, run.snapshot, file


@pytest.fixture(scope="module")
def world(shop: tuple[Settings, Snapshot, Path]) -> Iterator[World]:
    settings, snapshot, _ = shop
    with open_world(settings, snapshot) as opened:
        yield opened


@pytest.fixture(scope="module")
def segments(world: World) -> dict[str, Segment]:
    return read_segments(world, {n: definition(n, yaml.safe_load(each.who)) for n, each in SEGMENTS.items()})


@pytest.fixture(scope="module")
def expected(world: World, shop: tuple[Settings, Snapshot, Path]) -> dict[str, list[str]]:
    """By hand; the country is the one that the snapshot knows of each customer (eight have two)."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"CREATE VIEW raw AS SELECT * FROM '{shop[2]}'")
    latest = world.warehouse.arrow("SELECT profile_id AS customer, country FROM profiles")
    connection.register("latest", latest)
    found = {}
    for name, each in SEGMENTS.items():
        rows = connection.execute(
            f"{_INVOICES} SELECT customer FROM ({each.sql}) ORDER BY customer"
        ).fetchall()
        found[name] = [row[0] for row in rows]
    return found


def test_online_retail__the_customers_are_all_there(world: World) -> None:
    assert world.warehouse.value("SELECT COUNT(*) FROM profiles") == 4_372


def test_online_retail__each_segment_tells_customers_apart(expected: dict[str, list[str]]) -> None:
    assert {name: 10 <= len(ids) <= 4_000 for name, ids in expected.items()} == dict.fromkeys(SEGMENTS, True)


def test_online_retail__the_sql_of_the_warehouse_agrees(world: World, segments, expected) -> None:
    found = evaluate_sql(world, segments)
    assert {name: found.members(name).to_pylist() for name in SEGMENTS} == expected


def test_online_retail__the_bitsets_agree(world: World, segments, expected) -> None:
    found = evaluate_bits(world, segments)
    assert {name: found.members(name).to_pylist() for name in SEGMENTS} == expected


def test_online_retail__each_customer_judged_alone_agrees(world: World, segments, expected) -> None:
    compiled = Compiled(segments, moment_of(world, [each.tree for each in segments.values()]))
    ids = [
        row["profile_id"]
        for row in world.warehouse.rows("SELECT profile_id FROM profiles ORDER BY profile_id")
    ]
    members = {
        id_: set(compiled.members(each, AS_OF)) for id_, each in read_facts(world, segments, ids).items()
    }
    assert {name: [id_ for id_ in ids if name in members[id_]] for name in SEGMENTS} == expected
