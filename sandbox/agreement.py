"""How far answers agree with a truth that is known exactly, person by person."""

from __future__ import annotations

from typing import Any

import numpy as np

BINS = 10


def rank_correlation(answers: np.ndarray, truth: np.ndarray) -> float:
    """Spearman's: 1 in the same order, 0 in no order; equal values share their mean rank. 0 where nothing
    varies."""
    first, second = ranks(answers), ranks(truth)
    if first.std() == 0 or second.std() == 0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 0, the mean rank for equal values (n)."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count + 1) / 2)[place]


def gain(answers: np.ndarray, effects: np.ndarray) -> np.ndarray:
    """What treating the first k by `answers` adds, per person of all (n + 1); the equal ones of an answer are
    treated alike, as if drawn among them."""
    _, place, count = np.unique(-answers, return_inverse=True, return_counts=True)
    alike = np.bincount(place, weights=effects) / count
    return np.concatenate([[0.0], np.cumsum(np.repeat(alike, count))]) / len(effects)


def qini(answers: np.ndarray, effects: np.ndarray) -> float:
    """The area between the gain of this order and that of a random one (per person, over shares 0–1)."""
    curve = gain(answers, effects)
    return float(curve[:-1].mean() / 2 + curve[1:].mean() / 2 - curve[-1] / 2)


def share_of_ideal_qini(answers: np.ndarray, effects: np.ndarray) -> float:
    """1 is the order of the true effects themselves, 0 a random one; below 0 is worse than random."""
    ideal = qini(effects, effects)
    return qini(answers, effects) / ideal if ideal > 0 else 0.0


def share_right(answers: np.ndarray, is_so: np.ndarray) -> float:
    """The area under the ROC curve: how often one that is so has the greater answer than one that isn't."""
    yes = int(is_so.sum())
    no = len(is_so) - yes
    if not yes or not no:
        return 0.5
    return float((ranks(answers)[is_so].sum() - yes * (yes - 1) / 2) / (yes * no))


def reliability(answers: np.ndarray, truth: np.ndarray) -> list[dict[str, Any]]:
    """Ten bins of equally many people by answer, lowest first: what was said and what is true, on average."""
    parts = [part for part in np.array_split(np.argsort(answers, kind="stable"), BINS) if len(part)]
    return [
        {"people": len(part), "said": float(answers[part].mean()), "true": float(truth[part].mean())}
        for part in parts
    ]


def calibration_error(answers: np.ndarray, truth: np.ndarray) -> float:
    """The mean distance of what was said and what is true, over those bins."""
    bins = reliability(answers, truth)
    return sum(each["people"] * abs(each["said"] - each["true"]) for each in bins) / len(answers)
