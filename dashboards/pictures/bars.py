"""Horizontal bars, each with its figure at the end: for comparing a few named things."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from dashboards.charts import PALETTE, SLATE, TEAL, Layers

_QUIET: dict[str, Any] = {"grid": False, "domain": False, "ticks": False, "labelPadding": 8}


def named_bars(frame: pd.DataFrame, name: str, measure: str, unit: str, format_: str = ",") -> Layers:
    """One bar a row, in the order given; `label` is written at its end."""
    base = alt.Chart(frame, height=alt.Step(30)).encode(
        y=alt.Y(f"{name}:N", sort=None, title=None, axis=alt.Axis(labelLimit=240, **_QUIET)),
        x=alt.X(f"{measure}:Q", title=unit, axis=alt.Axis(format=format_, domain=False, ticks=False, tickCount=4),
                scale=alt.Scale(domain=[0, float(frame[measure].max() or 1) * 1.4])),
        tooltip=[alt.Tooltip(f"{name}:N", title="What"), alt.Tooltip(f"{measure}:Q", title=unit, format=format_)],
    )  # fmt: skip
    bars = base.mark_bar(cornerRadius=3, height=18, color=TEAL)
    return alt.layer(
        bars, base.mark_text(align="left", dx=6, color=SLATE, fontSize=12).encode(text="label:N")
    )


def compared_bars(
    frame: pd.DataFrame, name: str, measure: str, series: str, order: Sequence[str], unit: str
) -> alt.Chart:
    """For each name a bar of each series, side by side."""
    return (
        alt.Chart(frame, height=alt.Step(11))
        .mark_bar(cornerRadius=2)
        .encode(
            y=alt.Y(f"{name}:N", sort=None, title=None, axis=alt.Axis(labelLimit=200, **_QUIET)),
            yOffset=alt.YOffset(f"{series}:N", sort=list(order)),
            x=alt.X(f"{measure}:Q", title=unit, axis=alt.Axis(format="~s", domain=False, ticks=False)),
            color=alt.Color(
                f"{series}:N", title=None, sort=list(order), legend=alt.Legend(orient="top", columns=4),
                scale=alt.Scale(domain=list(order), range=list(PALETTE[: len(order)])),
            ),
            tooltip=[
                alt.Tooltip(f"{name}:N", title="Channel"),
                alt.Tooltip(f"{series}:N", title="Model"),
                alt.Tooltip(f"{measure}:Q", title=unit, format=",.2f"),
            ],
        )
    )  # fmt: skip
