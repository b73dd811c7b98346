"""Percentiles of scores: the score from which on a profile is among the highest (or lowest) p percent.

The highest p percent of n who have a score are those whose score is at least the k-th largest,
k = ceil(n * p / 100) in integers: all ties are in, and of nobody nobody is. A threshold is found once and
shipped to every evaluator; no engine's own quantile is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_CEILING, Decimal

from activation.segments.comparisons import compare
from activation.segments.terms import Comparison, Kind, ScoreTerm, Term
from kith.warehouse import Warehouse

Threshold = tuple[str, Comparison]
Thresholds = Mapping[Threshold, Decimal | None]
SIDES = {"top_percent": ("DESC", "at_least"), "bottom_percent": ("ASC", "at_most")}


def find_thresholds(warehouse: Warehouse, terms: Iterable[Term]) -> dict[Threshold, Decimal | None]:
    """The threshold of every percentile among the terms; None where nobody has a score."""
    wanted = {
        (term.model, term.comparison)
        for term in terms
        if isinstance(term, ScoreTerm) and term.comparison and term.comparison.operator in SIDES
    }
    return {each: _threshold(warehouse, *each) for each in sorted(wanted, key=repr)}


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


def _threshold(warehouse: Warehouse, model: str, comparison: Comparison) -> Decimal | None:
    scored = "scores_at INNER JOIN profiles ON scores_at.profile_id = profiles.profile_id WHERE model = ?"
    count = int(warehouse.value(f"SELECT COUNT(*) FROM {scored}", [model]))
    rank = int((count * Decimal(str(comparison.operands[0])) / 100).to_integral_value(ROUND_CEILING))
    order = SIDES[comparison.operator][0]
    sql = f"SELECT score FROM {scored} ORDER BY score {order} LIMIT 1 OFFSET {max(rank - 1, 0):d}"
    score = warehouse.value(sql, [model])
    return None if score is None else Decimal(repr(float(score)))
