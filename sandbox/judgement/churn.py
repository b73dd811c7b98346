"""Churn against the true chance of no order in the horizon, and against who is gone for good."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kith.errors import KithError
from kith.times import from_utc_naive
from sandbox.agreement import calibration_error, rank_correlation, reliability, share_right
from sandbox.calendar import DAY_HOURS, to_hour
from sandbox.evidence import Evidence
from sandbox.judgement.contract import Figure, Judgement, Verdict
from sandbox.prospects import Prospects

#: Fewer people than this make no ten bins.
FEWEST = 100


@dataclass(frozen=True)
class Scored:
    """Scores of n people, what a rule of thumb would go by, and the truth: the chance that no order comes in
    the horizon if nobody writes, and who has turned away for good. `usual_rate` is the share without an order
    in the last horizon that is over."""

    scores: np.ndarray
    days_silent: np.ndarray
    true_chance: np.ndarray
    is_gone: np.ndarray
    usual_rate: float
    nobodies: int


def judge(evidence: Evidence) -> Verdict:
    """Calibration, distance and order, each beside what needs no model."""
    found = _scored(evidence)
    scores, truth, count = found.scores, found.true_chance, len(found.scores)
    usual = np.full(count, found.usual_rate)
    everyone, silence = "one rate for all: the last known", "days since the last order"
    figures = (
        Figure(
            "calibration error against the true chance", calibration_error(scores, truth),
            calibration_error(usual, truth), everyone, count, is_better_high=False,
        ),
        Figure(
            "mean distance from the true chance", float(np.abs(scores - truth).mean()),
            float(np.abs(usual - truth).mean()), everyone, count, is_better_high=False,
        ),
        Figure(
            "rank correlation with the true chance", rank_correlation(scores, truth),
            rank_correlation(found.days_silent, truth), silence, count,
        ),
        Figure(
            "AUC of who is gone for good", share_right(scores, found.is_gone),
            share_right(found.days_silent, found.is_gone), silence, count,
        ),
    )  # fmt: skip
    notes = [f"{found.nobodies} scored profiles belong to no person alone"] if found.nobodies else []
    return Verdict(figures, {"reliability": reliability(scores, truth)}, notes)


def _scored(evidence: Evidence) -> Scored:
    rows = evidence.columns(_SQL)
    persons = evidence.whose(rows["profile_id"]) if len(rows["profile_id"]) else np.array([], np.int64)
    known = persons >= 0
    if known.sum() < FEWEST:
        raise KithError(
            f"churn has scores of {int(known.sum())} known people",
            expected=f"at least {FEWEST}",
            way_out="run 'kith models train churn' and 'kith run'; the gate may have refused",
        )
    hour = to_hour(from_utc_naive(rows["scored_at"][0].astype("datetime64[us]").item()))
    prospects = Prospects(evidence.world, persons[known], hour, int(rows["horizon_days"][0]) * DAY_HOURS)
    return Scored(
        scores=rows["score"][known],
        days_silent=rows["days_silent"][known],
        true_chance=1.0 - prospects.order_rate(),
        is_gone=~prospects.is_here(),
        usual_rate=float(rows["usual_rate"][0]),
        nobodies=int((~known).sum()),
    )


_SQL = """
-- One row per scored profile.
WITH spoken AS (SELECT * FROM scores WHERE model = 'churn'),

horizon AS (
    SELECT max(horizon_days) AS horizon_days
    FROM model_runs
    WHERE model = 'churn' AND model_version IN (SELECT model_version FROM spoken)
),

last_orders AS (
    SELECT orders.profile_id, max(orders.ordered_at) AS ordered_at
    FROM orders
    WHERE orders.ordered_at < (SELECT max(scored_at) FROM spoken)
    GROUP BY orders.profile_id
),

before AS (
    SELECT profile_id, orders_next_30d_label
    FROM feat_profile__activity
    WHERE order_count > 0 AND days_since_last_order <= 180
    QUALIFY cutoff_at = max(cutoff_at) FILTER (WHERE orders_next_30d_label IS NOT NULL) OVER ()
)

SELECT
    spoken.profile_id,
    spoken.score,
    spoken.scored_at,
    horizon.horizon_days,
    coalesce(date_diff('hour', last_orders.ordered_at, spoken.scored_at) / 24.0, 1e6) AS days_silent,
    (SELECT avg(CAST(orders_next_30d_label = 0 AS DOUBLE)) FROM before) AS usual_rate
FROM spoken
CROSS JOIN horizon
LEFT JOIN last_orders ON last_orders.profile_id = spoken.profile_id
ORDER BY spoken.profile_id
"""

plugin = Judgement(meaning="probability of no order within the horizon", judge=judge)
