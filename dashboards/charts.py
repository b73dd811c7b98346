"""Charts: one function a shape. Colours and fonts come from the theme; every axis names its unit.

Each takes a tidy data frame and answers an Altair chart; `show_chart` draws it with a text for those who
can't see it.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

MOST_BARS = 60
HEIGHT = 280
#: Told apart in light and dark, and by colour-blind readers: they differ in lightness as well as in hue.
TEAL, AMBER, BLUE, ROSE, SLATE = "#0E8F80", "#E6A63E", "#4C82D6", "#88265A", "#9BA8B4"
#: Six categories in the order in which the theme gives them out (`chartCategoricalColors` in config.toml).
PALETTE = (TEAL, AMBER, BLUE, ROSE, SLATE, "#6E8F23")
Layers = alt.LayerChart | alt.FacetChart
_QUIET_AXIS: dict[str, Any] = {"grid": False, "domain": False, "ticks": False, "labelPadding": 8}


def show_chart(chart: Any, text: str) -> None:
    """Draw at the width of the column; `text` says in a sentence what the chart shows."""
    st.altair_chart(chart, width="stretch", alt=text)


def daily_bars(frame: pd.DataFrame, day: str, count: str, series: str, unit: str) -> alt.Chart:
    """Stacked bars, one a day; where they would be hairlines, stacked steps."""
    chart = alt.Chart(frame, height=HEIGHT)
    is_long = frame[day].nunique() > MOST_BARS
    marked = (
        chart.mark_area(interpolate="step-after")
        if is_long
        else chart.mark_bar(cornerRadiusTopLeft=2, cornerRadiusTopRight=2)
    )
    return marked.encode(
        x=alt.X(f"yearmonthdate({day}):T", title=None, axis=alt.Axis(format="%-d %b", **_QUIET_AXIS)),
        y=alt.Y(f"sum({count}):Q", title=unit, axis=alt.Axis(format="~s", domain=False, ticks=False)),
        color=alt.Color(f"{series}:N", title=None, legend=alt.Legend(orient="top")),
        tooltip=[
            alt.Tooltip(f"{day}:T", title="Day", format="%a %-d %b %Y"),
            alt.Tooltip(f"{series}:N", title="Source"),
            alt.Tooltip(f"{count}:Q", title=spell_unit(unit), format=","),
        ],
    )


def daily_line(frame: pd.DataFrame, day: str, measure: str, unit: str, color: str = TEAL) -> Layers:
    """Daily values as a pale area with their weekly mean as a line: the mean is what to read."""
    base = alt.Chart(frame, height=HEIGHT).encode(
        x=alt.X(f"{day}:T", title=None, axis=alt.Axis(format="%-d %b", **_QUIET_AXIS))
    )
    tooltip = [
        alt.Tooltip(f"{day}:T", title="Day", format="%a %-d %b %Y"),
        alt.Tooltip(f"{measure}:Q", title=spell_unit(unit), format=",.2~f"),
    ]
    y = alt.Y(f"{measure}:Q", title=unit, axis=alt.Axis(format="~s", domain=False, ticks=False))
    days = base.mark_area(color=color, opacity=0.18, interpolate="monotone").encode(y=y, tooltip=tooltip)
    week = (
        base.transform_window(frame=[-6, 0], weekly=f"mean({measure})", sort=[alt.SortField(day)])
        .mark_line(color=color, strokeWidth=2.2, interpolate="monotone")
        .encode(y=alt.Y("weekly:Q", title=unit))
    )
    return alt.layer(days, week)


def stage_bars(frame: pd.DataFrame, stage: str, count: str, unit: str, apart: str = "") -> Layers:
    """Horizontal bars in the given order, each with its `label` at the end: a funnel.

    The stage `apart` is no part of those before it, and has a colour of its own.
    """
    base = alt.Chart(frame, height=alt.Step(42)).encode(
        y=alt.Y(f"{stage}:N", sort=None, title=None, axis=alt.Axis(labelLimit=220, **_QUIET_AXIS)),
        x=alt.X(f"{count}:Q", title=None, axis=None, scale=alt.Scale(domain=_with_room(frame[count]))),
        tooltip=[alt.Tooltip(f"{stage}:N", title="Stage"), alt.Tooltip(f"{count}:Q", title=unit, format=",")],
    )
    color = alt.when(alt.datum[stage] == apart).then(alt.value(AMBER)).otherwise(alt.value(TEAL))
    bars = base.mark_bar(cornerRadius=4, height=26).encode(color=color)
    texts = base.mark_text(align="left", dx=8, fontSize=13, color=SLATE).encode(text="label:N")
    return alt.layer(bars, texts)


def grouped_stages(frame: pd.DataFrame, group: str, stage: str, count: str, unit: str) -> alt.Chart:
    """The same stages side by side for each group."""
    order = list(dict.fromkeys(frame[stage]))
    return (
        alt.Chart(frame, height=HEIGHT)
        .mark_bar(cornerRadius=2)
        .encode(
            x=alt.X(f"{group}:N", title=None, sort="-y", axis=alt.Axis(labelAngle=0, **_QUIET_AXIS)),
            xOffset=alt.XOffset(f"{stage}:N", sort=order),
            y=alt.Y(f"{count}:Q", title=unit, axis=alt.Axis(format="~s", domain=False, ticks=False)),
            color=alt.Color(f"{stage}:N", title=None, sort=order, legend=alt.Legend(orient="top")),
            tooltip=[
                alt.Tooltip(f"{group}:N", title="Channel"),
                alt.Tooltip(f"{stage}:N", title="Stage"),
                alt.Tooltip(f"{count}:Q", title=unit, format=","),
            ],
        )
    )


def histogram(frame: pd.DataFrame, start: str, end: str, count: str, title: str, unit: str) -> alt.Chart:
    """Bars over ranges that the query has already counted."""
    return (
        alt.Chart(frame, height=HEIGHT)
        .mark_bar(color=TEAL)
        .encode(
            x=alt.X(f"{start}:Q", bin="binned", title=title, axis=alt.Axis(grid=False)),
            x2=f"{end}:Q",
            y=alt.Y(f"{count}:Q", title=unit, axis=alt.Axis(format="~s", domain=False, ticks=False)),
            tooltip=[
                alt.Tooltip(f"{start}:Q", title="From", format=".2f"),
                alt.Tooltip(f"{end}:Q", title="To", format=".2f"),
                alt.Tooltip(f"{count}:Q", title=unit, format=","),
            ],
        )
    )


def reached_by_hour(frame: pd.DataFrame) -> alt.Chart:
    """`action, hours, reached`, counted by the query: a rising step for what was opened, clicked, ordered from."""
    colors = alt.Scale(domain=["Opened", "Clicked", "Ordered"], range=[TEAL, AMBER, BLUE])
    return (
        alt.Chart(frame, height=HEIGHT)
        .mark_line(interpolate="step-after", strokeWidth=2.2)
        .encode(
            x=alt.X("hours:Q", title="Hours since sending", axis=alt.Axis(grid=False)),
            y=alt.Y("reached:Q", title="Messages", axis=alt.Axis(domain=False, ticks=False, tickMinStep=1)),
            color=alt.Color("action:N", title=None, scale=colors, legend=alt.Legend(orient="top")),
            tooltip=[
                alt.Tooltip("action:N", title="Action"),
                alt.Tooltip("hours:Q", title="Hours", format=".1f"),
                alt.Tooltip("reached:Q", title="Messages so far", format=","),
            ],
        )
    )


def size_and_movement(frame: pd.DataFrame) -> alt.VConcatChart:
    """Above: how many people a segment has; below: who entered (up) and who left (down)."""
    days = {"interval": "day", "step": 1}
    axis = alt.Axis(format="%-d %b", tickCount=days, labelOverlap=True, **_QUIET_AXIS)
    x = alt.X("at:T", title=None, axis=axis)
    tooltip = [
        alt.Tooltip("at:T", title="Evaluated", format="%-d %b %Y %H:%M"),
        alt.Tooltip("member_count:Q", title="People", format=","),
        alt.Tooltip("entered_count:Q", title="Entered", format=","),
        alt.Tooltip("left_count:Q", title="Left", format=","),
    ]
    size = (
        alt.Chart(frame, height=170, width="container")
        .mark_line(interpolate="step-after", color=TEAL, strokeWidth=2.2, point={"color": TEAL, "size": 34})
        .encode(
            x=x,
            y=alt.Y("member_count:Q", title="People", axis=alt.Axis(domain=False, ticks=False)),
            tooltip=tooltip,
        )
    )
    colors = alt.Scale(domain=["Entered", "Left"], range=[TEAL, ROSE])
    moves = (
        alt.Chart(frame, height=90, width="container")
        .transform_calculate(Entered="datum.entered_count", Left="-datum.left_count")
        .transform_fold(["Entered", "Left"], as_=["change", "people"])
        .mark_bar(size=7, cornerRadius=1)
        .encode(
            x=x,
            y=alt.Y("people:Q", title="Moved", axis=alt.Axis(domain=False, ticks=False, tickCount=3)),
            color=alt.Color("change:N", title=None, scale=colors, legend=alt.Legend(orient="top")),
            tooltip=tooltip,
        )
    )
    return alt.vconcat(size, moves, spacing=12).resolve_scale(x="shared")


def interval(frame: pd.DataFrame, title: str) -> Layers:
    """`name, estimate, lower, upper` in percentage points, against a line at zero."""
    base = alt.Chart(frame, height=alt.Step(76)).encode(
        y=alt.Y("name:N", title=None, axis=alt.Axis(labelLimit=200, **_QUIET_AXIS))
    )
    tooltip = [
        alt.Tooltip(f"{part}:Q", title=name, format="+.2f")
        for part, name in (("estimate", "Lift (pp)"), ("lower", "At least (pp)"), ("upper", "At most (pp)"))
    ]
    origin = alt.Chart(pd.DataFrame({"zero": [0.0], "meaning": ["no effect"]})).encode(x="zero:Q")
    zero = origin.mark_rule(strokeDash=[5, 4], color=SLATE, strokeWidth=1.5)
    meaning = origin.mark_text(align="left", baseline="top", dx=6, fontSize=12, color=SLATE).encode(
        y=alt.value(2), text="meaning:N"
    )
    bar = base.mark_rule(color=TEAL, strokeWidth=8, opacity=0.35, strokeCap="round").encode(
        x=alt.X("lower:Q", title=title, scale=alt.Scale(zero=True, padding=24)), x2="upper:Q", tooltip=tooltip
    )
    point = base.mark_point(color=TEAL, filled=True, size=160, opacity=1).encode(
        x="estimate:Q", tooltip=tooltip
    )
    return alt.layer(zero, meaning, bar, point)


def spell_unit(unit: str) -> str:
    """The unit as a tooltip's title, without what follows in brackets."""
    return unit.split(" (")[0]


def _with_room(counts: pd.Series[Any]) -> list[float]:
    largest = float(counts.max()) if len(counts) else 0.0
    return [0.0, max(largest, 1.0) * 1.3]
