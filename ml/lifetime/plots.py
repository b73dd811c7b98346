"""Pictures of how forecasts of an amount came out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ml.contract import Floats

TENTHS = 10


def tenths(foreseen: Floats, came: Floats) -> list[dict[str, float]]:
    """Tenths of people by forecast, the lowest first: how many, and the means of forecast and of what came."""
    import numpy as np

    parts = np.array_split(np.argsort(foreseen, kind="stable"), TENTHS)
    return [
        {
            "customers": len(part),
            "mean_forecast": float(foreseen[part].mean()),
            "mean_outcome": float(came[part].mean()),
        }
        for part in parts
        if len(part)
    ]


def tenths_plot(title: str, unit: str, rows: list[dict[str, float]]) -> Figure:
    """Means of forecast and outcome side by side for each tenth of people by forecast."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for shift, key, label in ((-0.2, "mean_forecast", "foreseen"), (0.2, "mean_outcome", "came")):
        places = [number + 1 + shift for number in range(len(rows))]
        axes.bar(places, [row[key] for row in rows], width=0.4, label=label)
    axes.set(xlabel="tenth of customers by forecast", ylabel=f"mean {unit}", title=title)
    axes.legend()
    return figure


def residuals_plot(title: str, unit: str, foreseen: Floats, came: Floats) -> Figure:
    """What came less what was foreseen, over the forecast; both on scales that show small and great ones."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    axes.scatter(foreseen, came - foreseen, s=4, alpha=0.3)
    axes.axhline(0, color="grey", linestyle="--")
    axes.set_xscale("symlog")
    axes.set_yscale("symlog")
    axes.set(xlabel=f"foreseen {unit}", ylabel="came − foreseen", title=title)
    return figure
