"""The next order on Online Retail: sixty days ahead of three cut-offs, against one's own gap and everyone's.

At each cut-off the champion is chosen on windows before it and judged on the sixty days after it, in which all
people are watched alike: who didn't come counts as having waited the whole sixty.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ml.protocols.contract import Check, Findings, Protocol
from ml.protocols.lifetime_value_online_retail import CUTOFFS, DAYS, LAST_DAY, read_purchases


def evaluate(file: Path, advance: Callable[[float], None]) -> Findings:
    """Choose before, judge after, at each cut-off."""
    import numpy as np

    from ml.protocols._next_order import evaluate_window

    purchases = read_purchases(file)
    last = int(np.datetime64(LAST_DAY).astype("datetime64[D]").astype(np.int64))
    checks: list[Check] = []
    rows, refused, champions = [], [], {}
    for cutoff in [last - DAYS * (number + 1) for number in range(CUTOFFS)]:
        found = evaluate_window(purchases, cutoff, DAYS)
        champions[found.on] = found.champion
        checks += found.checks
        rows += found.rows
        refused += found.refused
        advance(1)
    figures = {
        "customers": len(purchases.customers),
        "purchase_days": len(purchases),
        "horizon_days": DAYS,
        "champions": champions,
    }
    return Findings(checks, figures, {"windows": rows, "refused": refused})


plugin = Protocol(
    "Online Retail: the next order within sixty days of three cut-offs",
    "online_retail/online_retail.parquet",
    CUTOFFS,
    evaluate,
)
