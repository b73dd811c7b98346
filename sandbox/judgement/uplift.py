"""Uplift against the true effects: what a message by a channel adds to each person's chance of an order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from kith.errors import KithError
from kith.times import from_utc_naive
from sandbox.agreement import qini, rank_correlation, reliability, share_of_ideal_qini
from sandbox.calendar import DAY_HOURS, to_hour
from sandbox.evidence import Evidence
from sandbox.judgement.contract import Figure, Judgement, Verdict
from sandbox.people import CHANNELS
from sandbox.prospects import Prospects

#: Fewer people than this make no curve.
FEWEST = 100


@dataclass(frozen=True)
class Told:
    """One row per person and channel (n): the effect that the model told, the true one, and what one might
    rank by without a model of effects. `person` is an index into the world's people."""

    person: np.ndarray
    channel: np.ndarray
    effect: np.ndarray
    truth: np.ndarray
    orders: np.ndarray
    churn: np.ndarray

    def take(self, mask: np.ndarray) -> Told:
        """The rows that a mask chooses."""
        return Told(**{name: values[mask] for name, values in vars(self).items()})


def judge(evidence: Evidence) -> Verdict:
    """The order of persons and channels by effect, and the choice of a channel for each person."""
    told = _told(evidence)
    by_channel = [_channel(name, told.take(told.channel == name)) for name in sorted(set(told.channel))]
    tables = {
        "by channel": by_channel,
        "reliability of the effects told": reliability(told.effect, told.truth),
    }
    return Verdict([*_order_figures(told), *_choice_figures(told)], tables)


def _order_figures(told: Told) -> Iterator[Figure]:
    """Over all pairs of person and channel, beside what ranks without effects."""
    count = len(told.truth)
    rules = {"orders in 90 days": told.orders, "greatest churn risk": told.churn}
    yield Figure("Qini, orders per person", qini(told.effect, told.truth), 0.0, "random order", count)
    for name, rule in rules.items():
        yield Figure(
            "share of the ideal Qini", share_of_ideal_qini(told.effect, told.truth),
            share_of_ideal_qini(rule, told.truth), name, count,
        )  # fmt: skip
        yield Figure(
            "rank correlation with the true effects", rank_correlation(told.effect, told.truth),
            rank_correlation(rule, told.truth), name, count,
        )  # fmt: skip
    average = np.full(count, told.effect.mean())
    yield Figure(
        "mean distance from the true effects", float(np.abs(told.effect - told.truth).mean()),
        float(np.abs(average - told.truth).mean()), "one effect for all", count, is_better_high=False,
    )  # fmt: skip


def _choice_figures(told: Told) -> Iterator[Figure]:
    """Each person once, by the channel whose effect is told to be greatest."""
    order = np.lexsort((told.channel, -told.effect, told.person))
    _, first, count = np.unique(told.person[order], return_index=True, return_counts=True)
    chosen = told.truth[order][first]
    best = np.maximum.reduceat(told.truth[order], first)
    drawn = np.add.reduceat(told.truth[order], first) / count
    can_choose = count > 1
    yield Figure(
        "true effect of the chosen channel", float(chosen[can_choose].mean()),
        float(drawn[can_choose].mean()), "a channel drawn among those allowed", int(can_choose.sum()),
    )  # fmt: skip
    yield Figure(
        "regret of the chosen channel", float((best - chosen)[can_choose].mean()),
        float((best - drawn)[can_choose].mean()), "a channel drawn among those allowed",
        int(can_choose.sum()), is_better_high=False,
    )  # fmt: skip


def _channel(name: str, told: Told) -> dict[str, Any]:
    return {
        "channel": name,
        "people": len(told.truth),
        "effect_told": float(told.effect.mean()),
        "effect_true": float(told.truth.mean()),
        "share_of_ideal_qini": share_of_ideal_qini(told.effect, told.truth),
        "by_orders_in_90_days": share_of_ideal_qini(told.orders, told.truth),
        "rank_correlation": rank_correlation(told.effect, told.truth),
    }


def _told(evidence: Evidence) -> Told:
    rows = evidence.columns(_SQL)
    persons = evidence.whose(rows["profile_id"]) if len(rows["profile_id"]) else np.array([], np.int64)
    known = persons >= 0
    if known.sum() < FEWEST:
        raise KithError(
            f"uplift has told {int(known.sum())} effects of known people",
            expected=f"at least {FEWEST}",
            way_out="run 'kith models train uplift' and 'kith run'; the gate may have refused",
        )
    hour = to_hour(from_utc_naive(rows["as_of"][0].astype("datetime64[us]").item()))
    hours = int(rows["horizon_days"][0]) * DAY_HOURS
    truth = np.full(len(persons), np.nan)
    for channel in CHANNELS:
        whose = known & (rows["channel"] == channel)
        truth[whose] = Prospects(evidence.world, persons[whose], hour, hours).effect(channel)
    told = Told(persons, rows["channel"], rows["uplift"], truth, rows["orders"], rows["churn"])
    return told.take(~np.isnan(truth))


_SQL = """
-- One row per profile and channel that the model speaks of.
WITH horizon AS (
    SELECT max(horizon_days) AS horizon_days
    FROM model_runs
    WHERE model = 'uplift' AND model_version IN (SELECT model_version FROM uplift)
),

recent AS (
    SELECT orders.profile_id, count(*) AS orders
    FROM orders
    INNER JOIN (SELECT max(as_of) AS as_of FROM uplift) AS told
        ON orders.ordered_at >= told.as_of - INTERVAL 90 DAY AND orders.ordered_at < told.as_of
    GROUP BY orders.profile_id
)

SELECT
    uplift.profile_id,
    uplift.channel,
    uplift.uplift,
    uplift.as_of,
    horizon.horizon_days,
    CAST(coalesce(recent.orders, 0) AS DOUBLE) AS orders,
    coalesce(scores.score, 0.5) AS churn
FROM uplift
CROSS JOIN horizon
LEFT JOIN recent ON recent.profile_id = uplift.profile_id
LEFT JOIN scores ON scores.profile_id = uplift.profile_id AND scores.model = 'churn'
ORDER BY uplift.profile_id, uplift.channel
"""

plugin = Judgement(meaning="what a message by each channel adds to the chance of an order", judge=judge)
