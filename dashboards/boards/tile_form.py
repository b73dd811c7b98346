"""One tile's size, heading and words or question."""

from __future__ import annotations

from typing import cast

import streamlit as st

from dashboards.board import Height, Tile
from dashboards.boards.asking import ask_tile
from dashboards.reader import Reader

WIDTHS = {1: "A quarter", 2: "Half", 3: "Three quarters", 4: "Whole width"}


def ask_form(reader: Reader, tile: Tile, key: str) -> Tile:
    """Widgets under `key` that begin with what the tile is; answers what they say now."""
    size = list(WIDTHS)
    width = st.segmented_control(
        "Width",
        size,
        default=tile.width,
        format_func=lambda each: WIDTHS[each],
        key=f"{key}_width",
        required=True,
    )
    if tile.text:
        text = st.text_area("Words (Markdown)", tile.text, height=180, key=f"{key}_text")
        return tile.model_copy(update={"text": text or tile.text, "width": width or tile.width})
    height = st.segmented_control(
        "Height", ["small", "medium", "large"], default=tile.height, key=f"{key}_height", required=True,
        format_func=str.capitalize,
    )  # fmt: skip
    title = st.text_input("Heading", tile.title, max_chars=200, key=f"{key}_title")
    asked = ask_tile(reader, tile, key)
    size_and_title = {
        "title": title,
        "width": width or tile.width,
        "height": cast(Height, height or tile.height),
    }
    return (
        asked.model_copy(update=size_and_title) if asked.metrics else tile.model_copy(update=size_and_title)
    )
