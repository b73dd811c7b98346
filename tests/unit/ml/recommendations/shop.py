"""A small shop in which people follow their taste: what they take next can be foretold."""

from __future__ import annotations

import numpy as np

from ml.recommendations.backtest import Window
from ml.recommendations.catalogue import Catalogue, catalogue_of
from ml.recommendations.interactions import Interactions, interactions_of
from ml.recommendations.windows import window_between

PEOPLE, PRODUCTS, KINDS = 300, 40, 4
DAY, CUTOFF, UNTIL = 100, 6_000, 9_000


def acts_of_taste(seed: int = 5, people: int = PEOPLE, taste: float = 0.9) -> Interactions:
    """Everyone takes about a dozen products over ninety days, mostly of one kind; half of it is only looked at."""
    chance = np.random.default_rng(seed)
    liked = chance.integers(0, KINDS, people)
    whose = np.repeat(np.arange(people), chance.integers(6, 18, people))
    kind = np.where(chance.random(len(whose)) < taste, liked[whose], chance.integers(0, KINDS, len(whose)))
    per_kind = PRODUCTS // KINDS
    place = np.minimum(chance.geometric(0.2, len(whose)) - 1, per_kind - 1)
    is_purchase = chance.random(len(whose)) < 0.5
    return interactions_of(
        whose,
        kind * per_kind + place,
        chance.integers(0, UNTIL, len(whose)),
        weight=np.where(is_purchase, 1, 0.2),
        is_purchase=is_purchase,
        person_count=people,
        product_count=PRODUCTS,
    )


def shelves(is_available=None) -> Catalogue:
    """Ten products of each of four kinds."""
    kinds = np.repeat(["coffee", "garden", "audio", "books"], PRODUCTS // KINDS)
    return catalogue_of([f"p{n:02d}" for n in range(PRODUCTS)], category=kinds, is_available=is_available)


def window(acts: Interactions | None = None, **changed) -> Window:
    """What was known on the sixtieth day, and bought in the thirty days after."""
    given = {"pause": 5, "day": DAY, **changed}
    return window_between(acts_of_taste() if acts is None else acts, shelves(), CUTOFF, UNTIL, **given)
