"""Every message planned for the person: what became of each, and on a click each gate's decision and all it rests on."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboards.answers.person import messages_of
from dashboards.asking import ask
from dashboards.downloads import offer_csv
from dashboards.formatting import Spelling, plain, spell_name
from dashboards.notices import calm, is_published, nothing
from dashboards.reader import Reader
from dashboards.sign_in.present import present_visitor
from dashboards.sources import show_source
from kith.accounts import Right
from kith.errors import KithError

CHAPTERS = {
    "gate": "Gates",
    "segment": "Segment",
    "score": "Scores",
    "consent": "Consent",
    "enrolment": "Way through the journey",
    "event": "Events",
    "delivery": "Delivery",
    "definition": "Definitions",
    "body": "Body",
    "message": "The plan",
}
_QUIET = ("what", "at", "source")


@st.fragment
@calm
def show_messages(reader: Reader, spelling: Spelling, person: str) -> None:
    """The table; a row that is ticked is told in full below it."""
    if not is_published(reader, "messages"):
        return
    frame = messages_of(reader, person)
    if frame.empty:
        nothing("No message was ever planned for this person.")
        return
    picked = _show_table(frame, spelling, person)
    offer_csv(reader, frame, "messages")
    show_source(reader, "messages")
    if picked is None:
        nothing("Tick a message to see each gate's decision and what it rests on.")
    elif not present_visitor().may(Right.SEE_PEOPLE):
        nothing("What a message rests on names the person; your role sees people masked.")
    else:
        _show_lineage(reader, str(frame["message_id"].iloc[picked]))


def _show_table(frame: pd.DataFrame, spelling: Spelling, person: str) -> int | None:
    shown = frame.copy()
    for column in [name for name in shown.columns if name.endswith("_at")]:
        shown[column] = [spelling.instant(each) for each in shown[column]]
    for column in ("campaign", "outcome", "reason"):
        shown[column] = [spell_name(each) for each in shown[column]]
    state = st.dataframe(
        shown,
        hide_index=True,
        alt="Messages planned for the person, with what became of each",
        on_select="rerun",
        selection_mode="single-row",
        key=f"messages_{person}",
        column_config={
            "decided_at": "Planned",
            "campaign": "Campaign",
            "channel": "Channel",
            "template": "Template",
            "outcome": "Outcome",
            "reason": "Reason",
            "sent_at": "Sent",
            "delivered_at": "Delivered",
            "first_opened_at": "Opened",
            "first_clicked_at": "Clicked",
            "converted_at": "Ordered",
            "message_id": "Message",
        },
    )
    rows: list[int] = state["selection"]["rows"]
    return next((each for each in rows if each < len(frame)), None)


def _show_lineage(reader: Reader, message_id: str) -> None:
    try:
        with st.spinner("Looking up what it rests on"):
            told: dict[str, list[dict[str, Any]]] = ask(reader.settings, "lineage", message_id)
    except KithError as error:
        nothing(f"Its lineage can't be told: {plain(error.problem)}")
        return
    st.markdown(f"#### Message {plain(message_id[:10])}")
    for part, label in CHAPTERS.items():
        entries = told.get(part, [])
        if entries:
            with st.expander(f"{label} · {len(entries)}", expanded=part == "gate"):
                for each in entries:
                    st.markdown(_line(each))
    st.caption(f"`kith lineage {message_id}`")


def _line(entry: dict[str, Any]) -> str:
    detail = ", ".join(
        f"{spell_name(name).lower()} {plain(str(value)[:200])}"
        for name, value in entry.items()
        if name not in _QUIET and value not in (None, "", [])
    )
    return f"**{plain(entry['what'])}** {f':gray[{detail}]' if detail else ''}"
