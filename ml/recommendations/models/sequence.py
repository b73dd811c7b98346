"""What comes next: which products follow which, in how many steps, and what they are.

Links are `(Bᵀ K B)ᵢⱼ / (nᵢ^damp nⱼ^level)`: B steps × products, K how near two steps of a person are (cooccurrence.py).
A linear sequential recommender in the family of session k-nearest-neighbours and SLIST (Choi and others 2021), without
their regression: on sequences of a handful of products counting does as well and takes a second. Products of a kind
are added by `attributes` times the cosine of what they are, so that new ones have neighbours as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ml.contract import NotTrainable
from ml.recommendations.contract import NEIGHBOURS, Knowledge, Recommender, RecommenderModel, Settings
from ml.recommendations.cooccurrence import spread_over_steps, strongest_neighbours
from ml.recommendations.sparse import Sparse

if TYPE_CHECKING:
    import numpy as np

#: Steps that two products may lie apart.
REACH = 20

DEFAULT: Settings = {
    "within": 0.5, "back": 0.3, "gap_fade": 0.5, "damp": 0.5, "level": 0.1, "attributes": 0.03,
    "liked": 0.25, "again": 1.0, "fade": 1.0,
}  # fmt: skip


def learn(knowledge: Knowledge, settings: Settings) -> Recommender:
    """Raises NotTrainable where there is nothing to follow on."""
    if not len(knowledge.interactions):
        raise NotTrainable("nothing was viewed or bought before the cut-off")
    links = follow_ups(knowledge, settings)
    return Recommender("sequence", settings, links, settings["fade"])


def follow_ups(knowledge: Knowledge, settings: Settings) -> Sparse:
    """The links, products × products."""
    import numpy as np

    steps = knowledge.steps
    around = spread_over_steps(
        steps,
        within=settings["within"],
        fade=settings["gap_fade"],
        back=settings["back"],
        reach=REACH,
    )
    counts = np.asarray(steps.contents.sum(axis=0)).ravel()
    likeness = _likeness(knowledge.catalogue.attributes, counts, settings)
    left = ((counts + 1) ** -settings["damp"]).astype(np.float32)
    right = ((counts + 1) ** -settings["level"]).astype(np.float32)

    def weigh(first: int, rows: Any) -> np.ndarray:
        weighed = left[first : first + len(rows), None] * rows * right[None, :]
        return weighed + likeness(first, len(rows))

    return strongest_neighbours(steps.contents, around, weigh, NEIGHBOURS, settings["again"])


def _likeness(attributes: Sparse, counts: np.ndarray, settings: Settings) -> Any:
    """A block of rows of `attributes × cosine × n^liked`: of equally like products the liked one goes first."""
    import numpy as np

    others, liked = attributes.T.tocsr(), ((counts + 1) ** settings["liked"]).astype(np.float32)

    def block(first: int, count: int) -> np.ndarray:
        cosine = (attributes[first : first + count] @ others).toarray()
        return np.float32(settings["attributes"]) * cosine * liked[None, :]

    return block


plugin = RecommenderModel(
    meaning="what follows, and is like, what a person did last",
    words="often follows {product}",
    learn=learn,
    grid=({**DEFAULT, "attributes": 0.1}, {**DEFAULT, "attributes": 0.1, "fade": 0.5}, DEFAULT),
)
