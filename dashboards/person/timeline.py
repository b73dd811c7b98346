"""What the person did, a page of events at a time, and their visits."""

from __future__ import annotations

import streamlit as st

from dashboards.answers import person_history as answers
from dashboards.downloads import offer_csv
from dashboards.formatting import Spelling, spell_name
from dashboards.notices import calm, is_published, nothing
from dashboards.person_tables import KINDS, WHAT
from dashboards.reader import Reader
from dashboards.sources import show_source


@st.fragment
@calm
def show_events(reader: Reader, spelling: Spelling, person: str) -> None:
    """All events, or those of some kinds, a hundred at a time."""
    if not is_published(reader, "events"):
        return
    kinds = answers.kinds_of_events(reader, person)
    if not kinds:
        nothing("No event so far.")
        return
    chosen = st.pills(
        "Show only", list(kinds), selection_mode="multi", key=f"events_{person}",
        format_func=lambda each: f"{WHAT.get(each, each)} · {kinds[each]:,}",
    )  # fmt: skip
    total = sum(kinds[each] for each in chosen) if chosen else sum(kinds.values())
    pages = -(-total // answers.EVENTS_A_PAGE)
    page = 0
    if pages > 1:
        page = (
            st.number_input(f"Page of {pages:,}", 1, pages, 1, key=f"page_{person}_{len(chosen)}", width=160)
            - 1
        )
    frame = answers.events_of(reader, person, list(chosen), int(page))
    frame["at"] = [spelling.instant(each) for each in frame["at"]]
    frame["kind"] = [KINDS.get(each, spell_name(each)) for each in frame["kind"]]
    frame["what"] = [WHAT.get(each, each) for each in frame["what"]]
    st.dataframe(
        frame,
        hide_index=True,
        alt="The person's events, latest first",
        column_order=["at", "kind", "what", "detail", "source"],
        column_config={
            "at": st.column_config.TextColumn("When", pinned=True),
            "kind": "Kind",
            "what": st.column_config.TextColumn("What", width="medium"),
            "detail": st.column_config.TextColumn("Detail", width="large"),
            "source": "Source",
        },
    )
    nothing(f"{spelling.number(len(frame))} of {spelling.number(total)} events, the latest first.")
    offer_csv(reader, frame, "timeline", of=total)
    show_source(reader, "events")


def show_sessions(reader: Reader, spelling: Spelling, person: str) -> None:
    """Visits with what happened in them."""
    if not is_published(reader, "sessions"):
        return
    frame = answers.sessions_of(reader, person)
    if frame.empty:
        nothing("No visit so far.")
        return
    lasted = (frame["ended_at"] - frame["started_at"]).dt.total_seconds() / 60
    frame["ended_at"] = [spelling.number(each) for each in lasted]
    frame["started_at"] = [spelling.instant(each) for each in frame["started_at"]]
    st.dataframe(
        frame,
        hide_index=True,
        alt="The person's visits",
        column_config={
            "started_at": st.column_config.TextColumn("Began", pinned=True),
            "ended_at": st.column_config.TextColumn("Minutes", alignment="right"),
            "event_count": st.column_config.NumberColumn("Events", format="localized"),
            "page_count": st.column_config.NumberColumn("Pages", format="localized"),
            "order_count": st.column_config.NumberColumn("Orders", format="localized"),
            "channel": "Came by",
            "device": "Device",
        },
    )
    offer_csv(reader, frame, "visits")
    show_source(reader, "sessions")
