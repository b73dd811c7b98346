"""What is shown to those whose history says too little: popular in their category, else in their place, else at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.recommendations.popularity import popularity
from ml.recommendations.ranking import NOBODY, RESERVE
from ml.recommendations.sparse import Sparse

if TYPE_CHECKING:
    import numpy as np

    from ml.recommendations.catalogue import Catalogue
    from ml.recommendations.contract import Knowledge, Recommender


def reserves_of(
    recommender: Recommender, knowledge: Knowledge, offered: np.ndarray, history: Sparse,
    place: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Popular products of each group, in order, and of each person the row: groups are the categories, then the places
    (`place`: a code of everyone in the knowledge, −1 unknown; for those without a history), then all.

    Rows are 2 × RESERVE long: behind those of the group come those of all, NOBODY behind the last.
    """
    import numpy as np

    catalogue, days = knowledge.catalogue, recommender.half_life_days
    taken = popularity(knowledge, days)
    at_all = most_popular(taken, offered)
    if recommender.is_same_for_all:
        return _row([], at_all), np.zeros(history.shape[0], np.int64)
    rows = [
        most_popular(taken, offered & (catalogue.category == category))
        for category in range(len(catalogue.categories))
    ]
    group = favourite_category(catalogue, history)
    if place is not None:
        lived = place[knowledge.interactions.people]
        rows += [
            most_popular(popularity(knowledge, days, lived == code), offered)
            for code in range(place.max() + 1)
        ]
        group = np.where(group < 0, np.where(place >= 0, place + len(catalogue.categories), -1), group)
    return _row(rows, at_all), np.where(group < 0, len(rows), group)


def most_popular(taken: np.ndarray, offered: np.ndarray, count: int = RESERVE) -> np.ndarray:
    """The codes of the `count` most popular products that are offered, NOBODY behind the last of them."""
    import numpy as np

    found = np.full(count, NOBODY, np.int64)
    order = np.argsort(-taken, kind="stable")
    order = order[offered[order] & (taken[order] > 0)][:count]
    found[: len(order)] = order
    return found


def favourite_category(catalogue: Catalogue, history: Sparse) -> np.ndarray:
    """Of each person the category with most weight in their history; −1 where there is none."""
    import numpy as np
    from scipy.sparse import csr_array

    known = np.flatnonzero(catalogue.category >= 0)
    shape = (len(catalogue), len(catalogue.categories) + 1)
    belongs = csr_array((np.ones(len(known), np.float32), (known, catalogue.category[known])), shape=shape)
    weight = (history @ belongs).toarray()
    return np.where(weight.max(axis=1) > 0, weight.argmax(axis=1), -1)


def _row(groups: list[np.ndarray], at_all: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.array([np.concatenate([each, at_all]) for each in [*groups, np.full(RESERVE, NOBODY)]])
