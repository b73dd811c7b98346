"""How good a model is, drawn: calibration, gains, Qini, effects told and found, drift."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from dashboards.charts import AMBER, BLUE, HEIGHT, ROSE, SLATE, TEAL, Layers

MODEL, BASELINE, CHAMPION, CHANCE = "This model", "Strongest rule of thumb", "Champion before", "By chance"
COLORS = {MODEL: TEAL, CHAMPION: BLUE, BASELINE: AMBER, CHANCE: SLATE}
_PLAIN: dict[str, Any] = {"domain": False, "ticks": False}
_READINGS = {"stable": TEAL, "to be watched": AMBER, "drifted": ROSE}


def calibration(bins: pd.DataFrame) -> Layers:
    """`score, rate` of bins of equally many people: on the line, what was said came true as often as was said."""
    most = float(min(max(bins["score"].max(), bins["rate"].max()) * 1.08, 1.0))
    scale = alt.Scale(domain=[0, most], nice=False)
    line = alt.Chart(pd.DataFrame({"score": [0.0, most], "rate": [0.0, most], "said": ["exactly right"] * 2}))
    x = alt.X("score:Q", title="Said (mean score)", scale=scale, axis=alt.Axis(format=".0%", **_PLAIN))
    y = alt.Y("rate:Q", title="Came true", scale=scale, axis=alt.Axis(format=".0%", **_PLAIN))
    perfect = line.mark_line(strokeDash=[5, 4], color=SLATE, strokeWidth=1.5).encode(x=x, y=y)
    points = (
        alt.Chart(bins, height=HEIGHT)
        .mark_line(color=TEAL, strokeWidth=2, point={"color": TEAL, "size": 70, "filled": True})
        .encode(x=x, y=y, tooltip=[
            alt.Tooltip("score:Q", title="Said", format=".1%"),
            alt.Tooltip("rate:Q", title="Came true", format=".1%"),
        ])
    )  # fmt: skip
    return alt.layer(perfect, points)


def gain(curves: Mapping[str, Sequence[tuple[float, float]]]) -> Layers:
    """For each name the share of all yeses reached with a share of the people, the highest scores first."""
    return _lines(curves, "Share of people, highest scores first", "Share of all who did it", ".0%")


def qini(curves: Mapping[str, Sequence[tuple[float, float]]]) -> Layers:
    """For each name what is gained if a share of the people is written to, the greatest effects first."""
    return _lines(curves, "Share of people written to", "Orders more, per 100 people of all", ",.1f")


def _lines(curves: Mapping[str, Sequence[tuple[float, float]]], across: str, up: str, format_: str) -> Layers:
    rows = [
        {"name": name, "share": share, "reached": reached}
        for name, points in curves.items()
        for share, reached in points
    ]
    names = [name for name in COLORS if name in curves]
    base = alt.Chart(pd.DataFrame(rows), height=HEIGHT + 50).encode(
        x=alt.X("share:Q", title=across, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".0%", **_PLAIN)),
        y=alt.Y("reached:Q", title=up, axis=alt.Axis(format=format_, **_PLAIN)),
        color=alt.Color("name:N", title=None, scale=alt.Scale(domain=names, range=[COLORS[name] for name in names]),
                        legend=alt.Legend(orient="top", columns=2, labelLimit=200)),
        tooltip=[
            alt.Tooltip("name:N", title="Order by"),
            alt.Tooltip("share:Q", title="Of the people", format=".0%"),
            alt.Tooltip("reached:Q", title=up, format=format_.replace(".0%", ".1%").replace(",.1f", ",.2f")),
        ],
    )  # fmt: skip
    known = base.transform_filter(alt.datum.name != CHANCE).mark_line(strokeWidth=2.2, point={"size": 26})
    chance = base.transform_filter(alt.datum.name == CHANCE).mark_line(strokeDash=[5, 4], strokeWidth=1.5)
    return alt.layer(chance, known)


def told_and_found(groups: pd.DataFrame) -> Layers:
    """`group, told, found, error` per 100 people: the effect said of fifths of people, and the one measured."""
    drawn = groups.assign(
        lower=groups["found"] - 1.96 * groups["error"], upper=groups["found"] + 1.96 * groups["error"]
    )
    base = alt.Chart(drawn, height=HEIGHT).encode(
        x=alt.X("group:O", title="Fifths of people, the greatest effect said first",
                axis=alt.Axis(labelAngle=0, grid=False, **_PLAIN)),
        tooltip=[
            alt.Tooltip("group:O", title="Fifth"),
            alt.Tooltip("told:Q", title="Said", format="+.2f"),
            alt.Tooltip("found:Q", title="Measured", format="+.2f"),
            alt.Tooltip("lower:Q", title="At least", format="+.2f"),
            alt.Tooltip("upper:Q", title="At most", format="+.2f"),
        ],
    )  # fmt: skip
    title = "Orders more, per 100 people written to"
    span = base.mark_rule(color=TEAL, strokeWidth=7, opacity=0.3, strokeCap="round").encode(
        y=alt.Y("lower:Q", title=title, axis=alt.Axis(**_PLAIN)), y2="upper:Q"
    )
    found = base.mark_point(color=TEAL, filled=True, size=110, opacity=1).encode(
        y=alt.Y("found:Q", title=title)
    )
    told = base.mark_tick(color=AMBER, thickness=3, size=34).encode(y=alt.Y("told:Q", title=title))
    return alt.layer(span, found, told)


def drift_bars(frame: pd.DataFrame, watch: float, drifted: float) -> Layers:
    """`feature, stability_index`: bars with the two marks from which to watch and to doubt."""
    readings = [
        "stable" if value < watch else "to be watched" if value <= drifted else "drifted"
        for value in frame["stability_index"]
    ]
    drawn = frame.assign(reading=readings)
    most = max(float(drawn["stability_index"].max()), drifted) * 1.15
    base = alt.Chart(drawn, height=alt.Step(30)).encode(
        y=alt.Y("feature:N", sort=None, title=None, axis=alt.Axis(labelLimit=260, grid=False, **_PLAIN)),
        x=alt.X("stability_index:Q", title="Population stability index", scale=alt.Scale(domain=[0, most]),
                axis=alt.Axis(**_PLAIN)),
    )  # fmt: skip
    bars = base.mark_bar(cornerRadius=3, height=16).encode(
        color=alt.Color("reading:N", title=None, legend=alt.Legend(orient="top"),
                        scale=alt.Scale(domain=list(_READINGS), range=list(_READINGS.values()))),
        tooltip=[
            alt.Tooltip("feature:N", title="Feature"),
            alt.Tooltip("stability_index:Q", title="Index", format=".3f"),
            alt.Tooltip("reading:N", title="Reading"),
        ],
    )  # fmt: skip
    marks = (
        alt.Chart(pd.DataFrame({"at": [watch, drifted]}))
        .mark_rule(strokeDash=[4, 4], color=SLATE)
        .encode(x="at:Q")
    )
    return alt.layer(bars, marks)


def drift_course(frame: pd.DataFrame, watch: float, drifted: float) -> Layers:
    """`judged_at, stability_index` of the scores, scoring by scoring."""
    line = (
        alt.Chart(frame, height=170)
        .mark_line(color=TEAL, strokeWidth=2.2, point={"color": TEAL, "size": 40})
        .encode(
            x=alt.X(
                "judged_at:T",
                title=None,
                axis=alt.Axis(format="%-d %b", grid=False, labelOverlap=True, **_PLAIN),
            ),
            y=alt.Y("stability_index:Q", title="Of the scores", axis=alt.Axis(**_PLAIN)),
            tooltip=[
                alt.Tooltip("judged_at:T", title="Scored", format="%-d %b %Y %H:%M"),
                alt.Tooltip("stability_index:Q", title="Index", format=".3f"),
            ],
        )
    )
    marks = (
        alt.Chart(pd.DataFrame({"at": [watch, drifted]}))
        .mark_rule(strokeDash=[4, 4], color=SLATE)
        .encode(y="at:Q")
    )
    return alt.layer(line, marks)
