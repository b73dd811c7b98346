"""What brought the orders? Figures of the attribution page."""

from __future__ import annotations

import pandas as pd

from dashboards.reader import Reader

MODELS = {
    "last": "Last touch",
    "first": "First touch",
    "linear": "Linear",
    "position": "Position",
    "time_decay": "Time decay",
    "markov": "Markov",
    "shapley": "Shapley",
}


def currencies(reader: Reader) -> list[str]:
    """Those of attributed orders, the most used first."""
    rows = reader.rows("""
        SELECT currency FROM attribution
        WHERE model = 'last' AND currency IS NOT NULL
        GROUP BY currency ORDER BY count(*) DESC, currency""")
    return [row["currency"] for row in rows]


def earned(reader: Reader, currency: str, days: int, by: str = "channel") -> pd.DataFrame:
    """`name, model, order_credit, revenue_amount`: what each channel (`by` "campaign": each campaign of messages) earned
    of the orders of so many days before the run (0: of all)."""
    name = "channel" if by == "channel" else "coalesce(campaign, '(no campaign)')"
    return reader.frame(
        f"""
        SELECT
            {name} AS name,
            model,
            CAST(sum(credit) AS DOUBLE) AS order_credit,
            CAST(sum(revenue_amount) AS DOUBLE) AS revenue_amount
        FROM attribution
        WHERE currency = $currency {_since(days)}
        GROUP BY ALL
        ORDER BY revenue_amount DESC, name, model""",
        currency=currency,
        **_given(reader, days),
    )


def reconciliation(reader: Reader, days: int) -> pd.DataFrame:
    """`model, currency, order_count, attributed_count, net_amount, attributed_amount, difference`: the orders that count
    on one side, what each model gives out on the other. Every difference is zero, to the last digit."""
    return reader.frame(
        f"""
        WITH counted AS (
            SELECT coalesce(currency, '') AS currency, count(*) AS order_count, sum(net_amount) AS net_amount
            FROM orders
            WHERE has_completion AND NOT is_cancelled {_since(days)}
            GROUP BY 1
        ),
        given AS (
            SELECT
                model,
                coalesce(currency, '') AS currency,
                sum(credit) AS attributed_count,
                sum(revenue_amount) AS attributed_amount
            FROM attribution
            WHERE true {_since(days)}
            GROUP BY 1, 2
        ),
        models AS (SELECT DISTINCT model FROM attribution)

        SELECT
            models.model,
            counted.currency,
            counted.order_count,
            CAST(coalesce(given.attributed_count, 0) AS DOUBLE) AS attributed_count,
            CAST(counted.net_amount AS DOUBLE) AS net_amount,
            CAST(coalesce(given.attributed_amount, 0) AS DOUBLE) AS attributed_amount,
            CAST(coalesce(given.attributed_amount, 0) - counted.net_amount AS DOUBLE) AS difference
        FROM counted
        CROSS JOIN models
        LEFT JOIN given ON counted.currency = given.currency AND models.model = given.model
        ORDER BY counted.order_count DESC, counted.currency, models.model""",
        **_given(reader, days),
    )


def touches(reader: Reader, currency: str, days: int) -> pd.DataFrame:
    """`touch_count, order_count, revenue_amount`: orders by how many touches led to them; ten and more are one row."""
    return reader.frame(
        f"""
        SELECT
            least(touch_count, 10) AS touch_count,
            count(DISTINCT order_id) AS order_count,
            CAST(sum(revenue_amount) AS DOUBLE) AS revenue_amount
        FROM attribution
        WHERE model = 'last' AND currency = $currency {_since(days)}
        GROUP BY 1
        ORDER BY 1""",
        currency=currency,
        **_given(reader, days),
    )


def _since(days: int) -> str:
    return "AND ordered_at >= CAST($as_of AS TIMESTAMP) - to_days(CAST($days AS INTEGER))" if days else ""


def _given(reader: Reader, days: int) -> dict[str, object]:
    return {"days": days, "as_of": reader.as_of.replace(tzinfo=None)} if days else {}
