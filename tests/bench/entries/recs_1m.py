"""`recs_1m`: recommendations learned from a million people's 18 million acts on 20,000 products, against ALS.

People have three tastes of sixty, products belong to one and are sought after by a power law: a world of low rank, in
which a factorisation with 64 factors is at home. One act of each is held out; 20,000 people are asked for theirs.
`implicit` gets an environment of its own within the bench's folder.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.bench.frame import Entry
from tests.bench.packages import install_packages

PEOPLE, PRODUCTS, ACTS_EACH, TASTES, ASKED = 1_000_000, 20_000, 20.0, 60, 20_000
#: How much of a person's acts their first, second, third taste take; the rest is by chance.
SHARES = (0.45, 0.25, 0.15)
MOST_MB = 8_192
_SCRIPT = Path(__file__).parent.parent / "recs_plain.py"


def prepare(folder: Path) -> None:
    """The acts, and the package's environment."""
    lay_acts(folder, PEOPLE, PRODUCTS)
    install_packages(folder)


def lay_acts(folder: Path, people: int, products: int) -> None:
    """`acts.npz`: pairs of person and product, each once; the people asked and the product that each is asked for."""
    import numpy as np

    chance = np.random.default_rng(11)
    per_taste = products // TASTES
    acts = 2 + chance.geometric(1 / (ACTS_EACH - 1), people)
    tastes = chance.integers(0, TASTES, (people, len(SHARES) + 1))
    whose = np.repeat(np.arange(people, dtype=np.int64), acts)
    drawn = np.searchsorted(np.cumsum(SHARES), chance.random(len(whose)))
    taste = tastes[whose, drawn]
    taste = np.where(drawn == len(SHARES), chance.integers(0, TASTES, len(whose)), taste)
    demand = np.cumsum(1 / np.arange(1, per_taste + 1) ** 0.8)
    place = np.searchsorted(demand / demand[-1], chance.random(len(whose)))
    # In order of chance, so that the one held out is none in particular.
    order = chance.permutation(len(whose))
    pairs = (whose * products + taste * per_taste + np.minimum(place, per_taste - 1))[order]
    _, first = np.unique(pairs, return_index=True)
    pairs = pairs[np.sort(first)]
    whose = pairs // products
    _, held = np.unique(whose, return_index=True)
    known = np.ones(len(pairs), bool)
    known[held] = False
    asked = np.sort(chance.choice(people, min(ASKED, people), replace=False))
    np.savez(
        folder / "acts.npz",
        people=whose[known].astype(np.int32),
        products=(pairs[known] % products).astype(np.int32),
        asked=asked,
        answers=pairs[held][asked] % products,
        shape=np.array([people, products]),
    )


def load() -> None:
    """Imports are apart."""
    for module in ("scipy.sparse", "ml.recommendations.backtest", "ml.recommendations.models.personal"):
        import_module(module)


def ours(folder: Path) -> Mapping[str, Any]:
    """columns of acts to item-based neighbours (cosine with shrinkage), two threads; reading the file apart"""
    import numpy as np

    from ml.recommendations.catalogue import catalogue_of
    from ml.recommendations.contract import Knowledge
    from ml.recommendations.interactions import interactions_of
    from ml.recommendations.models import personal

    began = time.perf_counter()
    data = np.load(folder / "acts.npz")
    people, products = (int(each) for each in data["shape"])
    acts = interactions_of(
        data["people"],
        data["products"],
        np.zeros(len(data["people"]), np.int64),
        person_count=people,
        product_count=products,
    )
    knowledge = Knowledge(acts, catalogue_of(np.arange(products).astype(str)), 1)
    began_at = time.perf_counter()
    learned = personal.learn(knowledge, {"shrinkage": 10.0, "lift": 0.3, "fade": 0.0})
    fitted = time.perf_counter()
    hit = _hit(learned, knowledge, data["asked"], data["answers"])
    ended = time.perf_counter()
    apart = (began_at - began) + (ended - fitted)
    return {"acts": len(acts), "hit_at_10": hit, "apart_seconds": apart, "ranking_seconds": ended - fitted}


def _hit(learned: Any, knowledge: Any, asked: Any, answers: Any) -> float:
    import numpy as np

    from ml.recommendations.backtest import LENGTH
    from ml.recommendations.interactions import heaviest_acts
    from ml.recommendations.popularity import popularity
    from ml.recommendations.ranking import Request, rank_products
    from ml.recommendations.reserves import most_popular

    history = heaviest_acts(knowledge.interactions)[asked]
    offered = np.ones(knowledge.interactions.product_count, bool)
    reserves = most_popular(popularity(knowledge, 0.0), offered)[None, :]
    group = np.zeros(len(asked), np.int64)
    ranked = rank_products(learned, Request(history, history, offered, reserves, group, LENGTH))
    return float((ranked.lists(len(asked), LENGTH) == answers[:, None]).any(axis=1).mean())


def baseline(folder: Path) -> Mapping[str, Any]:
    """implicit's AlternatingLeastSquares.fit on the same acts: 64 factors, 10 iterations, 2 threads"""
    began = time.perf_counter()
    command = [folder / "venv" / "bin" / "python", _SCRIPT, folder]
    child = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    result = json.loads(child.stdout.splitlines()[-1])
    return {**result, "apart_seconds": time.perf_counter() - began - result["seconds"]}


def agree(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Equal or better lists."""
    return one["hit_at_10"] >= other["hit_at_10"]


def further(one: Mapping[str, Any], other: Mapping[str, Any]) -> Mapping[str, Any]:
    """How good both are."""
    return {
        "baseline_program": other["program"],
        "acts": one["acts"],
        "hit_at_10": round(one["hit_at_10"], 4),
        "baseline_hit_at_10": round(other["hit_at_10"], 4),
        "ranking_seconds": round(one["ranking_seconds"], 3),
        "people_asked": ASKED,
        "most_mb": MOST_MB,
    }


ENTRY = Entry(
    name="recs_1m",
    work=f"recommendations learned from the acts of {PEOPLE:,} people on {PRODUCTS:,} products",
    prepare=prepare,
    load=load,
    ours=ours,
    baseline=baseline,
    target=2,
    agree=agree,
    further=further,
)
