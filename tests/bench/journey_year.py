"""A year of a shop as a run leaves it: published tables of people, words about consent and events, and one journey."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from kith.clock import FixedClock
from kith.init import initialise
from kith.lake import Home
from kith.run import begin_run, publish_run
from kith.settings import Settings, export_environment, load_settings
from kith.time_zones import lay_time_zones
from tests.scenarios import campaign_tables as tables

BEGIN, END = datetime(2025, 5, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)
JOURNEY = """
name: cart_back
state: live
enter: {event: Cart Updated, again_after: 7d}
stop_when: {event: Order Completed}
holdout: 10%
caps: [marketing]
steps:
  - wait: {for: Order Completed, timeout: 1d, then: end}
  - send: back
    by: email
  - wait: 2d
  - branch: {if: {did: Logged In, within: 2d}, then: end}
  - send: back
    id: again
    by: email
"""
QUIET = "begins: 22:00\nends: 08:00\n"
CAP = "purpose: marketing\nlimits:\n  - {at_most: 1, per: local day}\n  - {at_most: 3, per: local month}\n"
TEMPLATE = {
    "subject.txt": "Your cart is waiting",
    "body.html": "<!doctype html><html><body><p>Your cart is waiting.</p>"
    '<p><a href="{{ unsubscribe_url }}">Unsubscribe</a></p></body></html>',
    "body.txt": "Your cart is waiting: https://shop.example/cart\n\nUnsubscribe: {{ unsubscribe_url }}\n",
}

_PEOPLE = """
    CREATE TABLE people AS
    SELECT i, 'u' || i AS name, md5('user_id' || chr(31) || 'u' || i) AS profile_id, 'u' || i || '@example.com' AS email,
           ['Europe/Berlin', 'America/New_York', 'Asia/Kolkata', NULL][1 + i % 4] AS time_zone,
           hash(i) % 10 < 8 AS is_granted
    FROM range({people}) AS t(i)
"""
#: Event of each tenth; people by a power law, so that some are busy.
_EVENTS = """
    SELECT 'e' || lpad(i::TEXT, 9, '0') AS event_id, 'track' AS type,
           CASE WHEN kind < 1 THEN 'Cart Updated' WHEN kind < 2 THEN 'Order Completed' WHEN kind < 4 THEN 'Logged In'
                ELSE 'Product Viewed' END AS event,
           'u' || who AS user_id, md5('user_id' || chr(31) || 'u' || who) AS profile_id,
           '{{"total": ' || (i % 90) || ', "cart_id": "c' || (i % 3) || '"}}' AS properties,
           make_timestamp({begin} + (i * {step})::BIGINT) AS occurred_at, occurred_at AS received_at,
           occurred_at AS effective_at, false AS is_machine
    FROM (
        SELECT i, hash(i + 7) % 10 AS kind, ({people} * power((hash(i) % 1000003) / 1000003.0, 1.5))::BIGINT AS who
        FROM range({events}) AS t(i)
    )
    ORDER BY i
"""
_TABLES = {
    "profiles": (
        "SELECT profile_id, name AS user_id, email, 'en' AS locale, time_zone FROM people",
        tables.PROFILES,
    ),
    "identities": (
        """SELECT 'user_id' AS identifier_type, name AS identifier_value, profile_id, {known} AS joined_at FROM people
           UNION ALL SELECT 'email', email, profile_id, {known} FROM people""",
        tables.IDENTITIES,
    ),
    "consent_history": (
        """SELECT 'email' AS identifier_type, email AS identifier_value, 'marketing' AS purpose, 'email' AS channel,
                  is_granted, 'consent' AS legal_basis, {known} AS known_from, {known} AS binds_at, {known} AS told_at,
                  true AS is_current FROM people""",
        tables.CONSENT_HISTORY,
    ),
    "profile_aliases": ("SELECT name AS alias_id FROM people WHERE false", tables.ALIASES),
    "consents": ("SELECT profile_id FROM people WHERE false", tables.CONSENTS),
    "profile_traits": ("SELECT profile_id FROM people WHERE false", tables.TRAITS),
    "addresses": ("SELECT profile_id FROM people WHERE false", tables.ADDRESSES),
    "products": ("SELECT name AS product_id FROM people WHERE false", tables.PRODUCTS),
}


def year_settings(folder: Path) -> Settings:
    export_environment(KITH_HOME=str(folder / "home"), KITH_DEFINITIONS=str(folder / "definitions"))
    return load_settings()


def lay_year(folder: Path, events: int, people: int) -> Path:
    """A home with a published run at the end of the year; answers the journey's file."""
    settings = year_settings(folder)
    initialise(settings)
    lay_time_zones(Home(settings.home))
    run = begin_run(settings, FixedClock(END), END)
    lay_tables(run.path, folder, events, people)
    publish_run(settings, run)
    return lay_definitions(settings)


def lay_tables(path: Path, folder: Path, events: int, people: int) -> None:
    begin, step = int(BEGIN.timestamp()) * 1_000_000, (END - BEGIN).total_seconds() * 1e6 / events
    with duckdb.connect(
        str(folder / "lay.duckdb"), config={"memory_limit": "3GB", "threads": 2}
    ) as connection:
        connection.execute(_PEOPLE.format(people=people))
        for name, (select, schema) in _TABLES.items():
            _write(
                connection, select.format(known="TIMESTAMP '2024-01-01'"), schema, path / f"{name}.parquet"
            )
        select = _EVENTS.format(begin=begin, step=step, people=people, events=events)
        _write(connection, select, tables.EVENTS, path / "events.parquet")
    (folder / "lay.duckdb").unlink()


def _write(connection: duckdb.DuckDBPyConnection, select: str, schema: object, path: Path) -> None:
    """With every column of the schema, those that the SELECT doesn't name as NULL."""
    pq.write_table(schema.empty_table(), path)  # type: ignore[attr-defined]
    connection.execute(
        f"""COPY (SELECT * FROM read_parquet('{path}') WHERE false UNION ALL BY NAME ({select}))
            TO '{path}.new' (FORMAT parquet, COMPRESSION zstd)"""
    )
    Path(f"{path}.new").replace(path)


def lay_definitions(settings: Settings) -> Path:
    """The journey, its cap, its quiet hours and its template."""
    home = settings.definitions
    for name, text in (
        ("journeys/cart_back", JOURNEY),
        ("caps/marketing", CAP),
        ("quiet_hours/night", QUIET),
    ):
        path = home / f"{name}.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for name, text in TEMPLATE.items():
        path = home / "templates" / "back" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return home / "journeys" / "cart_back.yml"
