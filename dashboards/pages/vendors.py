"""Do the vendors carry what they are given, and what does it cost?"""

from __future__ import annotations

import streamlit as st

from dashboards.notices import is_published, visitor_spelling
from dashboards.operations.vendors import show_course, show_deliverability, show_vendors
from dashboards.page import Page
from dashboards.reader import Reader


def draw(reader: Reader) -> None:
    """Published deliverability, then health now, then its course."""
    st.subheader("How mail and messages arrive", anchor="deliverability")
    if is_published(reader, "deliverability"):
        show_deliverability(reader)
    st.subheader("Health and routing", anchor="health")
    show_vendors(reader, visitor_spelling(reader))
    st.subheader("The last week, hour by hour", anchor="course")
    show_course(reader)


plugin = Page(
    title="Vendors and routing",
    question="Do the vendors carry what they are given, and what does it cost?",
    icon=":material/router:",
    group="Run",
    order=82,
    draw=draw,
)
