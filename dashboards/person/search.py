"""Searching for a person, on the page of all and on the page of one."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboards.answers.people_search import MOST, find_people
from dashboards.formatting import Spelling, plain, spell_name
from dashboards.links import page_address, person_addresses, person_column
from dashboards.notices import nothing
from dashboards.reader import Reader

_PLACEHOLDER = "E-mail address, phone number, user id, order id, profile id or name"
_MASKED_PLACEHOLDER = "User id, order id or profile id"


def ask_for_person(reader: Reader, label: str = "Find a person") -> str:
    """The field; what was typed never enters the address."""
    placeholder = _MASKED_PLACEHOLDER if reader.is_masked else _PLACEHOLDER
    return st.text_input(label, placeholder=placeholder, icon=":material/search:").strip()


def search(reader: Reader, text: str) -> list[dict[str, Any]]:
    """The hits, with a word where there are none."""
    hits = find_people(reader, text)
    if not hits:
        able = (
            "User ids, order ids and profile ids"
            if reader.is_masked
            else "Whole identifiers, or their first letters,"
        )
        nothing(f"Nobody is known by “{plain(text)}”. {able} are found.")
    return hits


def show_hits(hits: list[dict[str, Any]], spelling: Spelling) -> None:
    """Several people, each a link to their page."""
    st.caption(f"{len(hits)} people match" if len(hits) < MOST else f"The first {MOST} people that match")
    for hit in hits:
        st.markdown(_line(hit, spelling))


def show_people_table(hits: list[dict[str, Any]], spelling: Spelling, alt: str) -> pd.DataFrame:
    """The same as a table; answers what it shows."""
    frame = pd.DataFrame(
        {
            "person": person_addresses(hit["profile_id"] for hit in hits),
            "name": [_name(hit) for hit in hits],
            "email": [hit["email"] for hit in hits],
            "user_id": [hit["user_id"] for hit in hits],
            "country": [hit["country"] for hit in hits],
            "order_count": [hit["order_count"] for hit in hits],
            "last_seen_at": [spelling.instant(hit["last_seen_at"]) for hit in hits],
            "found_by": [spell_name(hit["found_by"]) for hit in hits],
        }
    )
    if not any(frame["found_by"]):
        frame = frame.drop(columns="found_by")
    st.dataframe(
        frame,
        hide_index=True,
        alt=alt,
        column_config={
            "person": person_column(),
            "name": "Name",
            "email": "E-mail",
            "user_id": "User id",
            "country": "Country",
            "order_count": st.column_config.NumberColumn("Orders", format="localized"),
            "last_seen_at": "Last seen",
            "found_by": "Found by",
        },
    )
    return frame


def _name(hit: dict[str, Any]) -> str:
    return " ".join(part for part in (hit["first_name"], hit["last_name"]) if part)


def _line(hit: dict[str, Any], spelling: Spelling) -> str:
    title = _name(hit) or hit["email"] or hit["user_id"] or hit["profile_id"][:10]
    detail = [hit["email"], hit["user_id"], f"last seen {spelling.day(hit['last_seen_at'])}"]
    address = page_address("person", person=hit["profile_id"])
    return f"[**{plain(title)}**]({address}) · " + " · ".join(plain(part) for part in detail if part)
