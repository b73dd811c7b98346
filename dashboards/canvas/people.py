"""The people and messages at a step: who is there now, and what became of what was sent."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboards.answers import journeys as answers
from dashboards.canvas.ids import made_id
from dashboards.canvas.palette import word_of
from dashboards.canvas.views import View
from dashboards.downloads import offer_csv
from dashboards.formatting import spell_name
from dashboards.links import person_addresses, person_column
from dashboards.sources import show_source


def show_step_figures(view: View, step: Any) -> None:
    """Below a step's form, where the journey was run at all."""
    name = made_id(step)
    if not name or view.reader.missing(*answers.TABLES) or not view.versions:
        return
    if word_of(step) == "send":
        _show_outcomes(view, name)
    _show_people(view, name)


def _show_outcomes(view: View, name: str) -> None:
    frame = answers.outcomes(view.reader, view.name, view.version, name)
    if frame.empty:
        return
    st.markdown("**What became of its messages**")
    frame["outcome"] = [spell_name(each) for each in frame["outcome"]]
    config = {
        "outcome": st.column_config.TextColumn("Outcome"),
        "messages": st.column_config.NumberColumn("Messages", format="localized"),
    }
    st.dataframe(frame, hide_index=True, column_config=config, alt=f"Outcomes of the messages of {name}")
    offer_csv(view.reader, frame, f"{view.name}_{name}_outcomes")


def _show_people(view: View, name: str) -> None:
    frame = answers.people(view.reader, view.name, view.version, name)
    st.markdown("**Who is here now**")
    if frame.empty:
        st.caption(":material/info: Nobody waits in this step.")
    else:
        shown = frame.drop(columns=["profile_id"]).assign(person=person_addresses(frame["profile_id"]))
        for column in ("entered_at", "since"):
            shown[column] = [view.spelling.instant(each) for each in shown[column]]
        order = ["person", "since", "entered_at", "is_holdout"]
        if frame["entry_key"].astype(bool).any():
            order.insert(1, "entry_key")
        config = {
            "person": person_column(),
            "entry_key": "Pass",
            "since": "Here since",
            "entered_at": "Entered",
            "is_holdout": st.column_config.CheckboxColumn("Held out"),
        }
        st.dataframe(shown, hide_index=True, column_order=order, column_config=config, height=240,
                     alt=f"People in the step {name}")  # fmt: skip
        offer_csv(view.reader, frame, f"{view.name}_{name}_people")
    show_source(view.reader, "enrolments", "journey_transitions", "messages")
