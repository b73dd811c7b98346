"""What most people took lately: an act loses half its weight in `half_life_days`. The rule to beat."""

from __future__ import annotations

from ml.recommendations.contract import Knowledge, Recommender, RecommenderModel, Settings


def learn(knowledge: Knowledge, settings: Settings) -> Recommender:
    """Nothing leads from one product to another; what is popular fills all places."""
    import numpy as np
    from scipy.sparse import csr_array

    products = knowledge.interactions.product_count
    nothing = csr_array((products, products), dtype=np.float32)
    days = settings["half_life_days"]
    return Recommender("popular", settings, nothing, 0.0, half_life_days=days, is_same_for_all=True)


plugin = RecommenderModel(
    meaning="what most people took lately",
    words="popular now",
    learn=learn,
    grid=tuple({"half_life_days": days} for days in (0.0, 60.0, 14.0)),
    is_baseline=True,
)
