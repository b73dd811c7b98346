"""Online Retail: what customers buy in the thirty days after three cut-offs, against what is popular.

At each cut-off the way to recommend is chosen on the thirty days before it and judged on those after it. Two
questions: which products new to them they take (what they bought is neither shown nor asked for), and which at all,
for a wholesaler's customers mostly come back for the same. Postage, fees and corrections are no products.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml.protocols.contract import Check, Findings, Protocol

if TYPE_CHECKING:
    from ml.recommendations.backtest import Window
    from ml.recommendations.catalogue import Catalogue
    from ml.recommendations.interactions import Interactions

HORIZON, CUTOFFS = 30, 3
LAST_DAY = "2011-12-10"
MINUTES_OF_DAY = 24 * 60
QUESTIONS = {"new products": False, "all products": True}


def read_acts(file: Path) -> tuple[Interactions, Catalogue]:
    """Lines of customers that were bought, with the minute of the invoice since 1970."""
    import numpy as np
    import pandas as pd

    from ml.recommendations.catalogue import catalogue_of
    from ml.recommendations.interactions import interactions_of

    columns = ["CustomerID", "InvoiceNo", "StockCode", "InvoiceDate", "Quantity", "UnitPrice"]
    rows = pd.read_parquet(file, columns=columns).dropna(subset=["CustomerID"])
    is_bought = (
        (rows["Quantity"] > 0) & (rows["UnitPrice"] > 0) & ~rows["InvoiceNo"].astype(str).str.startswith("C")
    )
    rows = rows[is_bought & rows["StockCode"].astype(str).str.match(r"\d{5}")]
    people, customers = pd.factorize(rows["CustomerID"], sort=True)
    products, codes = pd.factorize(rows["StockCode"].astype(str), sort=True)
    minutes = rows["InvoiceDate"].to_numpy().astype("datetime64[m]").astype(np.int64)
    acts = interactions_of(people, products, minutes, person_count=len(customers), product_count=len(codes))
    return acts, catalogue_of(np.asarray(codes, str))


def evaluate(file: Path, advance: Callable[[float], None]) -> Findings:
    """Choose before, judge after, at each cut-off and for each question."""
    import numpy as np

    acts, catalogue = read_acts(file)
    last = int(np.datetime64(LAST_DAY).astype("datetime64[m]").astype(np.int64))
    checks: list[Check] = []
    rows: list[Mapping[str, Any]] = []
    for number in range(CUTOFFS):
        cutoff = last - HORIZON * MINUTES_OF_DAY * (number + 1)
        for question, is_again in QUESTIONS.items():
            before = _window(acts, catalogue, cutoff - HORIZON * MINUTES_OF_DAY, is_again)
            after = _window(acts, catalogue, cutoff, is_again)
            found = _judge(before, after)
            on = f"{np.datetime64(cutoff, 'm').astype('datetime64[D]')} {question}"
            checks += _better_than_popular(on, found)
            rows += [{"window": on, "people": after.buyers, **each} for each in found]
        advance(1)
    figures = {
        "customers": acts.person_count,
        "products": acts.product_count,
        "lines": len(acts),
        "horizon_days": HORIZON,
    }
    return Findings(checks, figures, {"windows": rows})


def _window(acts: Interactions, catalogue: Catalogue, cutoff: int, is_again: bool) -> Window:
    import numpy as np

    from ml.recommendations.windows import window_between

    return window_between(
        acts,
        catalogue,
        cutoff,
        cutoff + HORIZON * MINUTES_OF_DAY,
        pause=MINUTES_OF_DAY // 2,
        day=MINUTES_OF_DAY,
        is_consumable=np.full(len(catalogue), is_again),
    )


def _judge(before: Window, after: Window) -> list[dict[str, Any]]:
    """Each way with the settings that were best before, on what came after; the one that was best before is marked."""
    from ml.recommendations.backtest import best_of, judge, recommender_models, try_all

    models = recommender_models()
    trials, _ = try_all(models, before)
    champion = best_of([trial for trial in trials if not models[trial.name].is_baseline]).name
    rows = []
    for name in dict.fromkeys(trial.name for trial in trials):
        own = best_of([trial for trial in trials if trial.name == name])
        quality = judge(models[name].learn(after.knowledge, own.settings), after)
        rows.append({"way": name, "is_champion": name == champion, **quality.metrics()})
    return rows


def _better_than_popular(on: str, rows: list[dict[str, Any]]) -> list[Check]:
    champion = next(each for each in rows if each["is_champion"])
    popular = next(each for each in rows if each["way"] == "popular")
    return [
        Check(
            f"{on}: {champion['way']}'s {metric}",
            champion[metric],
            f"more than {popular[metric]:.4f} (popular)",
            champion[metric] > popular[metric],
        )
        for metric in ("hit_at_10", "ndcg_at_10")
    ]


plugin = Protocol(
    "Online Retail: purchases of the thirty days after three cut-offs",
    "online_retail/online_retail.parquet",
    CUTOFFS,
    evaluate,
)
