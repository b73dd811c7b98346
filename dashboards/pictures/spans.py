"""Lengths of time on charts: bars over uneven spans, told in words."""

from __future__ import annotations

import altair as alt
import pandas as pd

from dashboards.charts import HEIGHT, TEAL

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def spell_seconds(seconds: float | None) -> str:
    """`2 d 4 h`, `12 min`: the two greatest units."""
    if seconds is None or seconds != seconds:
        return "–"
    if seconds < 1:
        return "0 s"
    left, told = round(seconds), []
    for size, unit in _UNITS:
        count, left = divmod(left, size)
        if count:
            told.append(f"{count} {unit}")
        elif told:
            break
    return " ".join(told[:2])


def bars_of_spans(frame: pd.DataFrame, unit: str) -> alt.Chart:
    """`up_to_seconds, people_count` in the order given; the bars are as wide as each other, the spans are not."""
    told = frame.assign(
        span=[
            f"to {spell_seconds(edge)}" if edge != float("inf") else "longer"
            for edge in frame["up_to_seconds"]
        ],
        share=frame["people_count"] / max(int(frame["people_count"].sum()), 1),
    ).drop(columns="up_to_seconds")
    order = told["span"].tolist()
    return (
        alt.Chart(told, height=HEIGHT)
        .mark_bar(color=TEAL, cornerRadiusTopLeft=2, cornerRadiusTopRight=2)
        .encode(
            x=alt.X(
                "span:N",
                sort=order,
                title="Time from the first step to the last",
                axis=alt.Axis(labelAngle=-40, grid=False, ticks=False, labelOverlap=True),
            ),
            y=alt.Y(
                "people_count:Q",
                title=unit,
                axis=alt.Axis(format="~s", domain=False, ticks=False, tickMinStep=1),
            ),
            tooltip=[
                alt.Tooltip("span:N", title="Time"),
                alt.Tooltip("people_count:Q", title=unit, format=","),
                alt.Tooltip("share:Q", title="Of those who converted", format=".1%"),
            ],
        )
    )
