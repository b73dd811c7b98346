"""What the messages are expected to change, by the uplift model's last scoring.

Expected is the sum of the scores of those who would be sent to: additional orders within the model's horizon, and
these times what an order of the person is worth. The interval is the model's: its average effect is known but for a
standard error that all people share, so n people's sum is uncertain by n times that error (normal, 95 %).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kith.lake import Home
from kith.settings import Settings
from kith.snapshot import current_snapshot
from kith.warehouse import Warehouse, literal

MODEL = "uplift"
#: The 97.5 % point of the normal distribution.
_Z = 1.959964

_ERROR = f"""
    SELECT r.metric_value
    FROM model_runs AS r
    JOIN (SELECT model_version FROM scores WHERE model = '{MODEL}' LIMIT 1) AS v
      ON v.model_version = r.model_version
    WHERE r.model = '{MODEL}' AND r.is_champion AND r.metric = 'average_effect_error'
    ORDER BY r.trained_at DESC
    LIMIT 1
"""

_EFFECT = f"""
    -- Orders of all, and money by currency. Somebody's first order is worth what orders of their currency are.
    WITH reached AS (
        SELECT DISTINCT profile_id FROM read_parquet({{outbox}}) WHERE decision = 'send' AND NOT is_transactional
    ),
    usual AS (
        SELECT currency, sum(order_amount) / sum(order_count) AS amount
        FROM profiles
        WHERE order_count > 0 AND currency IS NOT NULL
        GROUP BY currency
    ),
    expected AS (
        SELECT s.score, p.currency, CAST(coalesce(p.average_order_amount, u.amount) AS DOUBLE) AS amount
        FROM reached AS r
        JOIN scores AS s ON s.profile_id = r.profile_id AND s.model = '{MODEL}'
        LEFT JOIN profiles AS p ON p.profile_id = r.profile_id
        LEFT JOIN usual AS u ON u.currency = p.currency
    )
    SELECT 'orders' AS measure, '' AS currency, count(*) AS people, sum(score) AS expected, count(*) AS weight
    FROM expected
    HAVING count(*) > 0
    UNION ALL
    SELECT 'value' AS measure, currency, count(*) AS people, sum(score * amount) AS expected, sum(amount) AS weight
    FROM expected
    WHERE currency IS NOT NULL AND amount IS NOT NULL
    GROUP BY currency
    ORDER BY measure, currency
"""


def expected_effect(settings: Settings, log: Path) -> list[dict[str, Any]]:
    """Rows (measure, currency, people, expected, lower, upper) of the sends in `log`; none where no model speaks.

    A person counts once, however many messages they would get. Bounds are None where the model tells no error.
    """
    snapshot = current_snapshot(Home(settings.home))
    if snapshot is None or not {"scores", "model_runs", "profiles"} <= snapshot.tables().keys():
        return []
    with Warehouse(settings) as warehouse:
        warehouse.attach_snapshot(snapshot)
        error = warehouse.value(_ERROR)
        outbox = literal(str(log / "*" / "outbox.parquet"))
        return [_bounded(row, error) for row in warehouse.rows(_EFFECT.format(outbox=outbox))]


def _bounded(row: dict[str, Any], error: float | None) -> dict[str, Any]:
    expected, weight = row["expected"], row.pop("weight")
    spread = None if error is None else _Z * error * float(weight)
    return row | {
        "expected": round(expected, 2),
        "lower": None if spread is None else round(expected - spread, 2),
        "upper": None if spread is None else round(expected + spread, 2),
    }
