"""Who may be written to, for what and by which channel, and how does that change?"""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st

from dashboards import charts
from dashboards.answers import operations as answers
from dashboards.formatting import Spelling, spell_name
from dashboards.notices import is_published, nothing, visitor_spelling
from dashboards.operations.listing import asked, instants, show_live, show_published
from dashboards.page import Page
from dashboards.reader import Reader
from dashboards.sign_in.present import present_visitor
from dashboards.sources import show_source
from dashboards.tables import Row, show_table
from kith.accounts import Right

DOUBTFUL = ("consent", "doubtful")


def draw(reader: Reader) -> None:
    """Profiles by their permission, the words over time, on what they rest, and replies to decide about."""
    if not is_published(reader, "consents", "consent_history"):
        return
    spelling = visitor_spelling(reader)
    frame = answers.consents(reader)
    if frame.empty:
        nothing("Nobody has said yes or no to anything so far.")
        return
    _show_now(reader, spelling, frame)
    st.subheader("Over time", anchor="time")
    _show_time(reader)
    st.subheader("On what it rests", anchor="bases")
    _show_bases(reader)
    st.subheader("Replies that may mean stop", anchor="doubtful")
    _show_doubtful(reader)


def _show_now(reader: Reader, spelling: Spelling, frame: pd.DataFrame) -> None:
    people = reader.row("SELECT count(*) AS people FROM profiles WHERE NOT is_bot")["people"]
    rows = []
    for each in frame.to_dict("records"):
        silent = max(people - each["granted"] - each["refused"], 0)
        counts = (each["granted"], each["refused"], silent)
        cells = [f"{spelling.number(count)} · {spelling.share(count, people)}" for count in counts]
        rows.append(Row((f"{spell_name(each['purpose'])} by {each['channel']}", *cells)))
    show_table("Profiles by permission", ("For and by", "Yes", "No", "Never asked: no"), rows, numbers=3)
    st.caption(
        "Profiles by the strictest of what their identifiers said last. Who never said anything is not written to, "
        "but for what they wait for."
    )
    show_source(reader, "consents", "profiles")


def _show_time(reader: Reader) -> None:
    frame = answers.consent_words_by_week(reader)
    frame["for_and_by"] = [
        f"{spell_name(purpose)} by {channel}"
        for purpose, channel in zip(frame["purpose"], frame["channel"], strict=True)
    ]
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Identifiers whose word is a yes**")
        charts.show_chart(_standing(frame), "Identifiers with a yes in force, by week")
    with right:
        st.markdown("**Words said each week**")
        charts.show_chart(_words(frame), "Yes and no said each week")
    show_source(reader, "consent_history")


def _standing(frame: pd.DataFrame) -> alt.Chart:
    palette = alt.Scale(range=[charts.TEAL, charts.AMBER, charts.BLUE, charts.ROSE, charts.SLATE])
    return (
        alt.Chart(frame, height=charts.HEIGHT)
        .mark_line(strokeWidth=2.2, interpolate="step-after")
        .encode(
            x=alt.X("week:T", title=None, axis=alt.Axis(format="%-d %b", grid=False)),
            y=alt.Y("standing:Q", title="Identifiers", axis=alt.Axis(format="~s", domain=False, ticks=False)),
            color=alt.Color("for_and_by:N", title=None, scale=palette, legend=alt.Legend(orient="top", columns=2)),
            tooltip=["for_and_by:N", alt.Tooltip("week:T", format="week of %-d %b %Y"),
                     alt.Tooltip("standing:Q", format=",")],
        )
    )  # fmt: skip


def _words(frame: pd.DataFrame) -> alt.Chart:
    told = frame.melt(["week", "for_and_by"], ["granted", "refused"], "word", "words")
    told["words"] = [
        count if word == "granted" else -count
        for count, word in zip(told["words"], told["word"], strict=True)
    ]
    told["word"] = ["Yes" if word == "granted" else "No" for word in told["word"]]
    colors = alt.Scale(domain=["Yes", "No"], range=[charts.TEAL, charts.ROSE])
    return (
        alt.Chart(told, height=charts.HEIGHT)
        .mark_bar()
        .encode(
            x=alt.X("week:T", title=None, axis=alt.Axis(format="%-d %b", grid=False)),
            y=alt.Y(
                "sum(words):Q",
                title="Words (no below)",
                axis=alt.Axis(format="~s", domain=False, ticks=False),
            ),
            color=alt.Color("word:N", title=None, scale=colors, legend=alt.Legend(orient="top")),
            tooltip=[
                "word:N",
                alt.Tooltip("week:T", format="week of %-d %b %Y"),
                alt.Tooltip("sum(words):Q", format=","),
            ],
        )
    )


def _show_bases(reader: Reader) -> None:
    frame = answers.legal_bases(reader)
    columns = {
        "purpose": "Purpose", "channel": "Channel", "legal_basis": "Legal basis",
        "people": st.column_config.NumberColumn("Profiles", format="localized"),
        "with_evidence": st.column_config.NumberColumn("With evidence kept", format="localized"),
    }  # fmt: skip
    show_published(reader, frame, "legal-bases", "Legal bases of permissions", columns, "consents")


def _show_doubtful(reader: Reader) -> None:
    if not present_visitor().may(Right.SEE_PEOPLE):
        nothing("What people wrote is shown to those who may see people.")
        return
    rows = asked(reader, *DOUBTFUL)
    if rows is None:
        return
    if not rows:
        st.caption(":green[:material/check_circle:] No reply waits for a person to decide.")
        return
    st.markdown("They changed nothing by themselves: `kith consent import` writes down what you decide.")
    show_live(reader, instants(pd.DataFrame(rows), "received_at"), DOUBTFUL, "Replies that may mean stop", {})


plugin = Page(
    title="Consent and preferences",
    question="Who may be written to, for what and by which channel, and how does that change?",
    icon=":material/how_to_reg:",
    group="Run",
    order=86,
    draw=draw,
)
