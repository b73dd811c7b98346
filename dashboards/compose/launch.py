"""Letting a composed campaign go live, once somebody has read how many it will reach."""

from __future__ import annotations

import streamlit as st

from dashboards.actions import Action, show_action
from dashboards.asking import ask_anew
from dashboards.compose.forecast import forecast
from dashboards.formatting import Spelling, plain
from dashboards.links import page_address
from dashboards.reader import Reader
from kith.accounts import Right, Visitor


def offer_launch(reader: Reader, visitor: Visitor, name: str, text: str, is_saved: bool, state: str) -> None:
    """The button, and why it can't be pressed where it can't."""
    if state == "live":
        st.success(
            f"{plain(name)} is live: the next run plans what is due. "
            f"[See what became of it]({page_address('campaigns', campaign=name)}).",
            icon=":material/rocket_launch:",
        )
        if visitor.may(Right.LAUNCH) and st.button("Pause", icon=":material/pause:"):
            _tell(reader, visitor, "Pause a campaign", ("journeys", "pause", name))
        return
    why = "" if is_saved else "Save it first: what is launched is the file."
    why = why if visitor.may(Right.LAUNCH) else "Your role may not launch."
    if st.button(
        "Launch …", type="primary", icon=":material/rocket_launch:", disabled=bool(why), help=why or None
    ):
        _confirm(reader, visitor, name, text)


@st.dialog("Launch this campaign?", width="medium")
def _confirm(reader: Reader, visitor: Visitor, name: str, text: str) -> None:
    spelling = Spelling(st.context.locale or "en", reader.settings.zone)
    with st.spinner("Counting whom it would reach …"):
        found = forecast(reader, text)
    if isinstance(found, str):
        st.warning(f"How many it reaches can't be told: {plain(found)}", icon=":material/help:")
        label = "Launch all the same"
    else:
        number = spelling.number(found["sent"])
        st.markdown(
            f"**{plain(name)}** would send **{number} messages** now, of {spelling.number(found['planned'])} "
            f"that fall due; {spelling.number(found['held_out'])} people are held out. Its next run plans it, "
            "with the people who are in the segment by then."
        )
        label = f"Launch: {number} messages"
    if st.button(label, type="primary", icon=":material/rocket_launch:"):
        _tell(reader, visitor, "Launch a campaign", ("campaigns", "launch", name))
    st.caption("Goes back by pausing it; what has left by then has left.")


def _tell(reader: Reader, visitor: Visitor, label: str, words: tuple[str, ...]) -> None:
    action = Action(label, (*words, "--by", visitor.name), Right.LAUNCH, f"campaigns/{words[-1]}")
    done = show_action(action, visitor, reader.settings)
    if done.is_done:
        ask_anew()
        st.session_state["compose_told"] = f"{label}: done."
        st.rerun(scope="app")
