"""What did a definition say when, and who changed it?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboards.answers import definition_versions as answers
from dashboards.editing import text_difference
from dashboards.formatting import Spelling, plain, spell_name
from dashboards.notices import nothing, visitor_spelling
from dashboards.operations.listing import instants, show_published
from dashboards.page import Page
from dashboards.reader import Reader

ALL = "All kinds"


def draw(reader: Reader) -> None:
    """All versions; then one definition, version against version."""
    spelling = visitor_spelling(reader)
    found = answers.versions(reader)
    if not found:
        nothing("No run has found a definition yet.")
        return
    kinds = sorted({each["kind"] for each in found})
    kind = st.segmented_control("Kind", [ALL, *kinds], default=ALL, required=True, format_func=spell_name)
    shown = [each for each in found if kind in (ALL, each["kind"])]
    frame = pd.DataFrame(
        [
            {**{key: each[key] for key in ("kind", "name", "since")}, "version": each["version"][:10]}
            for each in shown
        ]
    )
    columns = {
        "kind": "Kind", "name": st.column_config.TextColumn("Name", pinned=True), "version": "Version",
        "since": st.column_config.DatetimeColumn("Found by a run (UTC)", format="D MMM YYYY, HH:mm"),
    }  # fmt: skip
    show_published(reader, frame, "definitions", "Versions of definitions", columns)
    st.subheader("One definition", anchor="definition")
    _show_one(reader, spelling, shown)


def _show_one(reader: Reader, spelling: Spelling, shown: list[dict[str, Any]]) -> None:
    names = sorted({f"{each['kind']}/{each['name']}" for each in shown})
    wanted = st.query_params.get("definition")
    if wanted in names and "definition_chosen" not in st.session_state:
        st.session_state["definition_chosen"] = wanted
    chosen = st.selectbox("Definition", names, key="definition_chosen") or names[0]
    st.query_params["definition"] = chosen
    kind, _, name = chosen.partition("/")
    mine = [each for each in shown if (each["kind"], each["name"]) == (kind, name)]
    _show_difference(spelling, mine)
    _show_edits(reader, kind, name)


def _show_difference(spelling: Spelling, mine: list[dict[str, Any]]) -> None:
    def label(at: int) -> str:
        return f"{mine[at]['version'][:10]} · {spelling.instant(mine[at]['since'])}"

    if len(mine) == 1:
        st.caption(f"One version so far: {label(0)}")
        st.code(answers.as_yaml(mine[0]["body"]), language="yaml")
        return
    left, right = st.columns(2)
    with left:
        before = st.selectbox(
            "Before", range(1, len(mine)), format_func=label, key=f"before_{mine[0]['name']}"
        )
    with right:
        after = st.selectbox("After", range(len(mine) - 1), format_func=label, key=f"after_{mine[0]['name']}")
    old, new = (answers.as_yaml(mine[int(at or 0)]["body"]) for at in (before, after))
    difference = text_difference(old, new, label(int(before or 1)), label(int(after or 0)))
    st.code(difference or "They say the same.", language="diff")


def _show_edits(reader: Reader, kind: str, name: str) -> None:
    st.markdown("**Who changed it from these pages**")
    rows = answers.edits(reader.settings, kind, name)
    if not rows:
        nothing("Nobody did: files that are edited elsewhere have their history in your version control.")
        return
    frame = instants(pd.DataFrame(rows).drop(columns=["detail"]), "at")
    frame["action"] = [plain(each) for each in frame["action"]]
    columns = {
        "at": st.column_config.DatetimeColumn("When (UTC)", format="D MMM YYYY, HH:mm"),
        "actor": "Who",
        "action": "What",
    }
    st.dataframe(frame, hide_index=True, alt=f"Edits of {kind}/{name}", column_config=columns)


plugin = Page(
    title="Definitions",
    question="What did a definition say when, and who changed it?",
    icon=":material/history:",
    group="Run",
    order=87,
    draw=draw,
)
