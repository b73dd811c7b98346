"""Which variant of an experiment wins, judged at looks that may be as many as one likes.

A winner is *proved* when confidence sequences put it above each other variant. With k variants each pair is held
at alpha / (k - 1): a variant that is not the best would have to beat the best falsely, which there are k - 1
candidates for, so a wrong one is proved at any look with at most alpha, whatever the number of looks.

Where the time is up and nothing is proved, the best so far is picked, and how likely it is the best is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from measurement.intervals import ALPHA, FEWEST, TUNED_FOR, confidence_sequence
from measurement.sums import Sums


@dataclass(frozen=True)
class Rule:
    """When a winner may be named. `fewest`: people that each variant needs before anything is proved."""

    alpha: float = ALPHA
    fewest: int = 100
    tuned_for: int = TUNED_FOR
    is_rate: bool = True

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1 or self.fewest < FEWEST:
            raise ValueError(f"no rule: {self}; expected 0 < alpha < 1 and fewest of at least {FEWEST}")


@dataclass(frozen=True)
class Judgement:
    """`winner` is None while nothing may be said. `chance` is that of the leader to be the best (0–1)."""

    leader: str
    winner: str | None
    is_proved: bool
    chance: float


def judge(arms: Mapping[str, Sums], rule: Rule, *, is_time_up: bool = False) -> Judgement:
    """The state of an experiment; ties go to the variant that is named first. Raises ValueError below two variants."""
    if len(arms) < 2:
        raise ValueError(f"an experiment has at least two variants, got {sorted(arms)}")
    names = list(arms)
    leader = max(names, key=lambda name: arms[name].mean if arms[name].count else float("-inf"))
    rivals = [name for name in names if name != leader]
    is_proved = all(_is_above(arms[leader], arms[rival], rule, len(rivals)) for rival in rivals)
    winner = leader if is_proved or (is_time_up and arms[leader].count) else None
    return Judgement(leader, winner, is_proved, chance_of_best(leader, arms))


def _is_above(leader: Sums, rival: Sums, rule: Rule, rivals: int) -> bool:
    if min(leader.count, rival.count) < rule.fewest:
        return False
    interval = confidence_sequence(leader, rival, rule.alpha / rivals, rule.tuned_for, is_rate=rule.is_rate)
    return interval is not None and interval.lower > 0


def chance_of_best(name: str, arms: Mapping[str, Sums]) -> float:
    """How likely this variant has the greatest mean, with means normal about what was seen and nothing known before:
    ∫ φᵢ(x) Πⱼ Φⱼ(x) dx, by Gauss and Hermite with 64 points. Zero people say nothing: 1 / k.
    """
    import numpy as np
    from scipy.special import ndtr

    if any(arm.count < 2 for arm in arms.values()):
        return 1 / len(arms)
    points, weights = np.polynomial.hermite.hermgauss(64)
    means, errors = _normals(arms)
    place = list(arms).index(name)
    reached = means[place] + sqrt(2) * errors[place] * points
    below = np.ones_like(points)
    for other in range(len(means)):
        if other != place:
            below *= ndtr((reached - means[other]) / max(errors[other], 1e-300))
    return float((weights * below).sum() / np.sqrt(np.pi))


def _normals(arms: Mapping[str, Sums]) -> tuple[Sequence[float], Sequence[float]]:
    """Means and standard errors; an arm in which nothing varies borrows the variance of all together."""
    together = Sums()
    for arm in arms.values():
        together = together.merge(arm)
    errors = [sqrt((arm.variance or together.variance) / arm.count) for arm in arms.values()]
    return [arm.mean for arm in arms.values()], errors
