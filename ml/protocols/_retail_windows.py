"""Online Retail as a table of features: what each customer had ordered by a cut-off, and whether an order followed.

Columns carry the names that the warehouse gives them. An invoice is an order; what is returned on invoices of their
own (numbers with a C) is refunded money of the time at which it was. Lines without a customer are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml.binary.recipe import Recipe
from ml.contract import Learned
from ml.features import FeatureTable
from ml.goals import BinaryPrediction
from ml.protocols.contract import Check, Findings

if TYPE_CHECKING:
    import pandas as pd

FILE = "online_retail/online_retail.parquet"
LAST = "2011-12-10"
STEP = 30
CUTOFFS = 3
SEED = 0
DAY = "timedelta64[s]"
CALIBRATION_ERROR_AT_MOST = 0.02


def terms_of(days: int, **goal: str) -> BinaryPrediction:
    """The terms of the demo's own predictions: customers who ordered within half a year."""
    return BinaryPrediction.model_validate(
        {
            "description": "Online Retail",
            "model": "propensity",
            "horizon": f"{days}d",
            "goal": goal,
            "population": {"order_count": {"at_least": 1}, "days_since_last_order": {"at_most": 180}},
        }
    )


def backtest(
    recipe: Recipe, terms: BinaryPrediction, file: Path, advance: Callable[[float], None]
) -> tuple[list[Check], list[dict[str, Any]]]:
    """Checks and a row of figures for each of three cut-offs, each learned from what was known by then."""
    import numpy as np

    from ml.binary.learning import learn_from
    from ml.metrics import judge_calibration

    orders = read_orders(file)
    days = terms.horizon.days
    last = np.datetime64(LAST) - np.timedelta64(days, "D")
    checks, rows = [], []
    for number in range(CUTOFFS):
        table = features_of(orders, last - np.timedelta64(STEP * number, "D"), terms)
        learned = learn_from(recipe, table, terms, SEED)
        calibration = learned.calibration
        assert calibration is not None
        reliability = judge_calibration(calibration)
        on = f"{learned.evidence.test_cutoff:%Y-%m-%d}"
        checks += _checks(f"{on}, {days} days", learned, reliability.error)
        rows.append(_row(on, days, learned, reliability.error, reliability.noise))
        advance(1)
    return checks, rows


def findings(checks: list[Check], rows: list[dict[str, Any]]) -> Findings:
    """Figures over all windows, and the windows."""
    means = {
        f"{name}_mean": sum(row[name] for row in rows) / len(rows)
        for name in ("auc", "log_loss", "out_of_fold_calibration_error", "calibration_error")
    }
    return Findings(checks, {"windows_tested": len(rows), **means}, {"windows": rows})


def read_orders(file: Path) -> pd.DataFrame:
    """One row per invoice: customer, its time, money, lines, and whether it takes back."""
    import pandas as pd

    columns = ["InvoiceNo", "CustomerID", "InvoiceDate", "Quantity", "UnitPrice"]
    lines = pd.read_parquet(file, columns=columns).dropna(subset=["CustomerID"])
    lines["amount"] = lines["Quantity"] * lines["UnitPrice"]
    grouped = lines.groupby(["CustomerID", "InvoiceNo"], sort=True)
    orders = grouped.agg(at=("InvoiceDate", "min"), amount=("amount", "sum"), lines=("amount", "size"))
    orders = orders.reset_index().rename(columns={"CustomerID": "customer"})
    orders["customer"] = orders["customer"].astype("int64").astype(str)
    orders["is_return"] = orders["InvoiceNo"].astype(str).str.startswith("C")
    return orders.sort_values(["customer", "at"], kind="stable").reset_index(drop=True)


def features_of(orders: pd.DataFrame, last: Any, terms: BinaryPrediction) -> FeatureTable:
    """All cut-offs, thirty days apart, from `last` back to the first orders: only `last` and before have answers."""
    import numpy as np
    import pandas as pd

    placed, returned = orders[~orders["is_return"]], orders[orders["is_return"]]
    cutoffs, first = [], orders["at"].min()
    while last > first:
        cutoffs.insert(0, last)
        last = last - np.timedelta64(STEP, "D")
    horizon = np.timedelta64(terms.horizon)
    found = []
    for cutoff in cutoffs:
        known = _known(placed, returned, cutoff)
        known = known[known["days_since_last_order"] <= terms.population["days_since_last_order"].at_most]
        for name, begin in (("ahead", cutoff), ("before", cutoff - horizon)):
            inside = placed[(placed["at"] >= begin) & (placed["at"] < begin + horizon)]
            happened = known.index.isin(inside["customer"])
            known[name] = (~happened if terms.goal.no_event else happened).astype(float)
        found.append(known.assign(cutoff_at=cutoff).reset_index())
    rows = pd.concat(found, ignore_index=True)
    columns = tuple(rows.columns.difference(["customer", "cutoff_at", "ahead", "before"], sort=False))
    return FeatureTable(
        rows["customer"].to_numpy(object),
        rows["cutoff_at"].to_numpy().astype("datetime64[us]"),
        columns,
        rows[list(columns)].to_numpy(float),
        rows["ahead"].to_numpy(float),
        rows["before"].to_numpy(float),
    )


def _known(placed: pd.DataFrame, returned: pd.DataFrame, cutoff: Any) -> pd.DataFrame:
    """One row per customer with an order before the cut-off."""
    import pandas as pd

    past = placed[placed["at"] < cutoff].copy()
    past["gap"] = past.groupby("customer")["at"].diff() / pd.Timedelta(days=1)
    grouped = past.groupby("customer")
    known = grouped.agg(
        order_count=("at", "size"),
        line_count=("lines", "sum"),
        order_amount=("amount", "sum"),
        average_order_amount=("amount", "mean"),
        mean_gap_days=("gap", "mean"),
        gap_deviation_days=("gap", "std"),
        longest_gap_days=("gap", "max"),
    )
    known["days_since_first_order"] = (cutoff - grouped["at"].min()) / pd.Timedelta(days=1)
    known["days_since_last_order"] = (cutoff - grouped["at"].max()) / pd.Timedelta(days=1)
    for days in (7, 30, 90):
        recent = past[past["at"] >= cutoff - pd.Timedelta(days=days)].groupby("customer")["amount"]
        known[f"order_count_{days}d"] = recent.size().reindex(known.index, fill_value=0)
        known[f"order_amount_{days}d"] = recent.sum().reindex(known.index, fill_value=0.0)
    back = returned[returned["at"] < cutoff].groupby("customer")["amount"]
    known["cancelled_order_count"] = back.size().reindex(known.index, fill_value=0)
    known["refunded_amount"] = -back.sum().reindex(known.index, fill_value=0.0)
    return known


def _checks(on: str, learned: Learned, error: float) -> list[Check]:
    mine = learned.metrics
    wanted = f"at most {CALIBRATION_ERROR_AT_MOST:g} in ten bins of equally many, out of fold"
    checks = [Check(f"{on}: calibration error", error, wanted, error <= CALIBRATION_ERROR_AT_MOST)]
    for name, theirs in learned.baselines.items():
        auc, loss = theirs["auc"], theirs["log_loss"]
        checks += [
            Check(f"{on}: AUC", mine["auc"], f"above {auc:.4f} ({name})", mine["auc"] > auc),
            Check(f"{on}: log loss", mine["log_loss"], f"below {loss:.4f} ({name})", mine["log_loss"] < loss),
        ]
    return checks


def _row(on: str, days: int, learned: Learned, error: float, noise: float) -> dict[str, Any]:
    baselines = {
        f"{name}_{metric}": figures[metric]
        for name, figures in learned.baselines.items()
        for metric in ("auc", "log_loss")
    }
    return {
        "cutoff_on": on,
        "horizon_days": days,
        "train_rows": learned.evidence.train_rows,
        "rows": learned.evidence.test_rows,
        **learned.metrics,
        **baselines,
        "out_of_fold_calibration_error": error,
        "out_of_fold_calibration_noise": noise,
        "candidate": learned.candidate,
    }
