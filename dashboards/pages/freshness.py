"""How fresh is everything: runs, sources, tables?"""

from __future__ import annotations

import streamlit as st

from dashboards.notices import visitor_spelling
from dashboards.operations.freshness import show_runs, show_sources, show_tables
from dashboards.page import Page
from dashboards.reader import Reader


def draw(reader: Reader) -> None:
    """Runs, sources, tables."""
    spelling = visitor_spelling(reader)
    show_runs(reader, spelling)
    st.subheader("Sources of events", anchor="sources")
    show_sources(reader, spelling)
    st.subheader("Tables", anchor="tables")
    show_tables(reader)


plugin = Page(
    title="Freshness",
    question="How fresh is everything: runs, sources, tables?",
    icon=":material/schedule:",
    group="Run",
    order=84,
    draw=draw,
)
