"""Did everything that was planned get out, and do the books balance?"""

from __future__ import annotations

import streamlit as st

from dashboards.notices import visitor_spelling
from dashboards.operations.deliveries import show_messages, show_standing, show_sync_states, show_syncs
from dashboards.page import Page
from dashboards.reader import Reader


def draw(reader: Reader) -> None:
    """Messages, then syncs; what is under way now below each."""
    spelling = visitor_spelling(reader)
    st.subheader("Messages", anchor="messages")
    show_messages(reader, spelling)
    st.subheader("Syncs to other systems", anchor="syncs")
    show_syncs(reader, spelling)
    st.subheader("Right now", anchor="now")
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.markdown("**Messages that wait**")
        show_standing(reader, spelling)
    with right:
        st.markdown("**Syncs, as last looked at**")
        show_sync_states(reader)


plugin = Page(
    title="Deliveries and syncs",
    question="Did everything that was planned get out, and do the books balance?",
    icon=":material/outbox:",
    group="Run",
    order=80,
    draw=draw,
)
