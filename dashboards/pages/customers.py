"""Whom do we know, and where do I find this one?"""

from __future__ import annotations

import streamlit as st

from dashboards.answers.people_search import MOST, seen_last
from dashboards.downloads import offer_csv
from dashboards.notices import is_published, visitor_spelling
from dashboards.page import Page
from dashboards.person.search import ask_for_person, search, show_people_table
from dashboards.reader import Reader
from dashboards.sources import show_source


def draw(reader: Reader) -> None:
    """The search; before anything is sought, those who were seen last."""
    if not is_published(reader, "profiles", "identities", "profile_aliases"):
        return
    spelling = visitor_spelling(reader)
    text = ask_for_person(reader)
    hits = search(reader, text) if text else seen_last(reader)
    if not hits:
        return
    if not text:
        st.markdown("#### Seen last")
    elif len(hits) == MOST:
        st.caption(f"The first {MOST} people that match. More letters narrow it down.")
    frame = show_people_table(hits, spelling, "People found" if text else "The people who were seen last")
    offer_csv(reader, frame, "customers")
    show_source(reader, "profiles", "identities", *(["orders"] if text else []))


plugin = Page(
    title="Customers",
    question="Whom do we know, and where do I find this one?",
    icon=":material/contacts:",
    group="People",
    order=19,
    draw=draw,
)
