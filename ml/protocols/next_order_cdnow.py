"""The next order on the CDNOW sample: ninety days ahead of 1 July and 1 October 1997, and of 1 January 1998.

Purchases until each cut-off are known; the champion is chosen on windows before it. The customers all came in the
first quarter of 1997, so gaps are few and most people never come back: what there is to be right about is for
whom nothing will come.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ml.protocols.contract import Check, Findings, Protocol
from ml.protocols.lifetime_value_cdnow import read_purchases

DAYS = 90
CUTOFFS = ("1997-07-01", "1997-10-01", "1998-01-01")


def evaluate(file: Path, advance: Callable[[float], None]) -> Findings:
    """Choose before, judge after, at each cut-off."""
    import numpy as np

    from ml.protocols._next_order import evaluate_window

    purchases = read_purchases(file)
    checks: list[Check] = []
    rows, refused, champions = [], [], {}
    for on in CUTOFFS:
        cutoff = int(np.datetime64(on).astype("datetime64[D]").astype(np.int64))
        found = evaluate_window(purchases, cutoff, DAYS)
        champions[on] = found.champion
        checks += found.checks
        rows += found.rows
        refused += found.refused
        advance(1)
    figures = {"customers": len(purchases.customers), "horizon_days": DAYS, "champions": champions}
    return Findings(checks, figures, {"windows": rows, "refused": refused})


plugin = Protocol(
    "CDNOW sample: the next order within ninety days of three cut-offs",
    "cdnow/CDNOW_sample.txt.gz",
    len(CUTOFFS),
    evaluate,
)
