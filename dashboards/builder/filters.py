"""Filters on the properties of an event, one a line below its sentence."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from dashboards.answers.vocabulary import Counts
from dashboards.builder import fields, words
from dashboards.builder.values import replaced

PARTS = {"first": "The first", "then": "The second", "without": "Between them"}


def draw_filters(
    said: dict[str, Any],
    key: str,
    event: str,
    properties: Callable[[str], Counts],
    values: Callable[[str, str], Counts],
    part: str = "",
) -> None:
    """Each filter of `said`, with the names and values that this event's properties have."""
    names = properties(event) if said.get("where") else {}
    for number, name in enumerate(list(said.get("where", ()))):
        at = f"{key}.{number}"
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            lead = "and" if number else f"{PARTS[part]} where" if part else "where"
            fields.tell(f":material/subdirectory_arrow_right: {lead}")
            _filter(said["where"], at, name, names, partial(values, event))
            st.button(
                ":material/close:", key=f"{at}.drop", type="tertiary", help="Remove the filter",
                on_click=_drop, args=(said, name),
            )  # fmt: skip


def begin_filter(said: dict[str, Any], properties: Counts) -> None:
    """One more filter, on a property that has none yet."""
    where = said.setdefault("where", {})
    free = next((each for each in properties if each not in where), f"property_{len(where) + 1}")
    where[free] = {"missing": False}


def _filter(
    where: dict[str, Any], key: str, name: str, names: Counts, values: Callable[[str], Counts]
) -> None:
    chosen = fields.choose_name("Property", f"{key}.name", names, name, fields.MIDDLE)
    if chosen != name and chosen not in where:
        replaced(where, name, chosen, where[name])
        name = chosen
    told = where[name]
    is_short = not isinstance(told, dict)
    compared = {"is": told} if is_short else told
    fields.compare(compared, f"{key}.{name}", words.ANY_VALUE, partial(values, name))
    # What was written short stays short as long as it is an equality.
    where[name] = compared["is"] if is_short and list(compared) == ["is"] else compared


def _drop(said: dict[str, Any], name: str) -> None:
    said["where"].pop(name, None)
    if not said["where"]:
        said.pop("where")
