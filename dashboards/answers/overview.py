"""How is the shop doing, and can the data be trusted? Figures of the overview page."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd

from dashboards.reader import Reader

#: Trends compare this many days before the snapshot with as many before those.
TREND_DAYS = 7


@dataclass(frozen=True)
class People:
    """Profiles that are not bots; identified ones have a user id or an e-mail address."""

    people: int
    identified: int
    bots: int


@dataclass(frozen=True)
class Trade:
    """Orders that were not cancelled, in one currency; revenue is net of refunds."""

    currency: str
    orders: int
    cancelled: int
    revenue: Decimal
    recent_orders: int
    earlier_orders: int
    recent_revenue: Decimal
    earlier_revenue: Decimal


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


def sum_trade(reader: Reader) -> list[Trade]:
    """Orders and revenue by currency, the currency with most orders first."""
    rows = reader.rows(
        """
        WITH ages AS (
            SELECT
                *,
                coalesce(currency, '?') AS code,
                NOT is_cancelled AND ordered_at >= $as_of - to_days($days) AS is_recent,
                NOT is_cancelled AND ordered_at >= $as_of - to_days(2 * $days)
                    AND ordered_at < $as_of - to_days($days) AS is_earlier
            FROM orders
        )

        SELECT
            code AS currency,
            count(*) FILTER (WHERE NOT is_cancelled) AS orders,
            count(*) FILTER (WHERE is_cancelled) AS cancelled,
            coalesce(sum(net_amount) FILTER (WHERE NOT is_cancelled), 0) AS revenue,
            count(*) FILTER (WHERE is_recent) AS recent_orders,
            count(*) FILTER (WHERE is_earlier) AS earlier_orders,
            coalesce(sum(net_amount) FILTER (WHERE is_recent), 0) AS recent_revenue,
            coalesce(sum(net_amount) FILTER (WHERE is_earlier), 0) AS earlier_revenue
        FROM ages
        GROUP BY code
        ORDER BY orders DESC, code""",
        as_of=reader.as_of.replace(tzinfo=None),
        days=TREND_DAYS,
    )
    return [Trade(**row) for row in rows]


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


def trade_by_day(reader: Reader, currency: str) -> pd.DataFrame:
    """`day, order_count, revenue` of one currency; days of the workspace's zone, quiet ones included."""
    return reader.frame(
        """
        WITH daily AS (
            SELECT
                CAST(timezone($zone, timezone('UTC', ordered_at)) AS DATE) AS day,
                count(*) AS order_count,
                sum(net_amount) AS revenue
            FROM orders
            WHERE NOT is_cancelled AND coalesce(currency, '?') = $currency
            GROUP BY ALL
        ),

        days AS (
            SELECT CAST(unnest(generate_series(min(day), max(day), INTERVAL 1 DAY)) AS DATE) AS day FROM daily
        )

        SELECT
            days.day,
            coalesce(daily.order_count, 0) AS order_count,
            CAST(coalesce(daily.revenue, 0) AS DOUBLE) AS revenue
        FROM days
        LEFT JOIN daily ON daily.day = days.day
        ORDER BY days.day""",
        currency=currency,
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
    """`channel, stage, visit_count`: visits, those that saw two pages or more, those that ended in an order."""
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
