"""Do people come back? Figures of the retention page."""

from __future__ import annotations

import pandas as pd

from dashboards.reader import Reader
from kith.errors import KithError

#: How many periods are told, by length of the period; as the published table does.
REPORTED = {"day": 30, "week": 26, "month": 12}
COHORTS = ("first_seen", "first_order", "returning")
#: Columns of profiles by which cohorts are told apart.
PROPERTIES = ("country", "usual_device", "favourite_category", "locale")


def published_grid(reader: Reader, cohort_by: str, period: str) -> pd.DataFrame:
    """`cohort_on, period_number, cohort_count`, and `active_count, unbounded_count, returned_count` of periods that are
    over."""
    return reader.frame(
        """
        SELECT cohort_on, period_number, cohort_count, active_count, unbounded_count, returned_count
        FROM retention
        WHERE cohort_by = $cohort_by AND period = $period AND is_complete
        ORDER BY cohort_on, period_number""",
        cohort_by=cohort_by,
        period=period,
    )


def known_values(reader: Reader, name: str) -> list[str]:
    """Values of a property of people, the most frequent first."""
    rows = reader.rows(f"""
        SELECT {_property(name)} AS told, count(*) AS people
        FROM profiles
        WHERE NOT is_bot AND {_property(name)} IS NOT NULL
        GROUP BY told
        ORDER BY people DESC, told
        LIMIT 100""")
    return [row["told"] for row in rows]


def grid_of(reader: Reader, cohort_by: str, period: str, name: str = "", value: str = "") -> pd.DataFrame:
    """The same figures asked now of visits and orders, of the people whose property says `value` (all without one).

    `returning` has a cohort of all who were active in a period, whenever they came first; of it only `active_count`
    tells something.
    """
    people = f" AND {_property(name)} = $value" if name else ""
    return reader.frame(
        f"""
        WITH {_active(period, people, is_orders=cohort_by == "first_order")},
        {_cohorts(cohort_by)},
        seen AS (
            SELECT
                cohorts.cohort_on,
                cohorts.profile_id,
                date_diff('{period}', cohorts.cohort_on, active.period_on) AS period_number
            FROM cohorts
            INNER JOIN active ON cohorts.profile_id = active.profile_id AND active.period_on >= cohorts.cohort_on
        ),
        {_GRID.format(period=period, most=REPORTED[period])}""",
        **({"value": value} if name else {}),
        as_of=reader.as_of.replace(tzinfo=None),
    )


def _property(name: str) -> str:
    if name not in PROPERTIES:
        raise KithError(f"cohorts are not told apart by '{name}'", expected=", ".join(PROPERTIES))
    return name


def _active(period: str, people: str, *, is_orders: bool) -> str:
    """Each person and period in which they did something; a visit across midnight counts for both days."""
    visits = """
                SELECT profile_id, CAST(started_at AS DATE) AS active_on FROM sessions WHERE NOT is_bot
                UNION ALL
                SELECT profile_id, CAST(ended_at AS DATE) AS active_on FROM sessions WHERE NOT is_bot
                UNION ALL"""
    return f"""
        active AS MATERIALIZED (
            SELECT DISTINCT profile_id, CAST(date_trunc('{period}', active_on) AS DATE) AS period_on
            FROM ({"" if is_orders else visits}
                SELECT profile_id, CAST(ordered_at AS DATE) AS active_on
                FROM orders WHERE has_completion AND NOT is_cancelled
            )
            WHERE profile_id IN (SELECT profile_id FROM profiles WHERE NOT is_bot{people})
                AND CAST(active_on AS TIMESTAMP) < $as_of
        )"""


def _cohorts(cohort_by: str) -> str:
    if cohort_by == "returning":
        return "cohorts AS (SELECT profile_id, period_on AS cohort_on FROM active)"
    return "cohorts AS (SELECT profile_id, min(period_on) AS cohort_on FROM active GROUP BY profile_id)"


#: Gone before period n: whose last activity lies earlier. Back by period n: whose first return lies at or before it.
_GRID = """
        sizes AS (SELECT cohort_on, count(*) AS cohort_count FROM cohorts GROUP BY cohort_on),
        spans AS (
            SELECT cohort_on, cohort_count, period_number
            FROM sizes, range(0, {most} + 1) AS numbers (period_number)
            WHERE date_diff('{period}', cohort_on, CAST($as_of AS DATE)) > period_number
        ),
        over AS (
            SELECT * FROM seen
            WHERE date_diff('{period}', cohort_on, CAST($as_of AS DATE)) > period_number
        ),
        reach AS (
            SELECT
                cohort_on, profile_id, max(period_number) AS last_active,
                min(period_number) FILTER (WHERE period_number > 0) AS first_return
            FROM over GROUP BY cohort_on, profile_id
        ),
        counts AS (
            SELECT cohort_on, period_number, sum(a) AS active_count, sum(b) AS back, sum(g) AS gone
            FROM (
                SELECT cohort_on, period_number, 1 AS a, 0 AS b, 0 AS g FROM over
                UNION ALL
                SELECT cohort_on, first_return, 0, 1, 0 FROM reach WHERE first_return IS NOT NULL
                UNION ALL
                SELECT cohort_on, last_active, 0, 0, 1 FROM reach
            )
            GROUP BY cohort_on, period_number
        )

        SELECT
            spans.cohort_on,
            spans.period_number,
            spans.cohort_count,
            CAST(coalesce(counts.active_count, 0) AS BIGINT) AS active_count,
            CAST(spans.cohort_count - (sum(coalesce(counts.gone, 0)) OVER so_far - coalesce(counts.gone, 0)) AS BIGINT)
                AS unbounded_count,
            CAST(sum(coalesce(counts.back, 0)) OVER so_far AS BIGINT) AS returned_count
        FROM spans
        LEFT JOIN counts ON spans.cohort_on = counts.cohort_on AND spans.period_number = counts.period_number
        WINDOW so_far AS (PARTITION BY spans.cohort_on ORDER BY spans.period_number)
        ORDER BY spans.cohort_on, spans.period_number"""
