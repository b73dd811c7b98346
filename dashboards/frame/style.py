"""What the theme can't say: text on the accent colour, and code inside captions."""

from __future__ import annotations

import streamlit as st

#: Text on the accent colour, light and dark: the accent of the dark theme is too pale for the white that it gets.
ON_ACCENT = ("#FFFFFF", "#0C1514")

_STYLE = f"""
<style>
[data-testid^="stBaseButton-primary"]:not(:disabled),
[data-testid="stMultiSelect"] [data-tag-index] {{
  color: light-dark({", ".join(ON_ACCENT)});
}}
[data-testid="stCaptionContainer"] code {{color: inherit;}}
</style>
"""


def show_style() -> None:
    """Takes no room on the page."""
    st.html(_STYLE)
