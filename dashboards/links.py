"""Links between pages. Addresses carry ids, never an e-mail address or a name."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode

import streamlit as st


def page_address(page: str, **parameters: str | list[str]) -> str:
    """The address of a page beside the present one: `person?person=…`."""
    return f"{page}?{urlencode(parameters, doseq=True)}" if parameters else page


def person_addresses(profile_ids: Iterable[str]) -> list[str]:
    """The address of each person's page, for a `person_column`."""
    return [page_address("person", person=each) for each in profile_ids]


def person_column(label: str = "Person"):
    """A column of links to people, each shown by the first digits of its id."""
    return st.column_config.LinkColumn(label, display_text=r"person=(\w{10})", help="Opens the person's page")
