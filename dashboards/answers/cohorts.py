"""What are people worth who first bought at the same time? Figures of the cohorts page."""

from __future__ import annotations

import pandas as pd

from dashboards.reader import Reader


def currencies(reader: Reader) -> list[str]:
    """Those in which people paid, the most used first."""
    rows = reader.rows("""
        SELECT currency FROM orders
        WHERE has_completion AND NOT is_cancelled AND currency IS NOT NULL
        GROUP BY currency ORDER BY count(*) DESC, currency""")
    return [row["currency"] for row in rows]


def revenue_by_cohort(reader: Reader, grain: str, currency: str) -> pd.DataFrame:
    """`cohort_on, period_number, cohort_count, buyer_count, order_count, net_amount, net_amount_so_far`.

    A cohort are the people whose first order in this currency lies in the period that begins on `cohort_on`; machines
    and cancelled orders are left out, money is net of refunds. Only periods that are over.
    """
    return reader.frame(
        f"""
        WITH bought AS (
            SELECT profile_id, CAST(date_trunc('{grain}', ordered_at) AS DATE) AS period_on, net_amount
            FROM orders
            WHERE has_completion AND NOT is_cancelled AND currency = $currency
                AND profile_id IN (SELECT profile_id FROM profiles WHERE NOT is_bot)
        ),
        cohorts AS (SELECT profile_id, min(period_on) AS cohort_on FROM bought GROUP BY profile_id),
        sizes AS (SELECT cohort_on, count(*) AS cohort_count FROM cohorts GROUP BY cohort_on),
        spans AS (
            SELECT cohort_on, cohort_count, period_number
            FROM sizes, range(0, 60) AS numbers (period_number)
            WHERE date_diff('{grain}', cohort_on, CAST($as_of AS DATE)) > period_number
        ),
        paid AS (
            SELECT
                cohorts.cohort_on,
                date_diff('{grain}', cohorts.cohort_on, bought.period_on) AS period_number,
                count(DISTINCT bought.profile_id) AS buyer_count,
                count(*) AS order_count,
                sum(bought.net_amount) AS net_amount
            FROM bought INNER JOIN cohorts ON bought.profile_id = cohorts.profile_id
            GROUP BY ALL
        )

        SELECT
            spans.cohort_on,
            spans.period_number,
            spans.cohort_count,
            CAST(coalesce(paid.buyer_count, 0) AS BIGINT) AS buyer_count,
            CAST(coalesce(paid.order_count, 0) AS BIGINT) AS order_count,
            CAST(coalesce(paid.net_amount, 0) AS DOUBLE) AS net_amount,
            CAST(sum(coalesce(paid.net_amount, 0)) OVER so_far AS DOUBLE) AS net_amount_so_far
        FROM spans
        LEFT JOIN paid ON spans.cohort_on = paid.cohort_on AND spans.period_number = paid.period_number
        WINDOW so_far AS (PARTITION BY spans.cohort_on ORDER BY spans.period_number)
        ORDER BY spans.cohort_on, spans.period_number""",
        currency=currency,
        as_of=reader.as_of.replace(tzinfo=None),
    )
