"""How much each product is taken, of late more than of old."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from ml.recommendations.contract import Knowledge


def popularity(knowledge: Knowledge, half_life_days: float) -> np.ndarray:
    """Of each product the weights of its acts, halved every `half_life_days` before the cut-off; 0 days: never."""
    import numpy as np

    acts = knowledge.interactions
    return np.bincount(acts.products, _weights(knowledge, half_life_days), minlength=acts.product_count)


def popularity_by_place(knowledge: Knowledge, half_life_days: float, place: np.ndarray) -> np.ndarray:
    """The same apart for each place (places × products). `place` is a code of everyone, −1 unknown and left out."""
    import numpy as np

    acts, count = knowledge.interactions, int(place.max(initial=-1)) + 1
    lived = place[acts.people]
    known = lived >= 0
    cells = lived[known].astype(np.int64) * acts.product_count + acts.products[known]
    weight = _weights(knowledge, half_life_days)[known]
    found = np.bincount(cells, weight, minlength=count * acts.product_count)
    return found.reshape(count, acts.product_count)


def in_season(knowledge: Knowledge, days: float = 30.0) -> np.ndarray:
    """Of each product how much of its popularity is of the last month or so (its half-life): Christmas goods in November
    more than in May. What was hardly taken yet tells little either way."""
    return (popularity(knowledge, days) + 1) / (popularity(knowledge, 0.0) + 10)


def _weights(knowledge: Knowledge, half_life_days: float) -> np.ndarray:
    acts = knowledge.interactions
    weight = acts.weight.astype(float)
    if not half_life_days:
        return weight
    return weight * 0.5 ** ((knowledge.cutoff - acts.at) / (knowledge.day * half_life_days))
