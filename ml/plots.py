"""The pictures that a training run keeps. Drawn without pyplot: nothing stays open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ml.metrics import Bin

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ml.contract import Floats

#: Points of a curve: what the eye can tell apart.
POINTS = 400
BARS = 15


def calibration_plot(title: str, model: Sequence[Bin], baseline: Sequence[Bin]) -> Figure:
    """Observed rates over mean scores, in bins of equally many people; the diagonal is perfect."""
    figure, axes = _page(title, "mean score", "observed rate")
    axes.plot([0, 1], [0, 1], linestyle="--", color="grey", label="perfect")
    for name, bins, marker in (("model", model, "o"), ("baseline", baseline, "x")):
        scores, rates = [each.mean_score for each in bins], [each.observed_rate for each in bins]
        axes.plot(scores, rates, marker=marker, label=name)
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.legend(loc="upper left")
    return figure


def gain_plot(title: str, answers: Floats, scores: Mapping[str, Floats]) -> Figure:
    """The share of all yeses that is reached with a share of the people, the highest scores first."""
    import numpy as np

    figure, axes = _page(title, "share of people, highest scores first", "share of all yeses reached")
    axes.plot([0, 1], [0, 1], linestyle="--", color="grey", label="by chance")
    for name, each in scores.items():
        reached = np.cumsum(answers[np.argsort(-each, kind="stable")]) / max(answers.sum(), 1)
        axes.plot(*_thinned(np.arange(1, len(each) + 1) / len(each), reached), label=name)
    axes.legend(loc="lower right")
    return figure


def precision_plot(title: str, answers: Floats, scores: Mapping[str, Floats]) -> Figure:
    """Precision over recall, from the highest score down."""
    import numpy as np

    figure, axes = _page(title, "recall", "precision")
    axes.axhline(float(answers.mean()), linestyle="--", color="grey", label="base rate")
    for name, each in scores.items():
        hits = np.cumsum(answers[np.argsort(-each, kind="stable")])
        axes.plot(*_thinned(hits / max(answers.sum(), 1), hits / np.arange(1, len(each) + 1)), label=name)
    axes.set(ylim=(0, 1.02))
    axes.legend(loc="upper right")
    return figure


def residual_plot(title: str, foreseen: Floats, came: Floats) -> Figure:
    """For amounts: what came less what was foreseen, over what was foreseen, both on a scale that holds zero."""
    figure, axes = _page(title, "foreseen", "came less foreseen")
    every = max(len(foreseen) // 5_000, 1)
    axes.scatter(foreseen[::every], (came - foreseen)[::every], s=6, alpha=0.3)
    axes.axhline(0, linestyle="--", color="grey")
    axes.set_xscale("symlog")
    axes.set_yscale("symlog")
    return figure


def strength_plot(title: str, strengths: Mapping[str, float]) -> Figure:
    """By how much each feature moves the scores on average."""
    figure, axes = _page(title, "mean distance by which it moves a score", "")
    first = list(strengths.items())[:BARS][::-1]
    axes.barh([name for name, _ in first], [value for _, value in first])
    return figure


def _page(title: str, across: str, up: str) -> tuple[Figure, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.5, 5), layout="constrained")
    axes = figure.subplots()
    axes.set(xlabel=across, ylabel=up)
    axes.set_title(title, fontsize=9, wrap=True)
    return figure, axes


def _thinned(across: Floats, up: Floats) -> tuple[Floats, Floats]:
    import numpy as np

    kept = np.unique(np.linspace(0, len(across) - 1, POINTS).astype(int))
    return across[kept], up[kept]
