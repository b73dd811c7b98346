"""Who is looking at the page that is being drawn."""

from __future__ import annotations

import streamlit as st

from dashboards.sign_in.visitors import COOKIE, EVERYBODY, visitors_of
from kith.accounts import Role, Visitor
from kith.settings import Settings

_KEY = "kith_visitor"
NOBODY = Visitor("nobody", Role.VIEWER)


def identify_visitor(settings: Settings) -> Visitor | None:
    """Whose cookie the browser sent; asked at every click, as a role may be another by now."""
    return visitors_of(settings).visitor(st.context.cookies.get(COOKIE))


def draw_for(visitor: Visitor) -> None:
    """What is drawn from here on is this visitor's."""
    st.session_state[_KEY] = visitor


def present_visitor() -> Visitor:
    """The visitor of the page that is being drawn; nobody in particular may do nothing."""
    return st.session_state.get(_KEY) or NOBODY


def show_visitor(visitor: Visitor, settings: Settings) -> None:
    """Name and role in the side bar, with the way out."""
    with st.sidebar:
        if visitor == EVERYBODY:
            st.caption(
                "Everybody who can reach these pages may do everything: `kith accounts add` lets people sign in."
            )
            return
        st.caption(f":material/person: **{visitor.name}** · {visitor.role.value}")
        if st.button("Sign out", icon=":material/logout:", type="tertiary"):
            visitors_of(settings).sign_out(st.context.cookies.get(COOKIE))
            st.rerun()  # which finds nobody, and shows the way to the form
