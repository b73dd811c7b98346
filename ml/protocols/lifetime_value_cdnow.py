"""Lifetime value on the CDNOW sample: 2,357 customers of early 1997, their 39 weeks after 30 September foreseen.

The definitions are those of P. S. Fader, B. G. S. Hardie, K. L. Lee (2005): purchases of a day are one, weeks
are days ÷ 7, time is known until 30 September 1997. The published parameters and log-likelihoods are theirs,
those of Gamma-Gamma of note 025. The champion is chosen on windows before that day.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ml.protocols.contract import Check, Findings, Protocol, at_most, within

if TYPE_CHECKING:
    from ml.lifetime.backtest import Judgement
    from ml.lifetime.contract import FittedLifetime
    from ml.lifetime.purchases import History, Outcome, Purchases

HOLDOUT_DAYS, QUARTER = 39 * 7, 13 * 7
DRAWS = 400
PUBLISHED = {
    "bg_nbd": {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426},
    "pareto_nbd": {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.668},
}
PUBLISHED_LIKELIHOOD = {"bg_nbd": -9582.43, "pareto_nbd": -9594.97}
PUBLISHED_AMOUNTS = {"p": 6.249, "q": 3.745, "gamma": 15.448}


def read_purchases(file: Path) -> Purchases:
    """The sample's rows (two ids, yyyymmdd, CDs, dollars) as purchase days since 1970."""
    import numpy as np
    import pandas as pd

    from ml.lifetime.purchases import purchases_of

    names = ["master", "customer", "on", "count", "amount"]
    rows = pd.read_csv(file, sep=r"\s+", header=None, names=names)
    on = pd.to_datetime(rows["on"].astype(str), format="%Y%m%d").to_numpy()
    days = on.astype("datetime64[D]").astype(np.int64)
    return purchases_of(rows["customer"].to_numpy(), days, rows["amount"].to_numpy())


def evaluate(file: Path, advance: Callable[[float], None]) -> Findings:
    """Fit, foresee, choose."""
    import numpy as np

    from ml.lifetime.backtest import choose_champion, judge_all
    from ml.lifetime.contract import Terms
    from ml.lifetime.purchases import known_before, outcome_after

    purchases = read_purchases(file)
    cutoff = int(np.datetime64("1997-10-01").astype("datetime64[D]").astype(np.int64))
    terms, history = Terms(HOLDOUT_DAYS, draws=DRAWS), known_before(purchases, cutoff)
    judged, fitted, refused = judge_all(purchases, cutoff, terms)
    advance(1)
    choice = choose_champion(history, terms)
    advance(1)
    outcome = outcome_after(purchases, history, HOLDOUT_DAYS)
    figures = {
        "customers": len(history),
        "repeat_purchases": int(history.summary.repeats.sum()),
        "holdout_purchases": int(outcome.purchases.sum()),
        "champion": choice.champion,
        "champion_chosen_on_days": choice.days,
        "correlation_of_frequency_and_spend": _correlation(history),
        **_totals(judged[choice.champion], history, outcome),
    }
    tables = {
        "parameters": _parameters(fitted),
        "holdout": [_row(name, each) for name, each in judged.items()],
        "earlier_windows": _earlier(history, choice.champion),
        "choice": [{"model": name, "value_error": error} for name, error in choice.errors.items()],
        "refused": [
            {"model": name, "reason": reason} for name, reason in {**refused, **choice.refused}.items()
        ],
    }
    covered = judged[choice.champion].coverage or 0.0
    checks = [
        *_published(fitted),
        *_champion_checks(judged, choice.champion),
        Check(
            "values in the champion's intervals", covered, "at least 77%, 80% being meant", covered >= 0.77
        ),
    ]
    return Findings(checks, figures, tables)


def _published(fitted: dict[str, FittedLifetime]) -> list[Check]:
    checks = []
    for model, published in PUBLISHED.items():
        told = fitted[model].told()
        checks += [
            within(f"{model} {name}", told[name], value, share=0.01) for name, value in published.items()
        ]
        likelihood = PUBLISHED_LIKELIHOOD[model]
        checks.append(within(f"{model} log-likelihood", told["log_likelihood"], likelihood, distance=0.05))
    amounts = fitted["bg_nbd"].told()
    return checks + [
        within(f"gamma_gamma {name}", amounts[name], value, share=0.01)
        for name, value in PUBLISHED_AMOUNTS.items()
    ]


def _champion_checks(judged: dict[str, Judgement], champion: str) -> list[Check]:
    found, usual = judged[champion], judged["bg_nbd"]
    assert usual.purchases is not None
    checks = []
    if found.purchases is not None:
        checks = [
            at_most(
                "champion's purchases error", found.purchases.absolute, usual.purchases.absolute, "BG/NBD"
            ),
            at_most(
                "champion's purchases RMSE",
                found.purchases.root_square,
                usual.purchases.root_square,
                "BG/NBD",
            ),
        ]
    return [*checks, at_most("champion's value error", found.value.absolute, usual.value.absolute, "BG/NBD")]


def _totals(champion: Judgement, history: History, outcome: Outcome) -> dict[str, float | None]:
    """The error of the champion's total over the 39 weeks, and over all 78 with the first 39 as they were."""
    if champion.purchases is None:
        return {"total_error_39_weeks": None, "total_error_78_weeks": None}
    error, came = champion.purchases.of_total, outcome.purchases.sum()
    both = came + history.summary.repeats.sum()
    return {"total_error_39_weeks": error, "total_error_78_weeks": float(error * came / both)}


def _earlier(history: History, champion: str) -> list[dict[str, float | str]]:
    """What was known of the total's error before the cut-off: quarters foreseen by the champion, each from what lay
    before it. Their signs differ, so there is no level to learn from them."""
    import numpy as np

    from ml.lifetime.backtest import judge, lifetime_models
    from ml.lifetime.contract import Terms
    from ml.lifetime.purchases import outcome_after

    rows: list[dict[str, float | str]] = []
    for cutoff in [history.cutoff - QUARTER * (number + 1) for number in range(2)]:
        past = history.at(cutoff)
        foreseen = lifetime_models()[champion].fit(past, Terms(QUARTER)).forecast(past)
        error = judge(foreseen, outcome_after(history.purchases, past, QUARTER)).purchases
        if error:
            rows.append({"cutoff_on": str(np.datetime64(cutoff, "D")), "total_error": error.of_total})
    return rows


def _parameters(fitted: dict[str, FittedLifetime]) -> list[dict[str, float | str]]:
    rows = []
    for model, given in fitted.items():
        told = given.told()
        names = [name for name in told if f"{name}_standard_error" in told]
        rows += [
            {
                "model": model,
                "name": name,
                "value": told[name],
                "standard_error": told[f"{name}_standard_error"],
            }
            for name in names
        ]
    return rows


def _row(name: str, judged: Judgement) -> dict[str, float | str | None]:
    counted = judged.purchases
    return {
        "model": name,
        "purchases_error": counted.absolute if counted else None,
        "purchases_rmse": counted.root_square if counted else None,
        "purchases_total_error": counted.of_total if counted else None,
        "value_error": judged.value.absolute,
        "value_rmse": judged.value.root_square,
        "value_total_error": judged.value.of_total,
        "rank_correlation": judged.rank,
        "top_tenth_share": judged.top_share,
        "interval_coverage": judged.coverage,
    }


def _correlation(history: History) -> float:
    """Gamma-Gamma supposes that how often says nothing of how much (the note's customers: 0.11)."""
    import numpy as np

    given = history.summary
    again = given.repeats > 0
    return float(np.corrcoef(given.repeats[again], given.spend[again])[0, 1])


plugin = Protocol(
    "CDNOW sample: published parameters, and the 39 weeks after them",
    "cdnow/CDNOW_sample.txt.gz",
    2,
    evaluate,
)
