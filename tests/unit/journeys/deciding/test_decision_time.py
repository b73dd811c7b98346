"""When a message is judged equals zoneinfo's own reckoning, one person at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from activation.journeys.deciding.contract import MessageNode
from activation.journeys.deciding.decision_time import DAY, HOUR, decision_times
from activation.journeys.deciding.nodes import lay_nodes
from activation.journeys.deciding.policy import Policy
from activation.journeys.deciding.quiet_hours import WEEKDAYS, QuietHours
from activation.journeys.graph import Graph, LaunchEntry, Message
from kith.time_zones import tz_offsets

ZONES = (
    "UTC",
    "Europe/London",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "Pacific/Auckland",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "Atlantic/Azores",
    "America/Havana",
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
MINUTE = HOUR // 60
NIGHT = QuietHours(begins="21:00", ends="08:00")


@dataclass(frozen=True)
class Person:
    zone: str
    at: int
    hours: tuple[int, ...] | None = None


def _instant(text: str) -> int:
    return (datetime.fromisoformat(text).replace(tzinfo=UTC) - EPOCH) // MICROSECOND


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": 1})
    connection.register("offsets", tz_offsets())
    connection.execute(
        f"""CREATE TABLE facts_zones AS
            WITH spans AS (
                SELECT zone, epoch_us(from_at) AS from_at, epoch_us(to_at) AS to_at,
                       offset_seconds * 1000000 AS offset_us
                FROM offsets WHERE zone IN {ZONES}),
            changes AS (
                SELECT *, lag(offset_us) OVER w AS before, lead(offset_us) OVER w AS later
                FROM spans WINDOW w AS (PARTITION BY zone ORDER BY from_at))
            SELECT zone, from_at, to_at, offset_us,
                   from_at + greatest(offset_us, coalesce(before, offset_us)) AS local_from,
                   to_at + greatest(offset_us, coalesce(later, offset_us)) AS local_to
            FROM changes"""
    )
    return connection


def decided(
    connection: duckdb.DuckDBPyConnection, people: list[Person], node: Message, policy: Policy
) -> list[int]:
    graph = Graph("j", "v", LaunchEntry("s", 0, 1), "m", (node,), ())
    lay_nodes(connection, [MessageNode(1, graph, node)], policy, {})
    rows = [
        {"row": row, "person": row, "node": 1, "at": each.at, "zone": each.zone, "best_hours": each.hours}
        for row, each in enumerate(people)
    ]
    schema = pa.schema(
        [
            *((name, pa.int64()) for name in ("row", "person", "node", "at")),
            ("zone", pa.string()),
            ("best_hours", pa.list_(pa.int8())),
        ]
    )
    connection.register("message_people", pa.Table.from_pylist(rows, schema=schema))
    sql = decision_times('SELECT "row", person, node, "at" FROM message_people', policy.slot, True, True)
    return [at for (at,) in connection.execute(f'SELECT decided_at FROM ({sql}) ORDER BY "row"').fetchall()]


def wall(at: int, zone: str) -> datetime:
    return (EPOCH + at * MICROSECOND).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def showing(clock: datetime, zone: str, after: int) -> int:
    """The first instant after `after` that shows this wall time; a gap is read with the offset before it."""
    for fold in (0, 1):
        found = (clock.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) - EPOCH) // MICROSECOND
        if found > after:
            return found
    raise AssertionError((clock, zone, after))


def best(at: int, person: Person, within: int) -> int:
    shown = wall(at, person.zone)
    for hour in person.hours or ():
        if shown.hour == hour:
            return at
        opens = shown.replace(hour=hour, minute=0, second=0, microsecond=0)
        opens += timedelta(days=opens <= shown)
        if opens - shown <= within * MICROSECOND:
            return showing(opens, person.zone, at)
    return at


def is_quiet(shown: datetime, hours: QuietHours) -> date | None:
    """The day on which the quiet span that holds this wall time began."""
    clock = f"{shown:%H:%M}"
    days = WEEKDAYS if hours.days == "all" else hours.days
    today, yesterday = shown.date(), shown.date() - timedelta(days=1)
    runs_over = hours.ends < hours.begins
    if hours.begins <= clock and (runs_over or clock < hours.ends) and WEEKDAYS[today.weekday()] in days:
        return today
    if runs_over and clock < hours.ends and WEEKDAYS[yesterday.weekday()] in days:
        return yesterday
    return None


def after_quiet(at: int, zone: str, rules: list[QuietHours]) -> int:
    """Moved on to the end of the span, of all spans that run into one another, until it is quiet no more."""
    shown = wall(at, zone)
    end = shown
    while any(is_quiet(end, each) for each in rules):
        end = (end + timedelta(minutes=15)).replace(second=0, microsecond=0)
        end -= timedelta(minutes=end.minute % 15)
    return at if end == shown else after_quiet(showing(end, zone, at), zone, rules)


QUARTERS = st.integers(0, 95).map(lambda each: f"{each // 4:02}:{each % 4 * 15:02}")


def rules() -> st.SearchStrategy[list[QuietHours]]:
    given_hours = st.tuples(QUARTERS, QUARTERS, st.sets(st.sampled_from(WEEKDAYS), min_size=1, max_size=3))
    some = given_hours.filter(lambda each: each[0] != each[1]).map(
        lambda each: QuietHours(begins=each[0], ends=each[1], days=tuple(sorted(each[2])))
    )
    return st.lists(st.one_of(some, st.just(NIGHT)), min_size=1, max_size=3)


#: Hours around every kind of change, in steps that meet its edges.
CHANGES = [
    ("Europe/London", "2026-03-29T01:00"),
    ("Europe/London", "2026-10-25T01:00"),
    ("Australia/Lord_Howe", "2026-04-04T15:00"),
    ("Australia/Lord_Howe", "2026-10-03T15:30"),
    ("America/St_Johns", "2010-11-07T02:31"),
    ("America/St_Johns", "2011-03-13T03:31"),
    ("Pacific/Auckland", "2026-04-04T14:00"),
    ("Pacific/Auckland", "2026-09-26T14:00"),
    ("Pacific/Apia", "2011-12-30T10:00"),
    ("Atlantic/Azores", "2026-10-25T01:00"),
    ("America/Havana", "2026-11-01T05:00"),
]
NEAR = st.tuples(st.sampled_from(CHANGES), st.integers(-40 * 12, 40 * 12)).map(
    lambda each: (each[0][0], _instant(each[0][1]) + each[1] * 5 * MINUTE)
)
ANYWHERE = st.tuples(st.sampled_from(ZONES), st.integers(_instant("2009-01-01"), _instant("2030-01-01")))
HOURS = st.one_of(st.none(), st.permutations(range(24)).map(tuple))
PEOPLE = st.lists(
    st.builds(lambda place, hours: Person(place[0], place[1], hours), st.one_of(NEAR, NEAR, ANYWHERE), HOURS),
    min_size=1,
    max_size=60,
)
SLOTS = st.sampled_from([1, 15 * MINUTE, 3 * HOUR])


@settings(max_examples=60, deadline=None)
@given(PEOPLE, rules(), st.sampled_from([HOUR, 5 * HOUR, DAY]), SLOTS)
@example([Person("Pacific/Apia", _instant("2011-12-29T08:00"))], [NIGHT], DAY, 1)
@example(
    [Person("Europe/London", _instant("2026-03-29T00:40"))],
    [QuietHours(begins="00:30", ends="01:30"), QuietHours(begins="02:00", ends="02:45")],
    DAY,
    1,
)
def test_decision_time__is_what_zoneinfo_says(
    connection: duckdb.DuckDBPyConnection,
    people: list[Person],
    quiet: list[QuietHours],
    within: int,
    slot: int,
) -> None:
    policy = Policy(quiet_hours=tuple(quiet), slot=slot)
    node = Message("m", "m", channels=("email",), best_hour=True, best_within=within)
    expected = [
        after_quiet(-(-best(each.at, each, within) // slot) * slot, each.zone, quiet) for each in people
    ]
    assert decided(connection, people, node, policy) == expected


def test_decision_time__of_a_transactional_message_is_the_instant_itself(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    at = _instant("2026-05-01T23:07:11")
    node = Message("m", "m", channels=("email",), best_hour=True, is_transactional=True)
    policy = Policy(quiet_hours=(NIGHT,), slot=HOUR)
    assert decided(connection, [Person("UTC", at, tuple(range(24)))], node, policy) == [at]


def test_decision_time__heeds_the_quiet_hours_of_every_channel_that_may_carry_it(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    texts = QuietHours(channels=("sms",), begins="12:00", ends="14:00")
    policy = Policy(quiet_hours=(texts,))
    at = [Person("UTC", _instant("2026-05-01T12:30"))]
    assert decided(connection, at, Message("m", "m", channels=("email",)), policy) == [at[0].at]
    both = Message("m", "m", channels=("email", "sms"))
    assert decided(connection, at, both, policy) == [_instant("2026-05-01T14:00")]
