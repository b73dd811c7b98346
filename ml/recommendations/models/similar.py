"""More of the same kind: what is popular among products like those a person was with. Knows new products too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.contract import NotTrainable
from ml.recommendations.contract import NEIGHBOURS, Knowledge, Recommender, RecommenderModel, Settings
from ml.recommendations.cooccurrence import strongest_neighbours
from ml.recommendations.popularity import popularity

if TYPE_CHECKING:
    import numpy as np


def learn(knowledge: Knowledge, settings: Settings) -> Recommender:
    """Links are the cosine of attributes times `n ** liked`, n being the popularity of the other product."""
    import numpy as np

    attributes = knowledge.catalogue.attributes
    if not attributes.nnz:
        raise NotTrainable("no product has a category or another attribute")
    taken = popularity(knowledge, settings["half_life_days"])
    liked = ((taken + 1) ** settings["liked"]).astype(np.float32)

    def weigh(first: int, rows: np.ndarray) -> np.ndarray:
        return rows * liked[None, :]

    across = attributes.T.tocsr()
    links = strongest_neighbours(across, across, weigh, NEIGHBOURS, settings["again"])
    return Recommender("similar", settings, links, settings["fade"])


plugin = RecommenderModel(
    meaning="what is popular among products of the same kind",
    words="like {product}",
    learn=learn,
    grid=tuple({"liked": liked, "half_life_days": 60.0, "again": 1.0, "fade": 0.5} for liked in (1.0, 0.5)),
)
