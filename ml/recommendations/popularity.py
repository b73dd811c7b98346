"""How much each product is taken, of late more than of old."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from ml.recommendations.contract import Knowledge


def popularity(knowledge: Knowledge, half_life_days: float, chosen: Any = None) -> np.ndarray:
    """Of each product the weights of its acts, halved every `half_life_days` before the cut-off; 0 days: never.

    `chosen` (boolean, one an act) leaves acts out.
    """
    import numpy as np

    acts = knowledge.interactions if chosen is None else knowledge.interactions.take(chosen)
    weight = acts.weight.astype(float)
    if half_life_days:
        weight = weight * 0.5 ** ((knowledge.cutoff - acts.at) / (knowledge.day * half_life_days))
    return np.bincount(acts.products, weight, minlength=acts.product_count)
