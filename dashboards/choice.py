"""Choosing one thing on a page; the choice is kept in the address, so that it can be shared."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboards.formatting import plain, spell_name


def choose(label: str, parameter: str, names: Sequence[str]) -> str | None:
    """A select box bound to a query parameter. A name in the address that is unknown is said and ignored."""
    wanted = st.query_params.get(parameter)
    if wanted is not None and wanted not in names:
        st.warning(
            f"There is no {label.lower()} named “{plain(wanted)}”. Choose one below.",
            icon=":material/link_off:",
        )
    return st.selectbox(label, names, format_func=spell_name, key=parameter, bind="query-params")
