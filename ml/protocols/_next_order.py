"""One window of a protocol: the champion chosen before it, all models judged on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ml.lifetime.contract import COVERAGE, Terms
from ml.lifetime.purchases import Purchases, known_before
from ml.next_order.backtest import Judgement, choose_champion, judge_all, next_order_models
from ml.protocols.contract import Check, at_most

#: A few hundred orders come in a window: their share in the intervals is known no better than to some points.
SLACK = 0.05


@dataclass(frozen=True)
class WindowFindings:
    """What a window found: the day of its cut-off, its champion, checks, a row for each model, and refusals."""

    on: str
    champion: str
    checks: list[Check]
    rows: list[dict[str, Any]]
    refused: list[dict[str, str]]


def evaluate_window(purchases: Purchases, cutoff: int, days: int) -> WindowFindings:
    """The champion has to beat both rules in CRPS and in the error of the middle day, and its intervals have to
    hold what they promise."""
    import numpy as np

    on, terms = str(np.datetime64(cutoff, "D")), Terms(days)
    champion = choose_champion(known_before(purchases, cutoff), terms).champion
    judged, _, refused = judge_all(purchases, cutoff, terms)
    return WindowFindings(
        on,
        champion,
        _checks(on, champion, judged),
        [{"cutoff_on": on, "model": name, **vars(each)} for name, each in judged.items()],
        [{"cutoff_on": on, "model": name, "reason": why} for name, why in refused.items()],
    )


def _checks(on: str, champion: str, judged: dict[str, Judgement]) -> list[Check]:
    found, checks = judged[champion], []
    for name, model in next_order_models().items():
        if model.is_baseline and name in judged:
            rule = judged[name]
            checks.append(at_most(f"{on} {champion}'s CRPS in days", found.crps, rule.crps, name))
            checks.append(
                at_most(f"{on} {champion}'s error in days", found.median_error, rule.median_error, name)
            )
    least = COVERAGE - SLACK
    wanted = f"at least {least:.0%} of the orders that came, {COVERAGE:.0%} being meant"
    return [*checks, Check(f"{on} in their interval", found.coverage, wanted, found.coverage >= least)]
