"""Beauty sequences: the next product of each person, among all products (full ranking, leave-last-out).

Ways and settings are chosen by the product before the last, learned without it; then all but the last is learned
from and the last is asked for, once. What a person had is not recommended. Research data: nothing of it is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml.protocols.contract import Check, Findings, Protocol

if TYPE_CHECKING:
    from ml.recommendations.backtest import Trial, Window
    from ml.recommendations.catalogue import Catalogue
    from ml.recommendations.contract import RecommenderModel

WANTED = {"hit_at_10": 0.070, "ndcg_at_10": 0.043}
#: Published on the same file and protocol (full ranking): hit rate and gain at 10.
PUBLISHED = {
    "popular (S3-Rec's table)": (0.0152, 0.0068),
    "GRU4Rec": (0.0283, 0.0137),
    "SASRec": (0.0605, 0.0318),
    "S3-Rec": (0.0647, 0.0327),
    "cosine of the last item": (0.0661, 0.0429),
}


def ways() -> dict[str, RecommenderModel]:
    """The ways to recommend; the sequence-aware one with a wider choice than a shop needs every week."""
    from dataclasses import replace

    from ml.recommendations.backtest import recommender_models
    from ml.recommendations.models.sequence import DEFAULT

    found = recommender_models()
    grid = [
        {**DEFAULT, "attributes": attributes, "level": level}
        for attributes in (0.0, 0.03, 0.1)
        for level in (0.1, 0.3)
    ]
    return {**found, "sequence": replace(found["sequence"], grid=grid)}


def read_sequences(file: Path) -> list[Any]:
    """Each person's products, in order, as codes from 0."""
    import gzip

    import numpy as np

    with gzip.open(file, "rt", encoding="ascii") as lines:
        return [np.array([int(each) - 1 for each in line.split()[1:]], np.int32) for line in lines]


def read_catalogue(file: Path, products: int) -> Catalogue:
    """The products with their attributes."""
    import gzip

    import numpy as np
    import orjson
    from scipy.sparse import csr_array

    from ml.recommendations.catalogue import catalogue_of

    with gzip.open(file, "rb") as content:
        known = orjson.loads(content.read())
    pairs = np.array([(int(item) - 1, each) for item, found in known.items() for each in found])
    ones = np.ones(len(pairs), np.float32)
    attributes = csr_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(products, pairs[:, 1].max() + 1))
    return catalogue_of(np.arange(products).astype(str), attributes=attributes)


def window_of(sequences: list[Any], catalogue: Catalogue, left_out: int) -> Window:
    """All but the `left_out` last products known, the first of those the answer."""
    import numpy as np
    from scipy.sparse import csr_array

    from ml.recommendations.backtest import Window
    from ml.recommendations.contract import Knowledge
    from ml.recommendations.interactions import interactions_of, ownership

    people, products = len(sequences), len(catalogue)
    known = [each[:-left_out] for each in sequences]
    sizes = [len(each) for each in known]
    acts = interactions_of(
        np.repeat(np.arange(people), sizes),
        np.concatenate(known),
        np.concatenate([np.arange(size) for size in sizes]),
        person_count=people,
        product_count=products,
    )
    answers = np.array([each[-left_out] for each in sequences])
    asked = csr_array((np.ones(people), (np.arange(people), answers)), shape=(people, products))
    return Window(Knowledge(acts, catalogue, max(sizes)), asked, ownership(acts), np.ones(products, bool))


def evaluate(file: Path, advance: Callable[[float], None]) -> Findings:
    """Choose on the product before the last, judge on the last."""
    from ml.recommendations.backtest import best_of, judge, try_all

    sequences = read_sequences(file)
    products = int(max(each.max() for each in sequences)) + 1
    catalogue = read_catalogue(file.with_name("Beauty_item2attributes.json.gz"), products)
    models = ways()
    trials, refused = try_all(models, window_of(sequences, catalogue, 2), advance)
    chosen, window = best_of(trials), window_of(sequences, catalogue, 1)
    tested = {}
    for name in {trial.name for trial in trials}:
        own = best_of([trial for trial in trials if trial.name == name])
        tested[name] = judge(models[name].learn(window.knowledge, own.settings), window)
    advance(1)
    found = tested[chosen.name].metrics()
    checks = [
        Check(name, found[name], f"at least {least}", found[name] >= least) for name, least in WANTED.items()
    ]
    figures = {
        "people": len(sequences),
        "products": products,
        "champion": chosen.name,
        "settings": dict(chosen.settings),
        **found,
    }
    tables = {
        "test": [{"way": name, **tested[name].metrics()} for name in models if name in tested],
        "published": [
            {"way": name, "hit_at_10": hit, "ndcg_at_10": ndcg} for name, (hit, ndcg) in PUBLISHED.items()
        ],
        "validation": [_row(trial) for trial in trials],
        "refused": [{"way": name, "reason": why} for name, why in refused.items()],
    }
    return Findings(checks, figures, tables)


def _row(trial: Trial) -> dict[str, Any]:
    told = ", ".join(f"{name} {value:g}" for name, value in trial.settings.items())
    return {"way": trial.name, **trial.quality.metrics(), "settings": told}


plugin = Protocol(
    "Beauty sequences: the next product, among all", "amazon_sequences/Beauty.txt.gz", 8, evaluate
)
