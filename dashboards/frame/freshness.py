"""Which run a page shows, how old it is, and the look-out for the next one."""

from __future__ import annotations

import streamlit as st

from dashboards.formatting import Spelling, spell_age
from dashboards.reader import Reader, pointed_run
from kith.clock import system_clock
from kith.errors import KithError
from kith.settings import Settings

LOOK_EVERY = "8s"


def show_freshness(reader: Reader) -> None:
    """The run's `as_of` and age in the side bar; draws the page anew when the pointer has moved."""
    with st.sidebar:
        _tell_freshness(reader)


@st.fragment(run_every=LOOK_EVERY)
def await_first_run(settings: Settings) -> None:
    """Draws the page anew as soon as there is a run."""
    if pointed_run(settings) is not None:
        st.rerun(scope="app")


@st.fragment(run_every=LOOK_EVERY)
def _tell_freshness(reader: Reader) -> None:
    if pointed_run(reader.settings) != reader.run_id:
        st.rerun(scope="app")
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"**Data as of** {Spelling(zone=reader.settings.zone).instant(reader.as_of)}")
        st.caption(f"{reader.settings.zone} · {spell_freshness(reader)}")
        st.caption(f"Run `{reader.run_id}`")


def spell_freshness(reader: Reader) -> str:
    """The snapshot's age by the workspace's clock."""
    try:
        return spell_age(system_clock(reader.settings).now() - reader.as_of)
    except KithError:
        return "the workspace's clock was not set yet"
