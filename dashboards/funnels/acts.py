"""The acts of a funnel: who did which of its steps, when. One scan of the events, however many steps there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from dashboards.funnels.conditions import Parameters, step_sql, told_sql
from measurement.fields import microseconds
from measurement.funnels import Funnel, Step

_EVENTS = ("event", "type")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Span:
    """The time in which acts count, in microseconds: from its beginning on and before its end, the run's instant."""

    begin: int
    end: int

    def holds(self, column: str) -> str:
        return f"{column} >= make_timestamp({self.begin}) AND {column} < make_timestamp({self.end})"


def span_of(funnel: Funnel, as_of: datetime) -> Span:
    """The funnel's period before the run."""
    end = microseconds(as_of - _EPOCH)
    return Span(end - microseconds(funnel.period), end)


def acts_sql(funnel: Funnel, span: Span, parameters: Parameters) -> str:
    """CTEs up to `acts`: `person, moment` (microseconds), `told`, and `meets_n` for each step.

    A person is the 64-bit hash of the profile's id: three times as fast to sort and join as its text. That two of ten
    million people share one has a chance of three in a million.
    """
    parts = [
        sql
        for sql in (
            _event_acts(funnel, span, parameters),
            _row_acts(funnel, "order", span, parameters),
            _row_acts(funnel, "session", span, parameters),
        )
        if sql
    ]
    return f"""
        robots AS (SELECT hash(profile_id) AS person FROM profiles WHERE is_bot IS DISTINCT FROM false),
        robot_visits AS (
            SELECT coalesce(anonymous_id, user_id) AS visitor_id, started_at, ended_at FROM sessions WHERE is_bot
        ),
        acts AS MATERIALIZED ({" UNION ALL ".join(parts)})"""


def _event_acts(funnel: Funnel, span: Span, parameters: Parameters) -> str:
    steps = [step for step in funnel.steps if step.kind in _EVENTS]
    if not steps:
        return ""
    return f"""
        SELECT hash(profile_id) AS person, epoch_us(occurred_at) AS moment, {told_sql(funnel)} AS told,
            {_meets(funnel, _EVENTS, parameters)}
        FROM events
        ANTI JOIN robot_visits
            ON coalesce(events.anonymous_id, events.user_id) = robot_visits.visitor_id
            AND events.occurred_at >= robot_visits.started_at
            AND events.occurred_at <= robot_visits.ended_at
        WHERE {span.holds("occurred_at")} AND ({_wanted(steps, parameters)})
            AND profile_id IS NOT NULL AND NOT coalesce(is_machine, false)
            AND hash(profile_id) NOT IN (FROM robots)"""


def _row_acts(funnel: Funnel, kind: str, span: Span, parameters: Parameters) -> str:
    """Orders that count, or the starts of visits."""
    if all(step.kind != kind for step in funnel.steps):
        return ""
    table, column, counts = {
        "order": ("orders", "ordered_at", "has_completion AND NOT is_cancelled"),
        "session": ("sessions", "started_at", "NOT is_bot"),
    }[kind]
    return f"""
        SELECT hash(profile_id) AS person, epoch_us({column}) AS moment, CAST(NULL AS VARCHAR) AS told,
            {_meets(funnel, (kind,), parameters)}
        FROM {table}
        WHERE {counts} AND {span.holds(column)} AND profile_id IS NOT NULL AND hash(profile_id) NOT IN (FROM robots)"""


def _meets(funnel: Funnel, kinds: Sequence[str], parameters: Parameters) -> str:
    columns = [
        f"{step_sql(step, parameters) if step.kind in kinds else 'false'} AS meets_{number}"
        for number, step in enumerate(funnel.steps, start=1)
    ]
    return ", ".join(columns)


def _wanted(steps: Sequence[Step], parameters: Parameters) -> str:
    """Any step's kind of act: tells the scan what to skip before properties are looked into."""
    named = sorted({str(step.event) for step in steps if step.kind == "event"})
    typed = sorted({str(step.type) for step in steps if step.kind == "type"})
    tests = [f"type = '{each}'" for each in typed]
    if named:
        tests.append(f"(type = 'track' AND event IN ({', '.join(parameters.add(each) for each in named)}))")
    return " OR ".join(tests)
