"""Choosing one thing on a page; the choice is kept in the address, so that it can be shared."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from dashboards.formatting import plain, spell_name


def choose(
    label: str, parameter: str, names: Sequence[str], spell: Callable[[str], str] = spell_name
) -> str | None:
    """A select box whose choice stands in the address, and follows it.

    A name in the address that is unknown is said and ignored.
    """
    key, wanted = f"chosen_{parameter}", st.query_params.get(parameter)
    if wanted in names:
        st.session_state[key] = wanted
    elif wanted is not None:
        st.warning(
            f"There is no {label.lower()} named “{plain(wanted)}”. Choose one below.",
            icon=":material/link_off:",
        )
    return st.selectbox(
        label, names, key=key, format_func=spell, on_change=_keep_in_address, args=(parameter, key)
    )


def _keep_in_address(parameter: str, key: str) -> None:
    st.query_params[parameter] = st.session_state[key]
