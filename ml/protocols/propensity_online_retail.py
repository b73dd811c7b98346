"""Propensity on Online Retail: an order within 7 and within 30 days, foretold at three cut-offs each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ml.protocols._retail_windows import CUTOFFS, FILE, backtest, findings, terms_of
from ml.protocols.contract import Findings, Protocol

HORIZONS = (7, 30)


def evaluate(file: Path, advance: Callable[[float], None]) -> Findings:
    """Learn from the windows that were over at each cut-off, judge on the days after it."""
    from ml.models.propensity import plugin as propensity

    checks, rows = [], []
    for days in HORIZONS:
        more = backtest(propensity, terms_of(days, event="Order Completed"), file, advance)
        checks += more[0]
        rows += more[1]
    return findings(checks, rows)


plugin = Protocol("Online Retail: who orders soon", FILE, CUTOFFS * len(HORIZONS), evaluate)
