"""Rhythms, drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.timing.rhythm import HOURS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ml.timing.response import Response


def draw_rhythms(response: Response) -> Figure:
    """The day of each group, and everyone's."""
    from matplotlib.figure import Figure

    rhythms = response.week.rhythms
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for number, (curve, share) in enumerate(zip(rhythms.curves, rhythms.shares, strict=True), start=1):
        axes.plot(range(HOURS), curve, label=f"group {number} ({share:.0%})")
    axes.plot(range(HOURS), rhythms.population(), color="black", linestyle="--", label="everyone")
    axes.set(xlabel="local hour", ylabel="share of the day's visits", xticks=range(0, HOURS, 3))
    axes.legend()
    return figure
