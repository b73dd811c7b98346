"""Percentiles of scores: the score from which on a profile is among the highest (or lowest) p percent.

The highest p percent of n who have a score are those whose score is at least the k-th largest,
k = ceil(n * p / 100) in integers: all ties are in, and of nobody nobody is. A threshold is found once and
shipped to every evaluator; no engine's own quantile is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_CEILING, Decimal

import numpy as np
from numpy.typing import NDArray

from activation.segments.comparisons import compare
from activation.segments.terms import Comparison, Kind, ScoreTerm, Term
from kith.warehouse import Warehouse

Threshold = tuple[str, Comparison]
Thresholds = Mapping[Threshold, Decimal | None]
#: From which end a percentile counts, and how a score compares with its threshold.
SIDES = {"top_percent": ("DESC", "at_least"), "bottom_percent": ("ASC", "at_most")}


def find_thresholds(warehouse: Warehouse, terms: Iterable[Term]) -> dict[Threshold, Decimal | None]:
    """The threshold of every percentile among the terms; None where nobody has a score."""
    wanted = {
        (term.model, term.comparison)
        for term in terms
        if isinstance(term, ScoreTerm) and term.comparison and term.comparison.operator in SIDES
    }
    models = sorted({model for model, _ in wanted})
    in_order = {model: _scores(warehouse, model) for model in models}
    return {each: threshold_among(in_order[each[0]], each[1]) for each in sorted(wanted, key=repr)}


def threshold_among(in_order: NDArray[np.float64], comparison: Comparison) -> Decimal | None:
    """The threshold among everybody's scores, ascending; None where there is none."""
    count = len(in_order)
    rank = int((count * Decimal(str(comparison.operands[0])) / 100).to_integral_value(ROUND_CEILING))
    if not count:
        return None
    place = max(rank - 1, 0)
    score = in_order[count - 1 - place if comparison.operator == "top_percent" else place]
    return Decimal(repr(float(score)))


def compare_score(value: str, term: ScoreTerm, thresholds: Thresholds) -> str:
    """SQL for a score term, a percentile by its threshold."""
    if term.comparison is None:
        return f"{value} IS NOT NULL"
    if term.comparison.operator not in SIDES:
        return compare(value, term.comparison, Kind.REAL)
    threshold = thresholds[term.model, term.comparison]
    if threshold is None:
        return "FALSE"
    operator = SIDES[term.comparison.operator][1]
    return compare(value, Comparison(operator, (threshold,)), Kind.REAL)


def _scores(warehouse: Warehouse, model: str) -> NDArray[np.float64]:
    scored = "scores_at INNER JOIN profiles ON scores_at.profile_id = profiles.profile_id WHERE model = ?"
    rows = warehouse.arrow(f"SELECT score FROM {scored}", [model])
    return np.sort(rows["score"].to_numpy())
