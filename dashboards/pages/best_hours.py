"""At which hour do people answer, and by which channel?"""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st

from dashboards import charts
from dashboards.answers import hours as answers
from dashboards.cards import Card, show_cards
from dashboards.downloads import offer_csv
from dashboards.formatting import Spelling, spell_name
from dashboards.notices import is_published, nothing, visitor_spelling
from dashboards.page import Page
from dashboards.picking import pick_from_list
from dashboards.pictures.grid import shaded_grid
from dashboards.reader import Reader
from dashboards.sources import show_source

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
EVERYWHERE = "All time zones"


def draw(reader: Reader) -> None:
    """The week as a grid of hours, people's best hours, and channels."""
    if not is_published(reader, "send_times"):
        return
    found = answers.figures(reader)
    if not found.get("people_count"):
        nothing(
            "Nobody's best hour is known yet: the prediction `send_time` learns from past messages and visits."
        )
        return
    spelling = visitor_spelling(reader)
    _show_figures(spelling, found)
    chosen = pick_from_list("People of", "zone", [EVERYWHERE, *answers.zones(reader)])
    zone = "" if chosen == EVERYWHERE else chosen
    _show_week(reader, spelling, zone, found)
    _show_best(reader, zone)
    _show_channels(reader)


def _show_figures(spelling: Spelling, found: dict[str, object]) -> None:
    source = "Table `send_times`"
    count, own = int(str(found["people_count"])), int(str(found["own_count"]))
    lift = float(str(found["mean_lift"] or 0))
    show_cards(
        [
            Card("People with an hour", spelling.number(count), source,
                 f"{spelling.share(own, count)} by what they did"),
            Card("Best for all", f"{found['population_hour']}:00", source, "by each person's own clock"),
            Card("Worth of the own hour", spelling.percent(lift), source, "more answers than then"),
            Card("Weekdays", "tell something" if found["knows_weekdays"] else "tell nothing", source,
                 "about when people answer"),
        ]
    )  # fmt: skip


def _show_week(reader: Reader, spelling: Spelling, zone: str, found: dict[str, object]) -> None:
    frame = answers.week(reader, zone)
    if frame.empty:
        nothing("Nobody lives there.")
        return
    shown = frame.assign(
        day=[WEEKDAYS[int(each)] for each in frame["weekday"]],
        clock=[f"{int(each):02d}" for each in frame["hour"]],
    )
    st.subheader("Chance of an answer to a message sent then", anchor="week")
    chart = shaded_grid(
        shown[["day", "clock", "probability"]], "clock", "day", "probability",
        across_title="Hour of the person's own day", down_title=None, unit="Chance of an answer", format_=".0%",
        tooltip=[
            alt.Tooltip("day:N", title="Day"),
            alt.Tooltip("clock:N", title="Hour"),
            alt.Tooltip("probability:Q", title="Chance", format=".1%"),
        ],
        step=34, low=float(frame["probability"].min()),
    )  # fmt: skip
    charts.show_chart(chart, "Mean chance of an answer by weekday and hour")
    sampled, count = int(str(found["sampled_count"])), int(str(found["people_count"]))
    if sampled < count:
        st.caption(
            f"The mean of {spelling.number(sampled)} people of {spelling.number(count)}, chosen by hash."
        )
    if not found["knows_weekdays"]:
        st.caption("Weekdays were found to tell nothing here, so all of them look alike.")
    show_source(reader, "send_times")
    offer_csv(reader, frame, "hours")


def _show_best(reader: Reader, zone: str) -> None:
    frame = answers.best_hours(reader, zone)
    st.subheader("For how many each hour is the best", anchor="best")
    shown = frame.assign(clock=[f"{int(each):02d}" for each in frame["best_hour"]])
    chart = (
        alt.Chart(shown, height=220)
        .mark_bar(color=charts.TEAL, cornerRadiusTopLeft=2, cornerRadiusTopRight=2)
        .encode(
            x=alt.X("clock:O", title="Hour of the person's own day",
                    axis=alt.Axis(labelAngle=0, grid=False, ticks=False)),
            y=alt.Y("people_count:Q", title="People", axis=alt.Axis(format="~s", domain=False, ticks=False)),
            tooltip=[
                alt.Tooltip("clock:O", title="Hour"),
                alt.Tooltip("people_count:Q", title="People", format=","),
            ],
        )
    )  # fmt: skip
    charts.show_chart(chart, "People by their best hour")
    show_source(reader, "send_times")
    offer_csv(reader, frame, "best-hours")


def _show_channels(reader: Reader) -> None:
    st.subheader("By which channel", anchor="channels")
    if reader.missing("channel_affinity"):
        nothing("The prediction `channel_affinity` has published nothing yet.")
        return
    frame = answers.channels(reader)
    if frame.empty:
        nothing("Nobody's channel is known yet.")
        return
    shown: pd.DataFrame = frame.assign(channel=[spell_name(each) for each in frame["channel"]])
    st.dataframe(
        shown,
        hide_index=True,
        alt="Channels with the people for whom each is the best",
        column_config={
            "channel": "Channel",
            "people_count": st.column_config.NumberColumn("People it can reach", format="localized"),
            "first_count": st.column_config.NumberColumn("Best for", format="localized"),
            "mean_probability": st.column_config.NumberColumn("Mean chance of an answer", format="percent"),
        },
    )
    show_source(reader, "channel_affinity")
    offer_csv(reader, frame, "channels")


plugin = Page(
    title="Best hours",
    question="At which hour do people answer, and by which channel?",
    icon=":material/schedule:",
    group="Understand",
    order=72,
    draw=draw,
)
