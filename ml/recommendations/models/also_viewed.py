"""Who looked at this also looked at: products of the same visits."""

from __future__ import annotations

from ml.contract import NotTrainable
from ml.recommendations.contract import NEIGHBOURS, Knowledge, Recommender, RecommenderModel, Settings
from ml.recommendations.interactions import steps_of
from ml.recommendations.neighbours import cosine_neighbours


def learn(knowledge: Knowledge, settings: Settings) -> Recommender:
    """A visit counts once for a pair of products, whatever else it held."""
    views = knowledge.interactions.views()
    if not len(views):
        raise NotTrainable("nothing was viewed before the cut-off")
    visits = steps_of(views, knowledge.pause).contents
    visits.data[:] = 1
    links = cosine_neighbours(visits, settings, NEIGHBOURS)
    return Recommender("also_viewed", settings, links, settings["fade"])


plugin = RecommenderModel(
    meaning="what the same visits looked at",
    words="often viewed together with {product}",
    learn=learn,
    grid=({"shrinkage": 20.0, "lift": 0.5, "fade": 0.5},),
)
