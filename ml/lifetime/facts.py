"""What is told of people beside a score: facts of their purchases, and what such people are given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ml.contract import Floats
    from ml.lifetime.purchases import History

#: Facts are cut into parts of equally many people; fewer than FEWEST in one say nothing of it.
PARTS, FEWEST = 20, 10
MOST_REASONS = 3


@dataclass(frozen=True)
class Fact:
    """Something of each person (n, NaN for whom it isn't known), and how it is said; `{:…}` takes the value."""

    values: Floats
    words: str
    unknown: str


def facts_of(history: History) -> dict[str, Fact]:
    """How often, how lately, how much, for how long, and at what pace each has bought."""
    import numpy as np

    from ml.lifetime.gaps import gaps_of

    given, gaps = history.summary, gaps_of(history)
    total = np.bincount(history.purchases.customer, history.purchases.amount, minlength=len(history))
    known = (history.cutoff - history.first_day).astype(float)
    return {
        "order_day_count": Fact(given.repeats + 1, "ordered on {:,.0f} days", ""),
        "days_since_last_order": Fact(gaps.silent, "last ordered {:,.0f} days ago", ""),
        "average_order_day_amount": Fact(total / (given.repeats + 1), "spent {:,.2f} on an average one", ""),
        "days_since_first_order": Fact(known, "known for {:,.0f} days", ""),
        "median_gap_days": Fact(gaps.median, "usually {:,.0f} days between orders", "ordered once only"),
    }


def reasons_of(facts: Mapping[str, Fact], scores: Floats) -> list[str]:
    """The facts that tell most of each one's score, as JSON texts (n).

    `effect` is the mean score of the people alike in this one fact less the mean of all: what the model makes of
    such people, whatever else is true of them, so effects of facts that go together overlap.
    """
    import numpy as np
    import orjson

    effects = np.column_stack([_effects(fact.values, scores) for fact in facts.values()])
    order = np.argsort(-np.abs(effects), axis=1, kind="stable")[:, :MOST_REASONS]
    medians = [float(np.nanmedian(fact.values)) for fact in facts.values()]
    columns = [fact.values.tolist() for fact in facts.values()]
    named, told = list(facts), effects.round(4).tolist()
    fact_of = list(facts.values())
    return [
        orjson.dumps(
            [
                _reason(named[at], fact_of[at], columns[at][row], medians[at], told[row][at])
                for at in best
                if told[row][at]
            ]
        ).decode()
        for row, best in enumerate(order.tolist())
    ]


def _reason(
    name: str, fact: Fact, value: float, median: float, effect: float
) -> dict[str, float | str | None]:
    is_known = value == value
    return {
        "feature": name,
        "value": round(value, 4) if is_known else None,
        "median": round(median, 4),
        "effect": effect,
        "words": fact.words.format(value) if is_known else fact.unknown,
    }


def _effects(values: Floats, scores: Floats) -> Floats:
    """The mean score of each one's part less that of all (n); unknown values are a part of their own."""
    import numpy as np

    edges = np.unique(np.nanquantile(values, np.linspace(0, 1, PARTS + 1)[1:-1]))
    part = np.searchsorted(edges, values, side="left")
    part[np.isnan(values)] = len(edges) + 1
    counts = np.bincount(part)
    means = np.bincount(part, scores) / np.maximum(counts, 1)
    return np.where(counts >= FEWEST, means - scores.mean(), 0.0)[part]
