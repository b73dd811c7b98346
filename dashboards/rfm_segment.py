"""A square of the RFM grid as a segment: bounds of days and orders instead of ranks, so that it holds next month too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboards.editing import new_draft, save_draft
from dashboards.formatting import plain
from dashboards.links import page_address
from dashboards.reader import Reader
from dashboards.sign_in.present import present_visitor
from kith.accounts import Right
from kith.errors import KithError


def segment_text(name: str, description: str, bounds: Mapping[str, Any]) -> str:
    """The YAML of the segment."""
    import yaml

    orders: dict[str, Any] = {"attribute": "order_count"}
    if bounds["least_orders"] == bounds["most_orders"]:
        orders["is"] = bounds["least_orders"]
    else:
        orders["between"] = [bounds["least_orders"], bounds["most_orders"]]
    conditions: list[dict[str, Any]] = [
        {"attribute": "is_bot", "is": False},
        orders,
        {"attribute": "last_order_at", "within": f"{max(int(bounds['most_days']), 1)}d"},
    ]
    if bounds["least_days"] > 0:
        conditions.append({"attribute": "last_order_at", "older_than": f"{int(bounds['least_days'])}d"})
    document = {"name": name, "description": description, "who": {"all": conditions}}
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)


def offer_segment(reader: Reader, name: str, description: str, bounds: Mapping[str, Any]) -> None:
    """A form that makes a definition file of the bounds; the next run evaluates it."""
    if not present_visitor().may(Right.EDIT_SEGMENTS):
        return
    with st.popover("Make a segment of it", icon=":material/group_add:"):
        chosen = st.text_input(
            "Name", name, key=f"rfm_name_{name}", help="Small letters, digits and underscores"
        )
        told = st.text_area("Who they are", description, key=f"rfm_told_{name}")
        text = segment_text(chosen, told.strip(), bounds)
        st.code(text, language="yaml")
        if st.button("Save the segment", type="primary", key=f"rfm_save_{name}"):
            _save(reader, chosen, text)


def _save(reader: Reader, name: str, text: str) -> None:
    try:
        save_draft(new_draft(reader.settings, "segments", name), text, present_visitor(), reader.settings)
    except KithError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    st.success(
        f"“{plain(name)}” is saved; the next run evaluates it. [Open it]({page_address('segments', segment=name)})",
        icon=":material/check:",
    )
