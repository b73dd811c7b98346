"""The canvas on the page: the picture, and beside it what is in hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from dashboards.answers import journeys as answers
from dashboards.canvas.component import mount_canvas
from dashboards.canvas.desk import Desk
from dashboards.canvas.panel import show_findings, show_hand, show_text
from dashboards.canvas.rehearsal import show_backtest
from dashboards.canvas.remarks import placed
from dashboards.canvas.sketch import Marks, exits_in_words, palette, sketch
from dashboards.canvas.tally import tallied
from dashboards.canvas.views import View
from dashboards.canvas.writing import document_of
from dashboards.definition_kinds import Remark
from dashboards.editing import check_draft
from dashboards.formatting import plain
from kith.errors import KithError

HEIGHT = 720
_KEPT = "checked"


def show_workshop(view: View) -> None:
    """The canvas and the panel. What is in hand is drawn first, so that the canvas shows what a form just changed."""
    picture, panel = st.columns([5, 3], gap="medium")
    with panel:
        hand, text, lint, past = st.tabs(["In hand", "Text", "Findings", "Backtest"])
    with hand:
        if (document := document_in(view.desk)) is not None:
            show_hand(view, document)
    with text:
        show_text(view)
    document, remarks = document_in(view.desk), remarks_of(view)
    with lint:
        show_findings(remarks)
    with past:
        show_backtest(view, remarks)
    with picture:
        _show_picture(view, document, remarks)


def _show_picture(view: View, document: Mapping[str, Any] | None, remarks: list[Remark]) -> None:
    if document is None:
        st.warning(
            "The text can't be drawn as it stands: mend it beside, under Text. The file itself was not touched.",
            icon=":material/edit_off:",
        )
    else:
        _draw(view, document, remarks)
    if view.desk.trouble:
        st.warning(plain(view.desk.trouble), icon=":material/undo:")


def remarks_of(view: View) -> list[Remark]:
    """What lint says of the text as it stands; asked once for each text."""
    desk = view.desk
    known = desk.remembered.get(_KEPT)
    if known is None or known[0] != (desk.text, view.reader.run_id):
        known = ((desk.text, view.reader.run_id), check_draft(desk.draft, desk.text, view.reader.settings))
        desk.remembered[_KEPT] = known
    return known[1]


def document_in(desk: Desk) -> Mapping[str, Any] | None:
    """What the text says; None while it says nothing."""
    try:
        found = document_of(desk.text)
    except KithError:
        return None
    return found if isinstance(found, dict) else None


def _draw(view: View, document: Mapping[str, Any], remarks: list[Remark]) -> None:
    desk, key = view.desk, f"canvas_{view.desk.draft.name}"

    def asked() -> None:
        told = (st.session_state.get(key) or {}).get("edit")
        if told and (view.is_editable or told.get("kind") == "choose"):
            desk.asked(told)

    marks = replace(_figures(view, document), remarks=placed(remarks, document))
    data = {
        "sketch": sketch(document, marks),
        "palette": palette(),
        "chosen": desk.chosen,
        "isEditable": view.is_editable,
        "canUndo": desk.at > 0,
        "canRedo": desk.at < len(desk.texts) - 1,
        "height": HEIGHT,
    }
    mount_canvas(data, key, asked)
    if ends := exits_in_words(document):
        st.caption(" · ".join(plain(each) for each in ends))


def _figures(view: View, document: Mapping[str, Any]) -> Marks:
    if view.reader.missing(*answers.TABLES) or view.desk.draft.is_new:
        return Marks()
    told = [each for each in view.versions if view.version in ("", each["version"])]
    totals = {name: sum(each[name] for each in told) for name in ("entrants", "inside", "goals", "completed")}
    if not totals["entrants"]:
        return Marks()
    return tallied(document, answers.steps(view.reader, view.name, view.version), totals, view.spelling)
