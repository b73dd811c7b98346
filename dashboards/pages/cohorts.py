"""What are people worth, by when they first bought?"""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st

from dashboards import charts
from dashboards.answers import cohorts as answers
from dashboards.downloads import offer_csv
from dashboards.formatting import Spelling
from dashboards.notices import is_published, nothing, visitor_spelling
from dashboards.page import Page
from dashboards.picking import pick, pick_from_list
from dashboards.pictures.grid import shaded_grid, shades
from dashboards.reader import Reader
from dashboards.sources import show_source

GRAINS = {"month": "Months", "week": "Weeks", "quarter": "Quarters"}
MEASURES = {
    "so_far": "Spent so far",
    "in_period": "Spent in that period",
    "buyers": "Buyers in that period",
}
MOST_COHORTS, MOST_PERIODS = 24, 14


def draw(reader: Reader) -> None:
    """Money per person of each cohort, as a grid and as lines."""
    if not is_published(reader, "orders", "profiles"):
        return
    known = answers.currencies(reader)
    if not known:
        nothing("Nobody has bought anything yet.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        grain = pick("First bought in the same", "by", GRAINS)
        measure = pick("Per person of the cohort", "worth", MEASURES)
    currency = known[0]
    if len(known) > 1:
        currency = pick_from_list(
            "Currency", "currency", known, help_="Amounts of different currencies are never added"
        )
    frame = answers.revenue_by_cohort(reader, grain, currency)
    if frame.empty:
        nothing("No period is over yet: the first one has to end before it can be told.")
        return
    spelling = visitor_spelling(reader)
    _show_grid(reader, spelling, _measured(frame, measure), measure, grain, currency)
    show_source(reader, "orders", "profiles")
    if measure == "so_far":
        _show_lines(_measured(frame, measure), grain, currency)
    offer_csv(reader, frame, f"cohorts-{grain}-{currency}")


def _measured(frame: pd.DataFrame, measure: str) -> pd.DataFrame:
    """`told` is the chosen figure per person of the cohort."""
    column = {"so_far": "net_amount_so_far", "in_period": "net_amount", "buyers": "buyer_count"}[measure]
    return frame.assign(told=frame[column] / frame["cohort_count"])


def _unit(measure: str, currency: str) -> str:
    return "Of the cohort" if measure == "buyers" else f"{currency} per person"


def _show_grid(
    reader: Reader, spelling: Spelling, frame: pd.DataFrame, measure: str, grain: str, currency: str
) -> None:
    latest = sorted(frame["cohort_on"].unique())[-MOST_COHORTS:]
    kept = frame[frame["cohort_on"].isin(latest) & (frame["period_number"] <= MOST_PERIODS)]
    pattern = "%b %Y" if grain != "week" else "%-d %b %y"
    shown = kept.assign(
        cohort=[
            f"{day.strftime(pattern)} · {spelling.number(int(count))}"
            for day, count in zip(kept["cohort_on"], kept["cohort_count"], strict=True)
        ]
    )[["cohort", "period_number", "told", "net_amount", "order_count", "buyer_count"]]
    st.subheader(MEASURES[measure], anchor="grid")
    format_ = ".0%" if measure == "buyers" else ",.0f"
    chart = shaded_grid(
        shown, "period_number", "cohort", "told", across_title=f"{GRAINS[grain]} since the first order",
        down_title="First bought · people", unit=_unit(measure, currency), format_=format_,
        tooltip=[
            alt.Tooltip("cohort:N", title="First bought · people"),
            alt.Tooltip("period_number:O", title=f"{GRAINS[grain]} since"),
            alt.Tooltip("told:Q", title=_unit(measure, currency), format=".1%" if measure == "buyers" else ",.2f"),
            alt.Tooltip("net_amount:Q", title=f"{currency} in that period", format=",.2f"),
            alt.Tooltip("order_count:Q", title="Orders in that period", format=","),
        ],
        step=28,
    )  # fmt: skip
    charts.show_chart(chart, f"{MEASURES[measure]} per person, by cohort and {GRAINS[grain].lower()} since")


def _show_lines(frame: pd.DataFrame, grain: str, currency: str) -> None:
    latest = sorted(frame["cohort_on"].unique())[-8:]
    kept = frame[frame["cohort_on"].isin(latest)]
    if kept["period_number"].max() < 1:
        return
    names = [day.strftime("%b %Y" if grain != "week" else "%-d %b %y") for day in latest]
    shown = kept.assign(cohort=kept["cohort_on"].map(dict(zip(latest, names, strict=True))))
    st.subheader("How their worth grows", anchor="lines")
    known = shades()[1:]
    tones = [known[at * len(known) // len(names)] for at in range(len(names))]
    chart = (
        alt.Chart(shown[["cohort", "period_number", "told"]], height=charts.HEIGHT)
        .mark_line(strokeWidth=2.2, point={"size": 34})
        .encode(
            x=alt.X("period_number:Q", title=f"{GRAINS[grain]} since the first order",
                    axis=alt.Axis(grid=False, tickMinStep=1, format="d")),
            y=alt.Y("told:Q", title=f"{currency} per person so far", axis=alt.Axis(domain=False, ticks=False)),
            color=alt.Color("cohort:N", sort=names, title="First bought", scale=alt.Scale(domain=names, range=tones)),
            tooltip=[
                alt.Tooltip("cohort:N", title="First bought"),
                alt.Tooltip("period_number:Q", title=f"{GRAINS[grain]} since"),
                alt.Tooltip("told:Q", title=f"{currency} per person so far", format=",.2f"),
            ],
        )
    )  # fmt: skip
    charts.show_chart(chart, f"Money per person so far, by {GRAINS[grain].lower()} since the first order")


plugin = Page(
    title="Cohorts",
    question="What are people worth, by when they first bought?",
    icon=":material/stacked_line_chart:",
    group="Understand",
    order=64,
    draw=draw,
)
