"""What all parts of a journey's page go by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboards.canvas.desk import Desk
from dashboards.canvas.roster import Listed
from dashboards.formatting import Spelling
from dashboards.reader import Reader
from kith.accounts import Right, Visitor


def redraw() -> None:
    """Draw the journey anew: alone, where it is what is being drawn, else with the whole page."""
    context = get_script_run_ctx()
    st.rerun(scope="fragment" if context and context.fragment_ids_this_run else "app")


@dataclass(frozen=True)
class View:
    """A visitor at a journey. `version` is the one whose figures are in view, '' for all of `versions`."""

    reader: Reader
    spelling: Spelling
    visitor: Visitor
    desk: Desk
    name: str
    listed: Listed | None
    versions: Sequence[dict[str, Any]] = ()
    version: str = ""

    @property
    def is_editable(self) -> bool:
        """Whether the visitor may edit journeys."""
        return self.visitor.may(Right.EDIT_JOURNEYS)
