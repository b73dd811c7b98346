"""Who is this, and what do we know of them?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from dashboards.answers import person as answers
from dashboards.formatting import Spelling
from dashboards.notices import is_published, nothing, visitor_spelling
from dashboards.page import Page
from dashboards.person.consents import show_consent_history
from dashboards.person.identity import show_identity
from dashboards.person.journeys import show_journeys
from dashboards.person.messages import show_messages
from dashboards.person.search import ask_for_person, search, show_hits
from dashboards.person.segments import show_explanations
from dashboards.person.timeline import show_events, show_sessions
from dashboards.person.traits import show_provenance
from dashboards.person_card import show_header, show_scores, show_traits
from dashboards.person_tables import show_consents, show_identifiers, show_orders, show_segments
from dashboards.reader import Reader
from dashboards.sources import show_source


def draw(reader: Reader) -> None:
    """Search, then the person that the address names."""
    if not is_published(reader, "profiles", "identities", "profile_aliases"):
        return
    spelling = visitor_spelling(reader)
    wanted = st.query_params.get("person")
    if text := ask_for_person(reader):
        _show_hits(reader, spelling, text)
    elif wanted:
        _show_person(reader, spelling, wanted)
    else:
        nothing("Type an identifier, or its first letters, to open a person's page.")


def _show_hits(reader: Reader, spelling: Spelling, text: str) -> None:
    hits = search(reader, text)
    if len(hits) == 1:
        st.query_params["person"] = hits[0]["profile_id"]
        _show_person(reader, spelling, hits[0]["profile_id"])
    elif hits:
        show_hits(hits, spelling)


def _show_person(reader: Reader, spelling: Spelling, wanted: str) -> None:
    profile = answers.find_person(reader, wanted)
    if not profile:
        st.warning("Nobody has this profile id in the present data.", icon=":material/person_off:")
        return
    person = profile["profile_id"]
    if person != wanted:
        st.caption(":material/merge: This id was merged into the present one; the address still works.")
    show_header(profile, spelling)
    _show_parts(reader, spelling, person, profile)


def _show_parts(reader: Reader, spelling: Spelling, person: str, profile: dict[str, Any]) -> None:
    """Only the part that is open is asked for; which one it is stands in the address."""
    parts: dict[str, Callable[[], None]] = {
        "Overview": lambda: _overview(reader, spelling, person, profile),
        "Timeline": lambda: show_events(reader, spelling, person),
        "Visits": lambda: show_sessions(reader, spelling, person),
        "Orders": lambda: show_orders(reader, spelling, person),
        "Messages": lambda: show_messages(reader, spelling, person),
        "Journeys": lambda: show_journeys(reader, spelling, person),
        "Segments": lambda: show_explanations(reader, person),
        "Consents": lambda: show_consent_history(reader, spelling, person),
        "Traits": lambda: show_provenance(reader, spelling, person),
        "Identity": lambda: show_identity(reader, spelling, person),
    }
    for tab, show in zip(st.tabs(list(parts), key="part", bind="query-params"), parts.values(), strict=True):
        if tab.open:
            with tab:
                show()


def _overview(reader: Reader, spelling: Spelling, person: str, profile: dict[str, Any]) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        show_scores(reader, spelling, person)
    with right:
        show_traits(profile)
        show_identifiers(reader, person)
        show_segments(reader, spelling, person)
        show_consents(reader, spelling, person)
    told = [each for each in ("scores", "segment_members", "consents") if not reader.missing(each)]
    show_source(reader, "profiles", "identities", *told)


plugin = Page(
    title="Person",
    question="Who is this, and what do we know of them?",
    icon=":material/person_search:",
    group="People",
    order=20,
    draw=draw,
)
