"""The list of campaigns: what each says, and what became of it so far."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboards.answers import campaigns as answers
from dashboards.campaign.roster import Listed, list_files
from dashboards.downloads import offer_csv
from dashboards.formatting import plain, spell_name
from dashboards.links import page_address
from dashboards.notices import nothing
from dashboards.reader import Reader
from dashboards.sources import show_source

COUNTS = ("planned", "sent", "opened", "ordered")


def show_list(reader: Reader) -> None:
    """Each campaign of the definitions, and each that sent anything and has no file any more."""
    listed = list_files(reader.settings)
    counted = {} if reader.missing("campaign_performance") else answers.counts_by_campaign(reader)
    rows = [_row(each, counted.pop(each.name, {})) for each in listed if not each.problem]
    for each in (each for each in listed if each.problem):
        st.error(f"`{each.file}.yml` can't be read: {plain(each.problem)}", icon=":material/error:")
    rows += [_row(Listed(name, "", when="a journey, or deleted"), counts) for name, counts in counted.items()]
    if not rows:
        nothing("There is no campaign yet. “Compose a campaign” makes one.")
        return
    frame = pd.DataFrame(rows)
    st.dataframe(frame, hide_index=True, alt="All campaigns", column_config=_columns(), placeholder="–")
    with st.container(horizontal=True, vertical_alignment="center"):
        show_source(reader, "campaign_performance")
        offer_csv(reader, frame.drop(columns=["results", "edit"]), "campaigns")


def _row(each: Listed, counts: dict[str, Any]) -> dict[str, Any]:
    has_results = bool(counts)
    return {
        "campaign": spell_name(each.name),
        "results": page_address("campaigns", campaign=each.name) if has_results else None,
        "edit": page_address("compose", campaign=each.file) if each.file else None,
        "state": each.state or "–",
        "to": spell_name(each.segment),
        "when": each.when,
        "by": each.channels,
        **{name: counts.get(name) for name in COUNTS},
        "lift": counts.get("lift"),
    }


def _columns() -> dict[str, Any]:
    number = st.column_config.NumberColumn
    return {
        "campaign": st.column_config.TextColumn("Campaign", pinned=True),
        "state": st.column_config.TextColumn("State", width="small"),
        "to": "To",
        "when": "When",
        "by": "By",
        **{name: number(name.capitalize(), format="localized", width="small") for name in COUNTS},
        "lift": number("Lift (pp)", format="%+.1f", help="More people who order, in percentage points."),
        "results": st.column_config.LinkColumn("Results", display_text="Open", width="small"),
        "edit": st.column_config.LinkColumn("Definition", display_text="Edit", width="small"),
    }
