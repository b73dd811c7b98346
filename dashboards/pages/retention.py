"""Do people come back, how soon, and who does?"""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st

from dashboards import charts
from dashboards.answers import retention as answers
from dashboards.downloads import offer_csv
from dashboards.formatting import Spelling
from dashboards.notices import is_published, nothing, visitor_spelling
from dashboards.page import Page
from dashboards.picking import pick, pick_from_list
from dashboards.pictures.grid import shaded_grid
from dashboards.reader import Reader
from dashboards.sources import show_source

COHORTS = {
    "first_seen": "First seen",
    "first_order": "First order",
    "returning": "Active at all",
}
PERIODS = {"week": "Weeks", "month": "Months", "day": "Days"}
MEASURES = {
    "active_count": "Active in that period",
    "unbounded_count": "In it or later",
    "returned_count": "Back by then",
}
PROPERTIES = {
    "": "Everybody",
    "country": "Country",
    "usual_device": "Usual device",
    "favourite_category": "Favourite category",
    "locale": "Language and region",
}
#: More rows or columns than these can't be read.
MOST_COHORTS, MOST_PERIODS = 26, 16
_DAYS = {"day": "%-d %b %y", "week": "%-d %b %y", "month": "%b %Y"}


def draw(reader: Reader) -> None:
    """The grid of the chosen cohorts, and their mean course."""
    if not is_published(reader, "retention", "sessions", "orders", "profiles"):
        return
    spelling = visitor_spelling(reader)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        cohort_by = pick(
            "People by", "cohort", COHORTS, help_="First seen in a visit or with an order; or active at all"
        )
        period = pick("Counted in", "period", PERIODS)
        measure = "active_count"
        if cohort_by != "returning":
            measure = pick("Who counts", "counts", MEASURES)
    name, value = _choose_people(reader)
    grid, is_published_grid = _ask(reader, cohort_by, period, name, value)
    if grid.empty:
        nothing("No period is over yet: the first cohort's first period has to end before it can be told.")
        return
    grid["rate"] = grid[measure] / grid["cohort_count"]
    _show_grid(reader, spelling, grid, measure, period)
    show_source(reader, *(("retention",) if is_published_grid else ("sessions", "orders", "profiles")))
    _show_course(reader, grid, measure, period)


def _choose_people(reader: Reader) -> tuple[str, str]:
    left, right, _ = st.columns([2, 2, 3])
    with left:
        name = pick_from_list("Of whom", "of", PROPERTIES)
    if not name:
        return "", ""
    values = answers.known_values(reader, name)
    if not values:
        nothing(f"Nobody's {PROPERTIES[name].lower()} is known.")
        return "", ""
    with right:
        return name, pick_from_list(PROPERTIES[name], f"of_{name}", values)


def _ask(reader: Reader, cohort_by: str, period: str, name: str, value: str) -> tuple[pd.DataFrame, bool]:
    if name or cohort_by == "returning":
        return answers.grid_of(reader, cohort_by, period, name, value), False
    return answers.published_grid(reader, cohort_by, period), True


def _show_grid(reader: Reader, spelling: Spelling, grid: pd.DataFrame, measure: str, period: str) -> None:
    cohorts = sorted(grid["cohort_on"].unique())
    kept = grid[grid["cohort_on"].isin(cohorts[-MOST_COHORTS:]) & (grid["period_number"] <= MOST_PERIODS)]
    shown = kept.assign(
        cohort=[
            f"{day.strftime(_DAYS[period])} · {spelling.number(int(count))}"
            for day, count in zip(kept["cohort_on"], kept["cohort_count"], strict=True)
        ],
        people=kept[measure],
    )[["cohort", "period_number", "rate", "people", "cohort_count"]]
    # The first period is everybody: shading it would leave no shades for the rest.
    later = shown[shown["period_number"] > 0]["rate"]
    st.subheader(MEASURES[measure], anchor="grid")
    chart = shaded_grid(
        shown, "period_number", "cohort", "rate",
        across_title=f"{PERIODS[period]} since", down_title="Began · people", unit="Of the cohort", format_=".0%",
        tooltip=[
            alt.Tooltip("cohort:N", title="Began · people"),
            alt.Tooltip("period_number:O", title=f"{PERIODS[period]} since"),
            alt.Tooltip("people:Q", title="People", format=","),
            alt.Tooltip("rate:Q", title="Of the cohort", format=".1%"),
        ],
        step=26, limit=float(later.max()) if len(later) and later.max() > 0 else 1.0,
    )  # fmt: skip
    charts.show_chart(
        chart, f"Retention grid: {len(cohorts[-MOST_COHORTS:])} cohorts by {PERIODS[period].lower()} since"
    )
    if len(cohorts) > MOST_COHORTS:
        st.caption(f"The latest {MOST_COHORTS} of {len(cohorts)} cohorts; all of them are in the file.")
    offer_csv(reader, grid, f"retention-{period}")


def _show_course(reader: Reader, grid: pd.DataFrame, measure: str, period: str) -> None:
    """All cohorts together: of those for whom a period is over, how many."""
    summed = grid.groupby("period_number", as_index=False)[[measure, "cohort_count"]].sum()
    course = pd.DataFrame(
        {
            "period": summed["period_number"],
            "rate": summed[measure] / summed["cohort_count"],
            "people": summed["cohort_count"],
        }
    )
    st.subheader("All cohorts together", anchor="course")
    chart = (
        alt.Chart(course, height=charts.HEIGHT)
        .mark_line(color=charts.TEAL, strokeWidth=2.2, point={"color": charts.TEAL, "size": 40})
        .encode(
            x=alt.X("period:Q", title=f"{PERIODS[period]} since",
                    axis=alt.Axis(grid=False, tickMinStep=1, format="d")),
            y=alt.Y("rate:Q", title="Of all whose time has come", scale=alt.Scale(zero=True),
                    axis=alt.Axis(format=".0%", domain=False, ticks=False)),
            tooltip=[
                alt.Tooltip("period:Q", title=f"{PERIODS[period]} since"),
                alt.Tooltip("rate:Q", title="Of them", format=".1%"),
                alt.Tooltip("people:Q", title="People whose time has come", format=","),
            ],
        )
    )  # fmt: skip
    charts.show_chart(chart, f"Mean retention by {PERIODS[period].lower()} since the beginning")
    offer_csv(reader, course, f"retention-course-{period}")


plugin = Page(
    title="Retention",
    question="Do people come back, how soon, and who does?",
    icon=":material/grid_on:",
    group="Understand",
    order=63,
    draw=draw,
)
