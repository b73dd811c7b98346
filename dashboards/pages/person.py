"""Who is this, and what do we know of them?"""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboards.answers import person as answers
from dashboards.formatting import Spelling, plain
from dashboards.links import page_address
from dashboards.notices import is_published, nothing, visitor_spelling
from dashboards.page import Page
from dashboards.person_card import show_header, show_scores, show_traits
from dashboards.person_tables import (
    show_consents,
    show_identifiers,
    show_messages,
    show_orders,
    show_segments,
    show_timeline,
)
from dashboards.reader import Reader


def draw(reader: Reader) -> None:
    """Search, then the person that the address names."""
    if not is_published(reader, "profiles", "identities", "profile_aliases"):
        return
    spelling = visitor_spelling(reader)
    wanted = st.query_params.get("person")
    text = st.text_input(
        "Find a person",
        placeholder="User id, e-mail address, phone number or profile id",
        icon=":material/search:",
    )
    if text.strip():
        _show_hits(reader, spelling, text)
    elif wanted:
        _show_person(reader, spelling, wanted)
    else:
        nothing("Type an identifier, or its first letters, to open a person's page.")


def _show_hits(reader: Reader, spelling: Spelling, text: str) -> None:
    hits = answers.search_people(reader, text)
    if not hits:
        nothing(
            f"Nobody is known by “{plain(text.strip())}”. What equals an identifier or begins it is found."
        )
    elif len(hits) == 1:
        st.query_params["person"] = hits[0]["profile_id"]
        _show_person(reader, spelling, hits[0]["profile_id"])
    else:
        st.caption(f"{len(hits)} people match" if len(hits) < 20 else "The first 20 people that match")
        for hit in hits:
            st.markdown(_hit_line(hit, spelling))


def _hit_line(hit: dict[str, Any], spelling: Spelling) -> str:
    name = " ".join(part for part in (hit["first_name"], hit["last_name"]) if part)
    title = name or hit["email"] or hit["user_id"] or hit["profile_id"][:10]
    detail = [hit["email"], hit["user_id"], f"last seen {spelling.day(hit['last_seen_at'])}"]
    address = page_address("person", person=hit["profile_id"])
    return f"[**{plain(title)}**]({address}) · " + " · ".join(plain(part) for part in detail if part)


def _show_person(reader: Reader, spelling: Spelling, wanted: str) -> None:
    profile = answers.find_person(reader, wanted)
    if not profile:
        st.warning("Nobody has this profile id in the present data.", icon=":material/person_off:")
        return
    person = profile["profile_id"]
    if person != wanted:
        st.caption(":material/merge: This id was merged into the present one; the address still works.")
    show_header(profile, spelling)
    left, right = st.columns(2, gap="large")
    with left:
        show_scores(reader, spelling, person)
        show_segments(reader, spelling, person)
        show_consents(reader, spelling, person)
    with right:
        show_traits(profile)
        show_identifiers(reader, person)
    timeline, orders, messages = st.tabs(["Timeline", "Orders", "Messages"])
    with timeline:
        show_timeline(reader, spelling, person)
    with orders:
        show_orders(reader, spelling, person)
    with messages:
        show_messages(reader, spelling, person)


plugin = Page(
    title="Person",
    question="Who is this, and what do we know of them?",
    icon=":material/person_search:",
    group="Know",
    order=20,
    draw=draw,
)
