"""Item-based neighbours over all acts: what people with a history like this one's took.

The cosine of two products over people, each act by its weight (Sarwar and others 2001, with the shrinkage of Koren
2008). Fast, and hard to beat where people come back seldom.
"""

from __future__ import annotations

from ml.contract import NotTrainable
from ml.recommendations.contract import NEIGHBOURS, Knowledge, Recommender, RecommenderModel, Settings
from ml.recommendations.interactions import heaviest_acts
from ml.recommendations.neighbours import cosine_neighbours


def learn(knowledge: Knowledge, settings: Settings) -> Recommender:
    """Of each person and product the weightiest act counts."""
    if not len(knowledge.interactions):
        raise NotTrainable("nothing was viewed or bought before the cut-off")
    links = cosine_neighbours(heaviest_acts(knowledge.interactions), settings, NEIGHBOURS)
    return Recommender("personal", settings, links, settings["fade"])


plugin = RecommenderModel(
    meaning="what people with a like history took",
    words="goes with {product}",
    learn=learn,
    grid=tuple({"shrinkage": 10.0, "lift": lift, "fade": 0.5} for lift in (0.5, 0.3)),
)
