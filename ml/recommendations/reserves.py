"""What is shown to those whose history says too little: popular in their category, else in their place, else at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.recommendations.popularity import popularity, popularity_by_place
from ml.recommendations.ranking import NOBODY, RESERVE
from ml.recommendations.sparse import Sparse

if TYPE_CHECKING:
    import numpy as np

    from ml.recommendations.catalogue import Catalogue
    from ml.recommendations.contract import Knowledge, Recommender


def reserves_of(
    recommender: Recommender,
    knowledge: Knowledge,
    offered: np.ndarray,
    place: np.ndarray,
    history: Sparse,
    own_place: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Popular products of each group, in order, and of each person asked (a row of `history`) the group.

    Groups are the categories, then the places, then all; a place counts for those without a history. `place` is of
    everyone in the knowledge, `own_place` of those asked, −1 unknown. Rows are 2 × RESERVE long: behind those of the
    group come those of all, NOBODY behind the last.
    """
    import numpy as np

    catalogue, days = knowledge.catalogue, recommender.half_life_days
    taken = popularity(knowledge, days)
    at_all = most_popular(taken, offered)
    if recommender.is_same_for_all:
        return _rows([], at_all), np.zeros(history.shape[0], np.int64)
    categories = [
        most_popular(taken, offered & (catalogue.category == code))
        for code in range(len(catalogue.categories))
    ]
    places = [most_popular(each, offered) for each in popularity_by_place(knowledge, days, place)]
    liked = favourite_category(catalogue, history)
    of_place = np.where(own_place >= 0, own_place + len(categories), len(categories) + len(places))
    return _rows([*categories, *places], at_all), np.where(liked >= 0, liked, of_place)


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


def _rows(groups: list[np.ndarray], at_all: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.array([np.concatenate([each, at_all]) for each in [*groups, np.full(RESERVE, NOBODY)]])
