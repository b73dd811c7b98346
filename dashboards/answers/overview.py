"""How is the shop doing, and can the data be trusted? Figures of the overview page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from dashboards import kpis
from dashboards.reader import Reader

#: Trends compare the last full days, this many, with as many before those.
TREND_DAYS = 7
MOST_SOURCES = 5


@dataclass(frozen=True)
class People:
    """Profiles that are not bots; identified ones have a user id or an e-mail address."""

    people: int
    identified: int
    bots: int


@dataclass(frozen=True)
class Measure:
    """One metric by day, summed: over all days, over the last full days, over as many before those."""

    currency: str
    total: float
    recent: float
    earlier: float


@dataclass(frozen=True)
class Mail:
    """E-mails that a provider accepted, and how many of those were opened and clicked."""

    accepted: int
    opened: int
    clicked: int


def count_people(reader: Reader) -> People | None:
    """Everyone known in the snapshot."""
    told = kpis.saved_sql(reader, kpis.PEOPLE)
    if told is None:
        return None
    row = reader.row(f"""
        SELECT
            CAST(coalesce(sum(new_profiles), 0) AS BIGINT) AS people,
            CAST(coalesce(sum(identified_profiles), 0) AS BIGINT) AS identified,
            CAST(coalesce(sum(bot_profiles), 0) AS BIGINT) AS bots
        FROM {told} AS told""")
    return People(**row)


def sum_orders(reader: Reader) -> Measure | None:
    """Orders: all, and of the last days."""
    return next(iter(_sums(reader, kpis.ORDERS, "orders", "''") or []), None)


def sum_revenues(reader: Reader) -> list[Measure] | None:
    """Net revenue by currency, the largest first."""
    return _sums(reader, kpis.REVENUE, "net_revenue", "coalesce(currency, '')")


def _sums(reader: Reader, query: str, metric: str, currency: str) -> list[Measure] | None:
    told = kpis.saved_sql(reader, query)
    if told is None:
        return None
    rows = reader.rows(
        f"""
        SELECT
            {currency} AS currency,
            CAST(coalesce(sum({metric}), 0) AS DOUBLE) AS total,
            CAST(coalesce(sum({metric}) FILTER (WHERE age BETWEEN 1 AND $days), 0) AS DOUBLE) AS recent,
            CAST(coalesce(sum({metric}) FILTER (WHERE age BETWEEN $days + 1 AND 2 * $days), 0) AS DOUBLE) AS earlier
        FROM (SELECT *, date_diff('day', day, CAST($as_of AS DATE)) AS age FROM {told} AS told) AS aged
        GROUP BY ALL
        ORDER BY total DESC, currency""",
        as_of=reader.as_of.replace(tzinfo=None),
        days=TREND_DAYS,
    )
    return [Measure(**row) for row in rows]


def orders_by_day(reader: Reader) -> pd.DataFrame:
    """`day, amount`: orders; days on which nothing happened are there with 0."""
    return _by_day(reader, kpis.ORDERS, "orders", "''", "")


def revenue_by_day(reader: Reader, currency: str) -> pd.DataFrame:
    """`day, amount`: net revenue in one currency; days on which nothing happened are there with 0."""
    return _by_day(reader, kpis.REVENUE, "net_revenue", "coalesce(currency, '')", currency)


def _by_day(reader: Reader, query: str, metric: str, column: str, currency: str) -> pd.DataFrame:
    return reader.frame(
        f"""
        WITH daily AS (
            SELECT day, CAST(sum({metric}) AS DOUBLE) AS amount
            FROM {kpis.saved_sql(reader, query)} AS told
            WHERE {column} = $currency
            GROUP BY day
        ),

        days AS (
            SELECT CAST(unnest(generate_series(min(day), max(day), INTERVAL 1 DAY)) AS DATE) AS day FROM daily
        )

        SELECT days.day, coalesce(daily.amount, 0) AS amount
        FROM days
        LEFT JOIN daily ON daily.day = days.day
        ORDER BY days.day""",
        currency=currency,
    )


def count_mail(reader: Reader) -> Mail | None:
    """E-mails by what became of them."""
    told = kpis.saved_sql(reader, kpis.CHANNELS)
    if told is None:
        return None
    row = reader.row(f"""
        SELECT
            CAST(coalesce(sum(messages_sent), 0) AS BIGINT) AS accepted,
            CAST(coalesce(sum(messages_opened), 0) AS BIGINT) AS opened,
            CAST(coalesce(sum(messages_clicked), 0) AS BIGINT) AS clicked
        FROM {told} AS told
        WHERE channel = 'email'""")
    return Mail(**row)


def largest_campaign(reader: Reader) -> dict[str, Any]:
    """The campaign that treated most people: its name and lift."""
    return reader.row("""
        SELECT campaign, lift, lift_lower, lift_upper, treated_conversion_rate, holdout_conversion_rate
        FROM campaign_performance
        ORDER BY treated_count DESC, campaign
        LIMIT 1""")


def events_by_day(reader: Reader) -> pd.DataFrame:
    """`occurred_on, source, event_count`; sources beyond the greatest are one, as more aren't told apart."""
    return reader.frame(
        """
        WITH greatest AS (
            SELECT coalesce(source, 'unknown') AS source
            FROM events_daily
            GROUP BY ALL
            ORDER BY sum(event_count) DESC, source
            LIMIT $most
        )

        SELECT
            occurred_on,
            CASE WHEN told.source IN (FROM greatest) THEN told.source ELSE 'all others' END AS source,
            sum(event_count)::BIGINT AS event_count
        FROM (SELECT * REPLACE (coalesce(source, 'unknown') AS source) FROM events_daily) AS told
        GROUP BY ALL
        ORDER BY occurred_on, source""",
        most=MOST_SOURCES,
    )


def people_by_day(reader: Reader) -> pd.DataFrame:
    """`day, people`: how many people were known at the end of each day."""
    return reader.frame("""
        SELECT
            day,
            CAST(sum(newcomers) OVER (ORDER BY day) AS BIGINT) AS people
        FROM (
            SELECT
                CAST(timezone($zone, timezone('UTC', first_seen_at)) AS DATE) AS day,
                count(*) AS newcomers
            FROM profiles
            WHERE NOT coalesce(is_bot, false) AND first_seen_at IS NOT NULL
            GROUP BY ALL
        ) AS newcomers
        ORDER BY day""")


def visits_by_channel(reader: Reader) -> pd.DataFrame:
    """`channel, stage, visit_count`: all, with two pages or more, signed in, ordered."""
    return reader.frame("""
        SELECT channel, stage, visit_count
        FROM (
            SELECT
                coalesce(channel, 'unknown') AS channel,
                count(*) AS "Visits",
                count(*) FILTER (WHERE page_count >= 2) AS "Two pages or more",
                count(*) FILTER (WHERE user_id IS NOT NULL) AS "Signed in",
                count(*) FILTER (WHERE order_count > 0) AS "Ordered"
            FROM sessions
            WHERE NOT coalesce(is_bot, false)
            GROUP BY ALL
        ) AS counted
        UNPIVOT (visit_count FOR stage IN ("Visits", "Two pages or more", "Signed in", "Ordered"))
        ORDER BY list_position(['Visits', 'Two pages or more', 'Signed in', 'Ordered'], stage), visit_count DESC""")
