"""Grids of squares: the darker (on a light page) or brighter (on a dark one), the more. The figure stands in each."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from dashboards.charts import Layers

#: From pale to deep teal: read by its lightness alone, so by colour-blind people too.
SHADES = ["#D5ECE7", "#A9D8CF", "#74BDB1", "#3F9F91", "#1B7C6F", "#0B554C"]
_AXIS: dict[str, Any] = {
    "grid": False, "domain": False, "ticks": False, "labelPadding": 6, "labelFlush": False, "labelBound": False,
}  # fmt: skip
SELECTED = "cell"


def shades() -> list[str]:
    """From little to much: towards what stands out most from the page."""
    return SHADES[::-1] if st.context.theme.type == "dark" else SHADES


def shaded_grid(
    frame: pd.DataFrame,
    across: str,
    down: str,
    measure: str,
    *,
    across_title: str | None,
    down_title: str | None,
    unit: str,
    format_: str,
    tooltip: list[alt.Tooltip],
    step: int = 30,
    numbered: bool = True,
    selects: bool = False,
    label_angle: int = 0,
    low: float = 0.0,
    limit: float | None = None,
) -> Layers:
    """`frame` has a row a square; rows and columns stand in the order of the frame. Shades go from
    `low` to `limit`."""
    most = limit or float(frame[measure].max() or 1)
    columns, rows = frame[across].drop_duplicates().tolist(), frame[down].drop_duplicates().tolist()
    base = alt.Chart(frame, height=alt.Step(step)).encode(
        x=alt.X(f"{across}:O", sort=columns, title=across_title,
                axis=alt.Axis(orient="top", labelAngle=label_angle, labelOverlap=label_angle == 0, **_AXIS)),
        y=alt.Y(f"{down}:O", sort=rows, title=down_title, axis=alt.Axis(labelLimit=230, **_AXIS)),
    )  # fmt: skip
    squares = base.mark_rect(cornerRadius=3, strokeWidth=2, stroke="transparent").encode(
        color=alt.Color(
            f"{measure}:Q",
            scale=alt.Scale(range=shades(), domain=[low, most], clamp=True),
            legend=alt.Legend(title=unit, orient="bottom", format=format_, gradientLength=220),
        ),
        tooltip=tooltip,
    )
    if selects:
        chosen = alt.selection_point(SELECTED, fields=[across, down], toggle=False)
        squares = squares.add_params(chosen).encode(
            stroke=alt.when(chosen, empty=False)
            .then(alt.value("#E0A040"))
            .otherwise(alt.value("transparent"))
        )
    if not numbered:
        return alt.layer(squares)
    is_dark = shades() != SHADES
    edge = low + (most - low) * (0.34 if is_dark else 0.66)
    much, little = ("#12302B", "#FFFFFF") if is_dark else ("#FFFFFF", "#12302B")
    ink = alt.when(alt.datum[measure] > edge).then(alt.value(much)).otherwise(alt.value(little))
    texts = base.mark_text(fontSize=11).encode(text=alt.Text(f"{measure}:Q", format=format_), color=ink)
    return alt.layer(squares, texts)
