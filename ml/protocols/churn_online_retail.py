"""Churn on Online Retail: no order for thirty days, foretold at three cut-offs, against last value and the RFM rule."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ml.protocols._retail_windows import CUTOFFS, FILE, backtest, findings, terms_of
from ml.protocols.contract import Findings, Protocol


def evaluate(file: Path, advance: Callable[[float], None]) -> Findings:
    """Learn from the windows that were over at each cut-off, judge on the thirty days after it."""
    from ml.models.churn import plugin as churn

    return findings(*backtest(churn, terms_of(30, no_event="Order Completed"), file, advance))


plugin = Protocol("Online Retail: who stops ordering, at three cut-offs", FILE, CUTOFFS, evaluate)
