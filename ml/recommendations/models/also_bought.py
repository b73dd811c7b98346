"""Who bought this also bought: products that the same people bought."""

from __future__ import annotations

from ml.contract import NotTrainable
from ml.recommendations.contract import NEIGHBOURS, Knowledge, Recommender, RecommenderModel, Settings
from ml.recommendations.interactions import ownership
from ml.recommendations.neighbours import cosine_neighbours


def learn(knowledge: Knowledge, settings: Settings) -> Recommender:
    """Each person counts once for a pair, however often they bought either."""
    bought = knowledge.interactions.purchases()
    if not len(bought):
        raise NotTrainable("nothing was bought before the cut-off")
    links = cosine_neighbours(ownership(bought), settings, NEIGHBOURS)
    return Recommender("also_bought", settings, links, settings["fade"])


plugin = RecommenderModel(
    meaning="what the same people bought",
    words="often bought together with {product}",
    learn=learn,
    grid=({"shrinkage": 20.0, "lift": 0.5, "fade": 0.5},),
)
