"""Where each trait comes from: who told it, when, and what it was before."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboards.answers import person_history as answers
from dashboards.downloads import offer_csv
from dashboards.formatting import Spelling, spell_name
from dashboards.notices import is_published, nothing
from dashboards.reader import Reader
from dashboards.sources import show_source


def show_provenance(reader: Reader, spelling: Spelling, person: str) -> None:
    """Told traits with source and time, then computed ones."""
    if is_published(reader, "profile_traits"):
        rows = answers.traits_of(reader, person)
        if rows:
            _show_told(reader, rows, spelling)
        else:
            nothing("Nobody told us anything about this person.")
    if not reader.missing("profile_attributes"):
        _show_computed(reader, answers.computed_of(reader, person), spelling)


def _show_told(reader: Reader, rows: list[dict[str, Any]], spelling: Spelling) -> None:
    import pandas as pd

    frame = pd.DataFrame(
        {
            "trait": [spell_name(row["trait"]) for row in rows],
            "value": [row["trait_value"] for row in rows],
            "source": [row["source"] for row in rows],
            "told": [spelling.instant(row["valid_from"]) for row in rows],
            "until": [
                "now" if row["valid_to"] is None and row["is_current"] else spelling.instant(row["valid_to"])
                for row in rows
            ],
            "counts": [row["is_current"] for row in rows],
        }
    )
    st.dataframe(
        frame,
        hide_index=True,
        alt="Traits with where they come from",
        column_config={
            "trait": st.column_config.TextColumn("Trait", pinned=True),
            "value": "Value",
            "source": "Told by",
            "told": "Since",
            "until": "Until",
            "counts": st.column_config.CheckboxColumn("In force", help="The value that the profile shows"),
        },
    )
    offer_csv(reader, frame, "traits")
    show_source(reader, "profile_traits")


def _show_computed(reader: Reader, rows: list[dict[str, Any]], spelling: Spelling) -> None:
    st.markdown("#### Computed")
    if not rows:
        nothing("No computed attribute has a value for this person.")
        return
    for row in rows:
        st.markdown(
            f"**{spell_name(row['attribute'])}** {row['value']} :gray[since {spelling.day(row['since_at'])}]"
        )
    show_source(reader, "profile_attributes")
