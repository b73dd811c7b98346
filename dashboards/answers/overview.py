"""How is the shop doing, and can the data be trusted? Figures of the overview page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from dashboards.reader import Reader

#: Trends compare the last full days, this many, with as many before those.
TREND_DAYS = 7


@dataclass(frozen=True)
class People:
    """Profiles that are not bots; identified ones have a user id or an e-mail address."""

    people: int
    identified: int
    bots: int


@dataclass(frozen=True)
class Measure:
    """One daily metric summed: over all days, over the last full days, over as many before those."""

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


def count_people(reader: Reader) -> People:
    """Everyone known in the snapshot."""
    row = reader.row("""
        SELECT
            count(*) FILTER (WHERE NOT coalesce(is_bot, false)) AS people,
            count(*) FILTER (
                WHERE NOT coalesce(is_bot, false) AND coalesce(user_id, email) IS NOT NULL
            ) AS identified,
            count(*) FILTER (WHERE is_bot) AS bots
        FROM profiles""")
    return People(**row)


def sum_metric(reader: Reader, metric: str) -> list[Measure]:
    """A metric by currency (empty for what is no money), the largest first."""
    rows = reader.rows(
        """
        SELECT
            coalesce(currency, '') AS currency,
            coalesce(sum(metric_value), 0) AS total,
            coalesce(sum(metric_value) FILTER (WHERE age BETWEEN 1 AND $days), 0) AS recent,
            coalesce(sum(metric_value) FILTER (WHERE age BETWEEN $days + 1 AND 2 * $days), 0) AS earlier
        FROM (
            SELECT *, date_diff('day', metric_on, CAST($as_of AS DATE)) AS age
            FROM metrics_daily
            WHERE metric = $metric
        ) AS aged
        GROUP BY ALL
        ORDER BY total DESC, currency""",
        metric=metric,
        as_of=reader.as_of.replace(tzinfo=None),
        days=TREND_DAYS,
    )
    return [Measure(**row) for row in rows]


def metric_by_day(reader: Reader, metric: str, currency: str = "") -> pd.DataFrame:
    """`day, amount` of one metric; days on which nothing happened are there with 0."""
    return reader.frame(
        """
        WITH daily AS (
            SELECT metric_on AS day, sum(metric_value) AS amount
            FROM metrics_daily
            WHERE metric = $metric AND coalesce(currency, '') = $currency
            GROUP BY metric_on
        ),

        days AS (
            SELECT CAST(unnest(generate_series(min(day), max(day), INTERVAL 1 DAY)) AS DATE) AS day FROM daily
        )

        SELECT days.day, coalesce(daily.amount, 0) AS amount
        FROM days
        LEFT JOIN daily ON daily.day = days.day
        ORDER BY days.day""",
        metric=metric,
        currency=currency,
    )


def count_mail(reader: Reader) -> Mail:
    """E-mails by what became of them."""
    row = reader.row("""
        SELECT
            count(*) AS accepted,
            count(first_opened_at) AS opened,
            count(first_clicked_at) AS clicked
        FROM messages
        WHERE channel = 'email' AND outcome = 'accepted'""")
    return Mail(**row)


def largest_campaign(reader: Reader) -> dict[str, Any]:
    """The campaign that treated most people: its name and lift."""
    return reader.row("""
        SELECT campaign, lift, lift_lower, lift_upper, treated_conversion_rate, holdout_conversion_rate
        FROM campaign_performance
        ORDER BY treated_count DESC, campaign
        LIMIT 1""")


def events_by_day(reader: Reader) -> pd.DataFrame:
    """`occurred_on, source, event_count`."""
    return reader.frame("""
        SELECT occurred_on, coalesce(source, 'unknown') AS source, sum(event_count)::BIGINT AS event_count
        FROM events_daily
        GROUP BY ALL
        ORDER BY occurred_on, source""")


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
        ORDER BY visit_count DESC""")
