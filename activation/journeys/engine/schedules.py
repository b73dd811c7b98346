"""Launches and schedules: the instants of the slice at which the members of a segment come in.

occasions (graph, segment, at)
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb

from activation.journeys.engine.rows import insert

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_OCCASIONS = """
    -- One row per graph that launches in the slice: the first evaluation inside its window that found anybody. One
    -- who has begun, in whatever version, doesn't begin again.
    CREATE OR REPLACE TEMP TABLE occasions AS
    SELECT graph, segment, "at"
    FROM (
        SELECT l.graph, l.segment, min(e.at) AS at
        FROM entry_launches AS l
        JOIN graphs AS g ON g.graph = l.graph
        JOIN facts_evaluations AS e
          ON e.segment = l.segment AND e.at >= l.enter_from AND e.at < l.enter_until AND e.member_count > 0
        ANTI JOIN (
            SELECT journey, entered AS at FROM state.enrolled UNION ALL SELECT journey, "at" FROM state.launched
        ) AS begun
          ON begun.journey = g.journey AND begun.at >= l.enter_from AND begun.at < l.enter_until
        GROUP BY l.graph, l.segment
    )
    WHERE "at" > {since} AND "at" <= {until}
"""


def lay_occasions(connection: duckdb.DuckDBPyConnection, since: int, until: int) -> None:
    connection.execute(_OCCASIONS.format(since=since, until=until))
    schedules = connection.execute("SELECT * FROM entry_schedules").fetchall()
    rows = [
        (graph, segment, at)
        for graph, segment, rule, zone, enter_from, enter_until in schedules
        for at in _instants(rule, zone, max(since + 1, enter_from), min(until + 1, enter_until))
    ]
    insert(connection, "occasions", rows)


def _instants(rule: str, zone: str, start: int, end: int) -> Iterator[int]:
    """The instants of a rule in [start, end), in order."""
    if start >= end:
        return
    kind, *which, clock = rule.split()
    hour, minute = (int(part) for part in clock.split(":"))
    place = ZoneInfo(zone)
    day = (_EPOCH + start * _MICROSECOND).astimezone(place).date() - timedelta(days=1)
    while (at := _instant(day, hour, minute, place)) < end:
        if at >= start and _is_named(kind, which[0] if which else "", day):
            yield at
        day += timedelta(days=1)


def _instant(day: date, hour: int, minute: int, place: ZoneInfo) -> int:
    """fold=0: a time that comes twice is its first, one in a gap is read with the offset before it."""
    wall = datetime(day.year, day.month, day.day, hour, minute, tzinfo=place)
    return (wall - _EPOCH) // _MICROSECOND


def _is_named(kind: str, which: str, day: date) -> bool:
    if kind == "weekly":
        return _WEEKDAYS[day.weekday()] in which.split(",")
    if kind == "monthly":
        is_last = (day + timedelta(days=1)).month != day.month
        return day.day == int(which) or (is_last and day.day < int(which))
    return True
