"""The picture of a ranking by effect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from measurement.uplift_curves import Trial, qini_curve

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ml.uplift.pairs import Floats


def qini_plot(title: str, trial: Trial, rankings: Mapping[str, Floats]) -> Figure:
    """What each ranking gains, over the share of people written to; the straight line is a random order."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 5), layout="constrained")
    axes = figure.subplots()
    end = 0.0
    for name, scores in rankings.items():
        curve = qini_curve(scores, trial)
        end = float(curve.gains[-1])
        axes.plot(curve.shares, curve.gains, label=f"{name} ({curve.area_above_random:.4f})")
    axes.plot([0, 1], [0, end], linestyle="--", color="grey", label="random")
    axes.set(xlabel="share written to", ylabel="orders more, per person of all", title=title, xlim=(0, 1))
    axes.legend(loc="lower right")
    return figure
