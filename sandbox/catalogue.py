"""What the shop sells: invented goods with prices, some sought after, most not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sandbox.chance import generator

CURRENCY = "EUR"
SHOP_URL = "https://shop.example"
PER_CATEGORY = 40

#: Category, its nouns, and the middle price.
SHELVES = (
    ("Coffee", ("Roast", "Grinder", "Kettle", "Filter", "Mug"), 18.0),
    ("Garden", ("Trowel", "Planter", "Seed Box", "Lantern", "Hose"), 24.0),
    ("Kitchen", ("Pan", "Knife", "Board", "Bowl", "Jar"), 32.0),
    ("Running", ("Shoe", "Vest", "Sock", "Bottle", "Belt"), 58.0),
    ("Books", ("Novel", "Atlas", "Cookbook", "Reader", "Diary"), 14.0),
    ("Toys", ("Train", "Puzzle", "Kite", "Robot", "Blocks"), 22.0),
    ("Home", ("Lamp", "Blanket", "Cushion", "Clock", "Rug"), 46.0),
    ("Audio", ("Headphone", "Speaker", "Radio", "Cable", "Turntable"), 84.0),
)
ADJECTIVES = ("Amber", "Birch", "Calm", "Dapper", "Ember", "Fern", "Gentle", "Harbour")


@dataclass(frozen=True)
class Catalogue:
    """Products in order of category. `edges[c]` are cumulative shares of demand inside category c."""

    products: tuple[dict[str, Any], ...]
    prices: np.ndarray
    edges: np.ndarray

    @property
    def category_count(self) -> int:
        return len(SHELVES)

    def choose(self, category: np.ndarray, uniform: np.ndarray) -> np.ndarray:
        """A product of each given category, drawn by demand."""
        rank = (self.edges[category] <= uniform[:, None]).sum(axis=1)
        return category * PER_CATEGORY + np.minimum(rank, PER_CATEGORY - 1)


def make_catalogue(seed: int) -> Catalogue:
    """The same shelves for the same seed."""
    chance = generator(seed, "catalogue")
    count = len(SHELVES)
    spread = np.exp(chance.normal(0.0, 0.5, (count, PER_CATEGORY)))
    prices = np.round(np.array([price for *_, price in SHELVES])[:, None] * spread) - 0.05
    demand = 1.0 / np.arange(1, PER_CATEGORY + 1) ** 0.8
    edges = np.stack([np.cumsum(chance.permutation(demand)) / demand.sum() for _ in range(count)])
    flat = np.maximum(prices, 1.95).ravel()
    products = tuple(_product(index, float(round(price, 2))) for index, price in enumerate(flat))
    return Catalogue(products, np.array([product["price"] for product in products]), edges)


def _product(index: int, price: float) -> dict[str, Any]:
    category, nouns, _middle = SHELVES[index // PER_CATEGORY]
    place = index % PER_CATEGORY
    name = f"{ADJECTIVES[place // len(nouns)]} {nouns[place % len(nouns)]}"
    slug = name.lower().replace(" ", "-")
    return {
        "product_id": f"p{index:04d}",
        "sku": f"{category[:3].upper()}-{place:03d}",
        "name": name,
        "category": category,
        "price": price,
        "currency": CURRENCY,
        "url": f"{SHOP_URL}/{category.lower()}/{slug}",
        "image_url": f"{SHOP_URL}/img/{category.lower()}-{slug}.jpg",
    }
