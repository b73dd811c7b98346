"""A lake of any number of events in the shape of a shop's: visits, orders, messages, late rows, copies, merges.

All is a function of numbers, so that each run lays the same lake. Visit `v` has eight events of one visitor
within a few minutes; a person has a device or two, half of the people have a user id. What lands on a day:

- that day's events, but for one in 200, which lands three days late;
- copies of one in 100 events of the day before, sent again, in the same words;
- copies of one in 2000 of them that were received earlier than the first, under another device;
- refunds and cancellations of orders of ten days ago.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb

from kith.lake import lake_tables

FIRST = date(2026, 1, 1)
DAYS = 100
_LATE, _COPY, _EARLIER = 200, 100, 2000

_VISITS = """
    SELECT v, v * 8 + k AS n, k, day,
        CASE WHEN day = {last} AND v % 33 = 0 THEN {people} + v % 100000
             ELSE (pow((hash(v) % 1000003) / 1000003.0, 2) * {people})::BIGINT END AS person,
        hash(v, 1) % 100 AS chance, hash(v, k, 2) % 1000 AS luck,
        make_timestamp(1767225600000000 + day * 86400000000 + (hash(v, 3) % 80000)::BIGINT * 1000000
                       + k * 20000000 + (hash(v, k) % 20000000)::BIGINT) AS occurred_at
    FROM (SELECT v, v // {visits} AS day FROM range({visits} * {day}, {visits} * {day} + {visits}) AS r(v)),
         (SELECT k FROM range(8) AS s(k))
    WHERE v >= 0"""

_EVENTS = """
    WITH visits AS ({visit_rows}),
    told AS (
        SELECT *, chance < 8 AS is_message, 'p' || lpad((pow(luck / 1000.0, 3) * 2000)::INT::TEXT, 4, '0') AS product,
            luck % 90 + 5 AS price, CASE WHEN person % 5 = 0 THEN 'GBP' ELSE 'EUR' END AS currency,
            'a' || md5((person * 4 + CASE WHEN person % 500 = 7 THEN (day >= {last} - 14)::INT
                                          ELSE (chance % 4 = 0)::INT END)::TEXT)[:20] AS device
        FROM visits)
    SELECT n, day, md5(n::TEXT) AS event_id, device AS anonymous_id, person, product, price, currency, v, occurred_at,
        CASE WHEN is_message THEN 'track' WHEN k IN (0, 3) THEN 'page' WHEN k = 1 AND chance > 95 THEN 'identify'
             ELSE 'track' END AS type,
        CASE WHEN is_message THEN ['Message Sent', 'Email Delivered', 'Email Opened', 'Email Link Clicked'][1 + k % 4]
             WHEN k IN (0, 3) OR (k = 1 AND chance > 95) THEN NULL
             WHEN k = 6 AND chance < 40 THEN 'Product Added'
             WHEN k = 7 AND chance < 16 THEN 'Order Completed' ELSE 'Product Viewed' END AS event,
        CASE WHEN person % 2 = 0 AND (is_message OR chance % 3 = 0 OR chance > 95) THEN 'u' || person END AS user_id
    FROM told"""

_WORDS = """
    SELECT * REPLACE (CASE WHEN event IN ('Message Sent', 'Email Delivered') THEN NULL ELSE anonymous_id END
                      AS anonymous_id),
        CASE WHEN event = 'Order Completed' THEN
                 '{{"order_id":"o' || v || '","currency":"' || currency || '","total":' || 2 * price
                 || ',"products":[{{"product_id":"' || product || '","category":"c' || product[-1:] || '","price":'
                 || price || '}},{{"product_id":"p0001","category":"c1","price":' || price || '}}]}}'
             WHEN event LIKE 'Product %' THEN
                 '{{"product_id":"' || product || '","price":'
                 || 5 + product[2:]::INT || ',"currency":"EUR"}}'
             WHEN event IS NOT NULL THEN '{{"message_id":"m' || n // 4 || '","campaign":"c' || day // 7 || '"}}'
             WHEN type = 'page' THEN '{{"url":"https://shop.example/' || product || '"}}' END AS properties,
        CASE WHEN type = 'identify' THEN '{{"email":"' || user_id || '@example.com"}}' END AS traits,
        '{{"userAgent":"Mozilla/5.0 (X11) Firefox/14' || person % 4 || '","device":{{"type":"'
        || CASE WHEN person % 3 = 0 THEN 'desktop' ELSE 'mobile' END || '"}},"page":{{"referrer":"'
        || CASE WHEN v % 3 = 0 THEN 'https://search.example/' ELSE '' END || '"}}}}' AS context
    FROM ({events})"""

_LANDED = """
    SELECT *, occurred_at + INTERVAL 2 SECOND AS received_at FROM ({today}) WHERE n % {late} != 0
    UNION ALL
    SELECT *, occurred_at + INTERVAL 3 DAY AS received_at FROM ({past_3}) WHERE n % {late} = 0
    UNION ALL
    SELECT *, occurred_at + INTERVAL 1 DAY AS received_at FROM ({past_1}) WHERE n % {copy} = 1
    UNION ALL
    SELECT * REPLACE ('x' || anonymous_id AS anonymous_id), occurred_at + INTERVAL 1 SECOND AS received_at
    FROM ({past_1}) WHERE n % {earlier} = 3
    UNION ALL
    SELECT * REPLACE (
            md5('after' || n) AS event_id, NULL AS anonymous_id,
            CASE WHEN v % 3 = 0 THEN 'Order Cancelled' ELSE 'Order Refunded' END AS event,
            occurred_at + INTERVAL 10 DAY AS occurred_at,
            '{{"order_id":"o' || v || '","currency":"' || currency || '","total":' || price || '}}' AS properties),
        occurred_at + INTERVAL 10 DAY AS received_at
    FROM ({past_10}) WHERE event = 'Order Completed' AND v % 20 < 2"""


_TOLD = {
    "identifiers": ("identifier_type", "identifier_value", "profile_id"),
    "resolutions": ("base_commit",),
}


@dataclass(frozen=True)
class EventLake:
    """A home whose lake holds about `events` events, `DAYS` days of them."""

    home: Path
    events: int

    @property
    def as_of(self) -> datetime:
        """Just after the last day but one, as everything of it has landed."""
        return datetime.combine(FIRST, datetime.min.time()) + timedelta(days=DAYS)

    @property
    def people(self) -> int:
        return self.events // 80

    def lay(self, first_day: int, last_day: int, commit: int) -> None:
        """One commit of what landed on these days, a folder a day; and one of who is who by then."""
        with duckdb.connect(config={"threads": 2}) as connection:
            connection.execute("SET preserve_insertion_order = false")
            for day in range(first_day, last_day):
                folder = self.home / f"lake/events/{commit:010d}/received_on={FIRST + timedelta(days=day)}"
                folder.mkdir(parents=True)
                connection.execute(self._copy(day, folder / "part-0.parquet"))
            self._lay_identities(connection, commit, is_merged=last_day == DAYS)

    def _copy(self, day: int, file: Path) -> str:
        days = {f"past_{ago}": self._day(day - ago) for ago in (1, 3, 10)}
        landed = _LANDED.format(today=self._day(day), late=_LATE, copy=_COPY, earlier=_EARLIER, **days)
        return f"""
            COPY (
                SELECT event_id, type, event, anonymous_id, user_id, NULL::VARCHAR AS previous_id,
                    NULL::VARCHAR AS group_id, occurred_at, occurred_at AS sent_at, received_at,
                    CASE WHEN received_at <= occurred_at + INTERVAL 30 SECOND THEN occurred_at
                         ELSE received_at END AS effective_at,
                    'b{day}' AS batch_id, 'web' AS source, properties, traits, context
                FROM ({landed}) WHERE anonymous_id IS NOT NULL OR user_id IS NOT NULL OR event LIKE 'Order %'
            ) TO '{file}' (FORMAT parquet, COMPRESSION zstd)"""

    def _day(self, day: int) -> str:
        """The events that occurred on a day; none before the first."""
        rows = _VISITS.format(visits=self.events // 8 // DAYS, day=day, last=DAYS - 1, people=self.people)
        return _WORDS.format(events=_EVENTS.format(visit_rows=rows, last=DAYS - 1))

    def _lay_identities(self, connection: duckdb.DuckDBPyConnection, commit: int, *, is_merged: bool) -> None:
        """Everybody's user id and devices; some recent devices are strangers until the last commit."""
        folder = self.home / f"lake/identity/{commit:010d}"
        folder.mkdir(parents=True)
        stranger = "false" if is_merged else "person % 500 = 7 AND device = 1"
        people = self.people + (100000 if is_merged else 0)
        found = f"""
            SELECT 'user_id' AS identifier_type, 'u' || person AS identifier_value, md5('p' || person) AS profile_id
            FROM range({people}) AS r(person) WHERE person % 2 = 0
            UNION ALL
            SELECT 'anonymous_id', 'a' || md5((person * 4 + device)::TEXT)[:20],
                CASE WHEN {stranger} THEN md5('d' || person) ELSE md5('p' || person) END
            FROM range({people}) AS r(person), range(2) AS s(device)"""
        for table in lake_tables():
            if table.room == "identity":
                columns = ", ".join(
                    _column(field.name, str(field.type), table.name) for field in table.schema
                )
                source = {"identifiers": found, "resolutions": f"SELECT '{commit:010d}' AS base_commit"}.get(
                    table.name, "SELECT 1 WHERE false"
                )
                connection.execute(
                    f"COPY (SELECT {columns} FROM ({source})) TO '{folder / table.name}.parquet' (FORMAT parquet)"
                )


def _column(name: str, kind: str, table: str) -> str:
    if name in _TOLD.get(table, ()):
        return name
    types = {"string": "VARCHAR", "timestamp[us]": "TIMESTAMP", "int64": "BIGINT", "bool": "BOOLEAN"}
    return f"NULL::{types.get(kind, 'VARCHAR')} AS {name}"
