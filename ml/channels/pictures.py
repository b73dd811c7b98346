"""What choices of a channel brought, drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ml.channels.backtest import Outcome


def draw_choice(channels: tuple[str, ...], outcome: Outcome) -> Figure:
    """How often each channel is chosen in the test window, beside how often it was allowed."""
    import numpy as np
    from matplotlib.figure import Figure

    from ml.channels.policy import choose

    chosen = np.bincount(choose(outcome.net, outcome.trials.allowed), minlength=len(channels))
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    places = np.arange(len(channels))
    axes.bar(places - 0.2, outcome.trials.allowed.mean(axis=0), width=0.4, label="allowed")
    axes.bar(places + 0.2, chosen / max(len(outcome.trials), 1), width=0.4, label="chosen")
    axes.set_xticks(places, channels)
    axes.set(ylabel="share of assignments with a choice")
    axes.legend()
    return figure
