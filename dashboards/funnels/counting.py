"""What a funnel amounts to: who reached each step, by value of its breakdown, and how long they took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboards.funnels.acts import acts_sql, span_of
from dashboards.funnels.attempts import attempts_sql
from dashboards.funnels.conditions import Parameters
from measurement.funnels import Funnel

#: Values of a breakdown that are told one by one; the rest are counted together. As the warehouse does.
MOST_VALUES = 20
EVERYBODY, OTHERS, UNKNOWN = "(all)", "(other)", "(none)"
SESSION_GAP = 1_800_000_000

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
#: Upper ends of the bars of times to convert, in seconds: what people say, so finer where most of it happens.
EDGES = (
    10, 30, _MINUTE, 2 * _MINUTE, 5 * _MINUTE, 10 * _MINUTE, 20 * _MINUTE, 30 * _MINUTE, _HOUR, 2 * _HOUR,
    4 * _HOUR, 8 * _HOUR, 12 * _HOUR, _DAY, 2 * _DAY, 3 * _DAY, 5 * _DAY, 7 * _DAY, 14 * _DAY, 21 * _DAY,
    30 * _DAY, 60 * _DAY, 90 * _DAY,
)  # fmt: skip


@dataclass(frozen=True)
class Question:
    """A query and its parameters."""

    sql: str
    parameters: Mapping[str, Any]


def question_of(funnel: Funnel, as_of: datetime) -> Question:
    """One row per shown value and step that somebody reached: `reached_count`, `open_count`, medians and ninetieth
    percentiles in seconds (nearest rank), and `seconds_counts`: people by time since the first step, up to each edge."""
    parameters, span = Parameters(), span_of(funnel, as_of)
    sql = f"""
        WITH {acts_sql(funnel, span, parameters)},
        {attempts_sql(funnel, span)},
        {_placed(funnel)},
        {_shown(funnel)},
        timed AS ({_timed(len(funnel.steps))})

        SELECT
            shown_value,
            step_number,
            count(*) AS reached_count,
            count(*) FILTER (WHERE is_open) AS open_count,
            quantile_disc(from_previous, 0.5) AS median_seconds_from_previous,
            quantile_disc(from_previous, 0.9) AS p90_seconds_from_previous,
            quantile_disc(from_first, 0.5) AS median_seconds_from_first,
            quantile_disc(from_first, 0.9) AS p90_seconds_from_first,
            histogram(from_first, {[float(edge) for edge in EDGES]}) AS seconds_counts
        FROM timed
        GROUP BY shown_value, step_number
        ORDER BY shown_value, step_number"""
    return Question(sql, parameters.values)


def _placed(funnel: Funnel) -> str:
    """`person, breakdown_value`; nobody where the funnel isn't broken down."""
    breakdown = funnel.breakdown
    if breakdown is None:
        return "placed AS (SELECT person, CAST(NULL AS VARCHAR) AS breakdown_value FROM best WHERE false)"
    named = {"property": _by_property, "session": _by_visit, "profile": _by_profile}[breakdown.kind]
    return f"""
        placed AS (
            SELECT best.person, coalesce(told.breakdown_value, '{UNKNOWN}') AS breakdown_value
            FROM best
            LEFT JOIN ({named(funnel, breakdown.column)}) AS told ON best.person = told.person
        )"""


def _by_property(funnel: Funnel, _column: str) -> str:
    """Of the act that began the attempt."""
    numbers = range(1, len(funnel.steps) + 1) if funnel.order == "any" else (1,)
    begins = " OR ".join(f"acts.meets_{number}" for number in numbers)
    return f"""
        SELECT best.person, min(acts.told) AS breakdown_value
        FROM best INNER JOIN acts ON best.person = acts.person AND best.step_1 = acts.moment
        WHERE {begins}
        GROUP BY best.person"""


def _by_visit(_funnel: Funnel, column: str) -> str:
    """Of the visit in which the attempt began: the one that began last of those not over."""
    key = "lpad(CAST(epoch_us(sessions.started_at) AS VARCHAR), 20, '0') || sessions.session_id"
    return f"""
        SELECT best.person, max_by(sessions.{column}, {key}) AS breakdown_value
        FROM best
        INNER JOIN sessions
            ON best.person = hash(sessions.profile_id)
            AND best.step_1 >= epoch_us(sessions.started_at)
            AND best.step_1 - epoch_us(sessions.ended_at) <= {SESSION_GAP}
        GROUP BY best.person"""


def _by_profile(_funnel: Funnel, column: str) -> str:
    return f"SELECT hash(profile_id) AS person, {column} AS breakdown_value FROM profiles"


def _shown(funnel: Funnel) -> str:
    everybody = f"SELECT best.*, '{EVERYBODY}' AS shown_value FROM best"
    if funnel.breakdown is None:
        return f"people AS ({everybody})"
    return f"""
        sizes AS (
            SELECT breakdown_value, row_number() OVER (ORDER BY count(*) DESC, breakdown_value) AS value_rank
            FROM placed GROUP BY breakdown_value
        ),
        people AS (
            {everybody}
            UNION ALL
            SELECT
                best.*,
                CASE WHEN sizes.value_rank <= {MOST_VALUES} THEN placed.breakdown_value ELSE '{OTHERS}' END
            FROM best
            INNER JOIN placed ON best.person = placed.person
            INNER JOIN sizes ON placed.breakdown_value = sizes.breakdown_value
        )"""


def _timed(count: int) -> str:
    return " UNION ALL ".join(
        f"""
        SELECT
            shown_value,
            {number} AS step_number,
            is_open AND depth = {number} AS is_open,
            (step_{number} - step_{max(number - 1, 1)}) / 1e6 AS from_previous,
            (step_{number} - step_1) / 1e6 AS from_first
        FROM people
        WHERE depth >= {number}"""
        for number in range(1, count + 1)
    )
