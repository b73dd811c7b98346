"""What is told of people beside a score: facts of their purchases, and what such people are given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from ml.contract import Floats
    from ml.lifetime.purchases import History

#: Facts are cut into parts of equally many people; fewer than FEWEST in one say nothing of it.
PARTS, FEWEST = 20, 10


def facts_of(history: History) -> dict[str, Floats]:
    """How often, how lately, how much, for how long, and at what pace each has bought (n; NaN: unknown)."""
    import numpy as np

    from ml.lifetime.gaps import gaps_of

    given, gaps = history.summary, gaps_of(history)
    total = np.bincount(history.purchases.customer, history.purchases.amount, minlength=len(history))
    return {
        "order_day_count": given.repeats + 1,
        "days_since_last_order": gaps.silent,
        "average_order_day_amount": total / (given.repeats + 1),
        "days_since_first_order": (history.cutoff - history.first_day).astype(float),
        "median_gap_days": gaps.median,
    }


def reasons_of(facts: Mapping[str, Floats], scores: Floats, unit: str) -> pa.Array:
    """The facts that tell most of each one's score, as JSON texts (n).

    A fact's effect is the mean score of the people alike in it less the mean of all: what the model makes of such
    people, whatever else is true of them. So it is told of any model, and facts that go together share their effect.
    """
    import numpy as np

    from ml.reasons.telling import tell_reasons

    effects = np.stack([_effects(values, scores) for values in facts.values()])
    return tell_reasons(list(facts), np.column_stack(list(facts.values())), effects, unit)


def _effects(values: Floats, scores: Floats) -> Floats:
    """The mean score of each one's part less that of all (n); unknown values are a part of their own."""
    import numpy as np

    edges = np.unique(np.nanquantile(values, np.linspace(0, 1, PARTS + 1)[1:-1]))
    part = np.searchsorted(edges, values, side="left")
    part[np.isnan(values)] = len(edges) + 1
    counts = np.bincount(part)
    means = np.bincount(part, scores) / np.maximum(counts, 1)
    return np.where(counts >= FEWEST, means - scores.mean(), 0.0)[part]
