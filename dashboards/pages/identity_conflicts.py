"""Which identifiers could not be joined, and why?"""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st

from dashboards import charts
from dashboards.answers import operations as answers
from dashboards.cards import Card, show_cards
from dashboards.formatting import Spelling, spell_name
from dashboards.links import page_address
from dashboards.notices import is_published, visitor_spelling
from dashboards.operations.listing import show_published
from dashboards.page import Page
from dashboards.reader import Reader

ALL = "All reasons"


def draw(reader: Reader) -> None:
    """By reason, then the links with most evidence."""
    if not is_published(reader, "identity_conflicts", "identities"):
        return
    spelling = visitor_spelling(reader)
    frame = answers.conflicts_by_reason(reader)
    if frame.empty:
        st.success("No link between identifiers was refused.", icon=":material/check_circle:")
        return
    _show_reasons(reader, spelling, frame)
    st.subheader("The links with most evidence", anchor="links")
    chosen = st.selectbox("Reason", [ALL, *dict.fromkeys(frame["reason"])], key="conflict_reason")
    _show_links(reader, None if chosen == ALL else chosen)


def _show_reasons(reader: Reader, spelling: Spelling, frame: pd.DataFrame) -> None:
    table = "Table `identity_conflicts`"
    show_cards(
        [
            Card("Links refused", spelling.number(int(frame["conflicts"].sum())), table),
            Card(
                "Evidence behind them",
                spelling.number(int(frame["evidence"].sum())),
                table,
                "events that bore both",
            ),
            Card("Reasons", spelling.number(frame["reason"].nunique()), table),
        ]
    )
    st.caption(
        "Two identifiers stood on one event, yet joining them would have broken a rule: one account for two user "
        "ids, a device that half a library shares. Both sides stay apart."
    )
    shown = frame.assign(
        between=[
            f"{a} – {b}".replace("_", " ")
            for a, b in zip(frame["left_type"], frame["right_type"], strict=True)
        ]
    )
    chart = (
        alt.Chart(shown, height=alt.Step(34))
        .mark_bar(cornerRadius=3)
        .encode(
            y=alt.Y("reason:N", title=None, sort="-x", axis=alt.Axis(grid=False, labelLimit=260)),
            x=alt.X("sum(conflicts):Q", title="Links refused", axis=alt.Axis(format="~s", grid=False)),
            color=alt.Color("between:N", title=None, legend=alt.Legend(orient="top"),
                            scale=alt.Scale(range=[charts.TEAL, charts.AMBER, charts.BLUE, charts.ROSE, charts.SLATE])),
            tooltip=["reason:N", "between:N", "rule:N", alt.Tooltip("conflicts:Q", format=",")],
        )
    )  # fmt: skip
    charts.show_chart(chart, f"{int(frame['conflicts'].sum())} refused links by reason")


def _show_links(reader: Reader, reason: str | None) -> None:
    frame = answers.conflicts(reader, reason)
    for side in ("left", "right"):
        ids = frame.pop(f"{side}_profile")
        frame[f"{side}_person"] = [page_address("person", person=each) if each else None for each in ids]
        frame[f"{side}_type"] = [spell_name(each) for each in frame[f"{side}_type"]]
    link = st.column_config.LinkColumn
    columns = {
        "left_type": "One", "left_value": st.column_config.TextColumn("is", width="medium"),
        "right_type": "Other", "right_value": st.column_config.TextColumn("is ", width="medium"),
        "reason": "Reason",
        "edge_count": st.column_config.NumberColumn("Evidence", format="localized"),
        "first_received_at": st.column_config.DatetimeColumn("First seen (UTC)", format="D MMM YYYY"),
        "left_person": link("One's person", display_text=r"person=(\w{8})"),
        "right_person": link("Other's person", display_text=r"person=(\w{8})"),
    }  # fmt: skip
    show_published(
        reader, frame, "identity-conflicts", "Refused links", columns, "identity_conflicts", "identities"
    )
    st.caption(
        "`kith identity explain` tells the path of evidence between two identifiers; `split` keeps two apart."
    )


plugin = Page(
    title="Identity conflicts",
    question="Which identifiers could not be joined, and why?",
    icon=":material/call_split:",
    group="Run",
    order=85,
    draw=draw,
)
