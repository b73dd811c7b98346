"""What the person allows now, and every word that led there."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboards.answers import person_history as answers
from dashboards.formatting import Spelling, spell_name
from dashboards.notices import is_published, nothing
from dashboards.person_tables import show_consents
from dashboards.reader import Reader
from dashboards.sources import show_source


def show_consent_history(reader: Reader, spelling: Spelling, person: str) -> None:
    """Permissions as they stand, then the events that said so, the latest first."""
    show_consents(reader, spelling, person)
    st.markdown("#### What was said")
    if not is_published(reader, "events"):
        return
    rows = answers.consent_events_of(reader, person)
    if not rows:
        nothing("No event of this person speaks of consent.")
        return
    frame = pd.DataFrame(rows)
    frame["at"] = [spelling.instant(each) for each in frame["at"]]
    for column in ("purpose", "status"):
        frame[column] = [spell_name(each) for each in frame[column]]
    st.dataframe(
        frame,
        hide_index=True,
        alt="Words about consent, the latest first",
        column_config={
            "at": st.column_config.TextColumn("When", pinned=True),
            "event": "What",
            "purpose": "Purpose",
            "channel": "Channel",
            "status": "Said",
            "source": "Source",
        },
    )
    show_source(reader, "consents", "events")
