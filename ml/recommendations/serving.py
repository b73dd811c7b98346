"""Everybody's lists, and those beside each product, as rows of the lake."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from ml.contract import Lesson
from ml.recommendations.backtest import recommend, recommender_models
from ml.recommendations.bundle import RECOMMENDER, Bundle, over
from ml.recommendations.contract import Knowledge
from ml.recommendations.ranking import NOBODY, places_in
from ml.recommendations.reading import DAY, MICROSECOND, PAUSE, Shop, read_shop
from ml.recommendations.reserves import favourite_category
from ml.recommendations.sparse import Sparse
from ml.recommendations.tables import MARKS, PRODUCT_RECOMMENDATIONS
from ml.recommendations.windows import already_bought

if TYPE_CHECKING:
    import numpy as np

    from ml.recommendations.catalogue import Catalogue
    from ml.recommendations.ranking import Ranked
    from ml.recommendations.terms import RecommendationsPrediction

#: Digits kept of a score: what is below changes with the order of additions.
DIGITS = 6


#: The reason for a product that speaks for itself.
SEEN = "seen before and not bought"


@dataclass(frozen=True)
class Served:
    """People (p ids), of each the share of their list that rests on their own history, and the two tables' rows."""

    profiles: np.ndarray
    shares: np.ndarray
    recommendations: pa.Table
    product_recommendations: pa.Table


def serve(bundle: Bundle, lesson: Lesson) -> Served:
    """The lists as of the lesson, from everything known by then."""
    import numpy as np

    shop = read_shop(lesson.settings, lesson.run, lesson.as_of)
    terms: RecommendationsPrediction = lesson.terms
    known = shop.interactions.known_before(shop.cutoff)
    knowledge = Knowledge(known, shop.catalogue, shop.cutoff, PAUSE // MICROSECOND, DAY)
    barred = already_bought(known, shop.catalogue.of_categories(terms.consumable))
    offered = offered_products(shop.catalogue, terms)
    champion = over(bundle.champion, bundle.ids, shop.catalogue)
    ranked = recommend(champion, knowledge, barred, offered, length=terms.length, place=shop.place_codes())
    own = np.bincount(ranked.people[ranked.because != NOBODY], minlength=len(shop.people))
    lists = product_lists(bundle, shop.catalogue, offered, terms.length)
    return Served(shop.people, own / terms.length, _rows(ranked, shop, champion.kind, knowledge), lists)


def offered_products(catalogue: Catalogue, terms: RecommendationsPrediction) -> np.ndarray:
    """What may be shown (products, boolean): can be had, and is blocked neither itself nor by its category."""
    import numpy as np

    blocked = np.isin(np.asarray(catalogue.ids, str), list(terms.blocked.products))
    return catalogue.is_available & ~blocked & ~catalogue.of_categories(terms.blocked.categories)


def _rows(ranked: Ranked, shop: Shop, kind: str, knowledge: Knowledge) -> pa.Table:
    import numpy as np

    is_own = ranked.because != NOBODY
    ids = np.array([*shop.catalogue.ids, None], object)  # the last is what NOBODY leads to
    return pa.table(
        {
            "profile_id": pa.array(shop.people[ranked.people], pa.string()),
            "rank": pa.array(ranked.rank, pa.int64()),
            "product_id": pa.array(ids[ranked.products], pa.string()),
            "score": pa.array(ranked.score.astype(float).round(DIGITS), pa.float64()),
            "kind": pa.array(np.where(is_own, kind, "popular"), pa.string()),
            "because_product_id": pa.array(ids[ranked.because], pa.string()),
            "reason": pa.array(_reasons(ranked, shop.catalogue, kind, knowledge), pa.string()),
        }
    )


def _reasons(ranked: Ranked, catalogue: Catalogue, kind: str, knowledge: Knowledge) -> np.ndarray:
    """In words: the product of theirs that spoke for it, itself if need be; else the category in which it is popular."""
    import numpy as np

    words = recommender_models()[kind].words
    of_product = np.array([*(words.format(product=name) for name in catalogue.names), "popular now"], object)
    of_category = np.array([*(f"popular in {name}" for name in catalogue.categories), "popular now"], object)
    liked = favourite_category(catalogue, knowledge.steps.by_person())[ranked.people]
    found = of_product[ranked.because]
    found[ranked.because == ranked.products] = SEEN
    is_of_it = (ranked.because == NOBODY) & (catalogue.category[ranked.products] == liked)
    found[is_of_it] = of_category[liked[is_of_it]]
    return found


def product_lists(bundle: Bundle, catalogue: Catalogue, offered: np.ndarray, length: int) -> pa.Table:
    """What stands beside each product: the strongest links of each list, of what may be shown."""
    names = [name for name in PRODUCT_RECOMMENDATIONS.schema.names if name not in MARKS]
    empty = pa.schema([PRODUCT_RECOMMENDATIONS.schema.field(name) for name in names]).empty_table()
    parts = [
        _list(name, over(each, bundle.ids, catalogue).links, catalogue, offered, length)
        for name, each in sorted(bundle.recommenders.items())
        if name != RECOMMENDER
    ]
    return pa.concat_tables([empty, *parts])


def _list(name: str, links: Sparse, catalogue: Catalogue, offered: np.ndarray, length: int) -> pa.Table:
    import numpy as np

    found = links.tocoo()
    product, other = found.coords
    shown = offered[other] & (product != other) & (found.data > 0)
    product, other, score = product[shown], other[shown], found.data[shown].astype(float).round(DIGITS)
    order = np.lexsort((other, -score, product))
    product, other, score = product[order], other[order], score[order]
    rank = places_in(product) + 1
    kept = rank <= length
    ids = np.asarray(catalogue.ids, object)
    return pa.table(
        {
            "product_id": pa.array(ids[product[kept]], pa.string()),
            "kind": pa.repeat(name, int(kept.sum())),
            "rank": pa.array(rank[kept], pa.int64()),
            "recommended_product_id": pa.array(ids[other[kept]], pa.string()),
            "score": pa.array(score[kept], pa.float64()),
        }
    )
