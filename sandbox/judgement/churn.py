"""Churn against the true chance of no order in the horizon, and against who is gone for good.

There are two truths: months in which the shop writes as it did in those that the model learned from, and months in
which it writes to nobody. A model of orders can only know the first; the second shows what its scores miss once
the writing stops.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from kith.errors import KithError
from kith.times import from_utc_naive
from sandbox.agreement import calibration_error, rank_correlation, reliability, share_right
from sandbox.calendar import DAY_HOURS, to_hour
from sandbox.continuation import order_rate_if_written_to
from sandbox.evidence import Evidence
from sandbox.judgement.contract import Figure, Judgement, Verdict
from sandbox.prospects import Prospects

#: Baselines: one number for everybody, and the rule of thumb.
EVERYONE, SILENCE = "one rate for all: the last known", "days since the last order"

#: Fewer people than this make no ten bins.
FEWEST = 100


@dataclass(frozen=True)
class Scored:
    """Scores of n people, what a rule of thumb would go by, and the truth: the chance that no order comes in
    the horizon, if the shop writes on and if nobody writes, and who has turned away for good. `usual_rate` is
    the share without an order in the last horizon that is over."""

    scores: np.ndarray
    days_silent: np.ndarray
    written_to: np.ndarray
    left_alone: np.ndarray
    is_gone: np.ndarray
    usual_rate: float
    nobodies: int


def judge(evidence: Evidence) -> Verdict:
    """Calibration, distance and order, each beside what needs no model."""
    found = _scored(evidence)
    figures = [
        *_distances(found, found.written_to, "if the shop writes on"),
        *_distances(found, found.left_alone, "if nobody writes"),
        Figure(
            "rank correlation with the true chance", rank_correlation(found.scores, found.written_to),
            rank_correlation(found.days_silent, found.written_to), SILENCE, len(found.scores),
        ),
        Figure(
            "AUC of who is gone for good", share_right(found.scores, found.is_gone),
            share_right(found.days_silent, found.is_gone), SILENCE, len(found.scores),
        ),
    ]  # fmt: skip
    notes = [f"{found.nobodies} scored profiles belong to no person alone"] if found.nobodies else []
    return Verdict(
        figures, {"reliability if the shop writes on": reliability(found.scores, found.written_to)}, notes
    )


def _distances(found: Scored, truth: np.ndarray, if_so: str) -> Iterator[Figure]:
    usual, count = np.full(len(truth), found.usual_rate), len(truth)
    yield Figure(
        f"calibration error {if_so}", calibration_error(found.scores, truth),
        calibration_error(usual, truth), EVERYONE, count, is_better_high=False,
    )  # fmt: skip
    yield Figure(
        f"mean distance from the true chance {if_so}", float(np.abs(found.scores - truth).mean()),
        float(np.abs(usual - truth).mean()), EVERYONE, count, is_better_high=False,
    )  # fmt: skip


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
        written_to=1.0 - order_rate_if_written_to(prospects),
        left_alone=1.0 - prospects.order_rate(),
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
