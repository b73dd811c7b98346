"""Who are the best buyers, and who slips away? Figures of the RFM page."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dashboards.reader import Reader

MOST_PEOPLE = 100


def grid(reader: Reader) -> pd.DataFrame:
    """`recency_score, frequency_score, rfm_segment, people_count, order_count, recency_days`: one row per square; the
    last is the mean number of days since the last order."""
    return reader.frame("""
        SELECT
            recency_score,
            frequency_score,
            rfm_segment,
            count(*) AS people_count,
            CAST(sum(order_count) AS BIGINT) AS order_count,
            avg(recency_days) AS recency_days
        FROM rfm
        GROUP BY ALL
        ORDER BY recency_score DESC, frequency_score""")


def amounts(reader: Reader) -> pd.DataFrame:
    """`recency_score, frequency_score, currency, order_amount`: money is never added across currencies."""
    return reader.frame("""
        SELECT recency_score, frequency_score, currency, CAST(sum(order_amount) AS DOUBLE) AS order_amount
        FROM rfm
        GROUP BY ALL
        ORDER BY recency_score DESC, frequency_score, currency""")


def groups(reader: Reader) -> pd.DataFrame:
    """`rfm_segment, people_count, order_count, recency_days`, those with most people first."""
    return reader.frame("""
        SELECT
            rfm_segment,
            count(*) AS people_count,
            CAST(sum(order_count) AS BIGINT) AS order_count,
            avg(recency_days) AS recency_days
        FROM rfm
        GROUP BY rfm_segment
        ORDER BY people_count DESC, rfm_segment""")


def bounds(reader: Reader, recency: int, frequency: int) -> dict[str, Any]:
    """What separates the people of a square from others: whole days since the last order, and numbers of orders.

    `people_count` are those in it; `bounded_count` those whose own figures lie within the bounds, which is more where
    equal figures fell into two fifths.
    """
    return reader.row(
        """
        WITH square AS (
            SELECT
                CAST(floor(min(recency_days)) AS BIGINT) AS least_days,
                CAST(ceil(max(recency_days)) AS BIGINT) AS most_days,
                min(order_count) AS least_orders,
                max(order_count) AS most_orders,
                count(*) AS people_count
            FROM rfm
            WHERE recency_score = $recency AND frequency_score = $frequency
        )

        SELECT
            square.*,
            (
                SELECT count(*) FROM rfm
                WHERE recency_days BETWEEN square.least_days AND square.most_days
                    AND order_count BETWEEN square.least_orders AND square.most_orders
            ) AS bounded_count
        FROM square""",
        recency=recency,
        frequency=frequency,
    )


def people(reader: Reader, recency: int, frequency: int) -> pd.DataFrame:
    """The people of a square without their addresses, those who spent most first."""
    return reader.frame(
        """
        SELECT
            profile_id,
            recency_days,
            order_count,
            CAST(order_amount AS DOUBLE) AS order_amount,
            currency,
            monetary_score
        FROM rfm
        WHERE recency_score = $recency AND frequency_score = $frequency
        ORDER BY monetary_score DESC, order_amount DESC, profile_id
        LIMIT $most""",
        recency=recency,
        frequency=frequency,
        most=MOST_PEOPLE,
    )
