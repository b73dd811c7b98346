"""The pictures that a training run keeps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ml.metrics import Bin

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def calibration_plot(title: str, model: Sequence[Bin], baseline: Sequence[Bin]) -> Figure:
    """Observed rates over mean scores, in bins of equally many people; the diagonal is perfect."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], linestyle="--", color="grey", label="perfect")
    for name, bins, marker in (("model", model, "o"), ("baseline", baseline, "x")):
        scores, rates = [each.mean_score for each in bins], [each.observed_rate for each in bins]
        axes.plot(scores, rates, marker=marker, label=name)
    axes.set(xlabel="mean score", ylabel="observed rate", title=title, xlim=(0, 1), ylim=(0, 1))
    axes.legend(loc="upper left")
    return figure
