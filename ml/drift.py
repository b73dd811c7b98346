"""Drift: how far people and scores of today lie from those on whom the champion was judged.

The population stability index of two distributions is Σ (p − q) · ln(p / q) over bins, here tenths of the judged rows
and one more bin for unknown values. Read as usual (N. Siddiqi, Credit Risk Scorecards, 2006): below 0.1 stable, up to
0.25 to be watched, above it another population. It warns and stops nothing: whether the model is still right is for
the gate to say, at the next training.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ml.contract import Floats

WATCH, DRIFTED = 0.1, 0.25
BINS = 10

#: What `Fitted.metadata` calls the distributions of the latest window.
REFERENCE = "reference"

#: The name under which scores stand beside the features.
SCORE = "score"

#: A bin that holds nobody counts as holding so small a share: the index would be infinite.
SMALLEST = 1e-4


@dataclass(frozen=True)
class Drift:
    """One feature, or the scores: its index, over how many rows."""

    feature: str
    index: float
    rows: int

    @property
    def reading(self) -> str:
        """stable, watch or drifted."""
        return "stable" if self.index < WATCH else "watch" if self.index <= DRIFTED else "drifted"


def reference_of(inputs: Mapping[str, Floats], scores: Floats | None) -> dict[str, Any]:
    """The distributions of features and scores, as plain data for JSON."""
    known = dict(inputs) if scores is None else {**inputs, SCORE: scores}
    return {name: _distribution(values) for name, values in known.items() if len(values)}


def drift_from(reference: Mapping[str, Any], inputs: Mapping[str, Floats], scores: Floats) -> list[Drift]:
    """Each feature that both know, and the scores, the most drifted first."""
    present = {**inputs, SCORE: scores}
    found = [
        Drift(name, stability_index(told["shares"], shares_within(present[name], told["edges"])), len(scores))
        for name, told in reference.items()
        if name in present and len(present[name])
    ]
    return sorted(found, key=lambda each: (-each.index, each.feature))


def _distribution(values: Floats) -> dict[str, list[float]]:
    import numpy as np

    known = values[np.isfinite(values)]
    tenths = np.quantile(known, np.arange(1, BINS) / BINS) if len(known) else []
    edges = [float(each) for each in np.unique(tenths)]
    return {"edges": edges, "shares": shares_within(values, edges)}


def shares_within(values: Floats, edges: list[float]) -> list[float]:
    """The shares (len(edges) + 2) of values up to each edge, above the last, and unknown ones."""
    import numpy as np

    places = np.searchsorted(edges, values, side="left")
    places = np.where(np.isfinite(values), places, len(edges) + 1)
    return (np.bincount(places.astype(int), minlength=len(edges) + 2) / len(values)).tolist()


def stability_index(expected: list[float], found: list[float]) -> float:
    """The population stability index of two lists of shares."""
    import numpy as np

    p, q = np.clip(found, SMALLEST, None), np.clip(expected, SMALLEST, None)
    return float(((p - q) * np.log(p / q)).sum())
