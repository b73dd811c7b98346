"""Lifetime value on Online Retail: sixty days ahead of three cut-offs, against last value and the RFM rule.

At each cut-off the champion is chosen on windows before it and judged on the sixty days after it. Orders without
a customer are left out; what a customer returns on the day of buying is netted, later returns are not.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ml.protocols.contract import Check, Findings, Protocol, at_most

if TYPE_CHECKING:
    from ml.lifetime.backtest import Judgement
    from ml.lifetime.purchases import Purchases

DAYS = 60
LAST_DAY = "2011-12-10"
CUTOFFS = 3
SLACK = 0.03


def read_purchases(file: Path) -> Purchases:
    """Invoice lines with a customer as purchase days since 1970, in pounds."""
    import numpy as np
    import pandas as pd

    from ml.lifetime.purchases import purchases_of

    columns = ["CustomerID", "InvoiceDate", "Quantity", "UnitPrice"]
    rows = pd.read_parquet(file, columns=columns).dropna(subset=["CustomerID"])
    days = rows["InvoiceDate"].to_numpy().astype("datetime64[D]").astype(np.int64)
    amounts = rows["Quantity"].to_numpy() * rows["UnitPrice"].to_numpy()
    return purchases_of(rows["CustomerID"].to_numpy().astype(np.int64), days, amounts)


def evaluate(file: Path, advance: Callable[[float], None]) -> Findings:
    """Choose before, judge after, at each cut-off."""
    import numpy as np

    from ml.lifetime.backtest import choose_champion, judge_all
    from ml.lifetime.contract import Terms
    from ml.lifetime.purchases import known_before

    purchases, terms = read_purchases(file), Terms(DAYS, draws=200)
    last = int(np.datetime64(LAST_DAY).astype("datetime64[D]").astype(np.int64))
    checks: list[Check] = []
    rows, refusals, champions = [], [], {}
    for cutoff in [last - DAYS * (number + 1) for number in range(CUTOFFS)]:
        on = str(np.datetime64(cutoff, "D"))
        judged, _, refused = judge_all(purchases, cutoff, terms)
        champions[on] = choose_champion(known_before(purchases, cutoff), terms).champion
        checks += _better_than_rules(on, judged, champions[on])
        rows += [{"cutoff_on": on, **_row(name, each)} for name, each in judged.items()]
        refusals += [{"cutoff_on": on, "model": name, "reason": why} for name, why in refused.items()]
        advance(1)
    figures = {
        "customers": len(purchases.customers),
        "purchase_days": len(purchases),
        "days_returned_whole": purchases.set_aside,
        "horizon_days": DAYS,
        "champions": champions,
    }
    return Findings(checks, figures, {"windows": rows, "refused": refusals})


def _better_than_rules(on: str, judged: dict[str, Judgement], champion: str) -> list[Check]:
    from ml.lifetime.backtest import lifetime_models

    found = judged[champion].value
    checks = []
    for name, model in lifetime_models().items():
        if model.is_baseline and name in judged:
            rule = judged[name].value
            checks.append(at_most(f"{on} {champion}'s error", found.absolute, rule.absolute, name))
            checks.append(at_most(f"{on} {champion}'s RMSE", found.root_square, rule.root_square, name))
    return [*checks, *_interval_check(on, champion, judged[champion].coverage)]


def _interval_check(on: str, champion: str, covered: float | None) -> list[Check]:
    """Intervals that begin at nothing hold more than they promise; a few points less is the window's chance."""
    from ml.lifetime.contract import COVERAGE

    if covered is None:
        return []
    least = COVERAGE - SLACK
    told = f"at least {least:.0%}, {COVERAGE:.0%} being meant"
    return [Check(f"{on} values in {champion}'s intervals", covered, told, covered >= least)]


def _row(name: str, judged: Judgement) -> dict[str, float | str | None]:
    return {
        "model": name,
        "customers": judged.customers,
        "value_error": judged.value.absolute,
        "value_rmse": judged.value.root_square,
        "value_total_error": judged.value.of_total,
        "rank_correlation": judged.rank,
        "top_tenth_share": judged.top_share,
        "interval_coverage": judged.coverage,
        "purchases_error": judged.purchases.absolute if judged.purchases else None,
        "any_calibration_error": judged.any_calibration_error,
        "any_calibration_noise": judged.any_calibration_noise,
    }


plugin = Protocol(
    "Online Retail: sixty days ahead of three cut-offs",
    "online_retail/online_retail.parquet",
    CUTOFFS,
    evaluate,
)
