"""Beside the canvas: the step in hand or the journey's own settings, the text, and what lint says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboards.canvas.arms import arms_of, value_in
from dashboards.canvas.forms import draw_form, journey_shape, step_shape
from dashboards.canvas.palette import BY_WORD, END, word_of
from dashboards.canvas.people import show_step_figures
from dashboards.canvas.sketch import ENTRY, keys_of
from dashboards.canvas.views import View, redraw
from dashboards.canvas.vocabulary import suggestions
from dashboards.canvas.writing import Keys
from dashboards.definition_kinds import Remark
from dashboards.editing import text_difference
from dashboards.formatting import plain
from dashboards.notices import nothing

_ICONS = {"error": ":material/error:", "warning": ":material/warning:", "note": ":material/info:"}


def show_hand(view: View, document: Mapping[str, Any]) -> None:
    """The step that is chosen, or the journey's own settings."""
    found = _in_hand(view, document)
    if found is None:
        _show_journey(view, document)
    else:
        _show_step(view, document, *found)


def _in_hand(view: View, document: Mapping[str, Any]) -> tuple[Keys, Any] | None:
    """The step that is chosen, where it is still there."""
    if view.desk.chosen == ENTRY:
        return None
    value: Any = document
    try:
        keys = keys_of(view.desk.chosen)
        for key in keys:
            value = value_in(value, key)
    except (KeyError, IndexError, TypeError, ValueError):
        return None
    return keys, value


def _show_journey(view: View, document: Mapping[str, Any]) -> None:
    """What a journey says besides its steps."""
    st.markdown("**The journey**")
    own = {key: each for key, each in document.items() if key != "steps"}
    key = f"form_{view.name}_{view.desk.round}_journey"
    found = draw_form(
        journey_shape(), own, key, suggestions(view.reader, document), is_off=not view.is_editable
    )
    if found != own and view.is_editable:
        view.desk.change((), {**found, "steps": document.get("steps")})
        _follow(own, found)


def _show_step(view: View, document: Mapping[str, Any], keys: Keys, step: Any) -> None:
    kind = BY_WORD.get(word_of(step))
    if kind is None or step == END:
        st.markdown(f"**{kind.title if kind else 'Unknown step'}**")
        nothing(f"{kind.what}." if kind else "Nothing of the language begins so; see the text of the file.")
        return
    st.markdown(f"**{kind.title}**")
    st.caption(f"{kind.what}.")
    key = f"form_{view.name}_{view.desk.round}_{view.desk.chosen}"
    told = suggestions(view.reader, document)
    found = draw_form(step_shape(kind.word), step, key, told, is_off=not view.is_editable)
    if found != step and view.is_editable:
        view.desk.change(keys, found)
        _follow(step, found)
    if view.is_editable:
        _show_ways(view, keys, step)
    show_step_figures(view, step)


def _follow(before: Any, now: Any) -> None:
    """Fields that came or went are drawn; a value that is another stands in its field already."""
    if _frame(before) != _frame(now):
        redraw()


def _frame(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _frame(each) for key, each in value.items()}
    return [_frame(each) for each in value] if isinstance(value, list) else None


def _show_ways(view: View, keys: Keys, step: Any) -> None:
    """Ways that a step may have besides those that the form asks about."""
    word = word_of(step)
    if word == "send" and "otherwise" not in step:
        told = "Give those whose message is withheld a way of their own"
        if st.button(told, icon=":material/alt_route:", type="tertiary", key=f"otherwise_{view.desk.chosen}"):
            view.desk.change(keys, {**step, "otherwise": [END]})
            redraw()
    is_single = word == "branch" and isinstance(step["branch"], dict)
    key = f"case_{view.desk.chosen}"
    if is_single and st.button("Add a case", icon=":material/add:", type="tertiary", key=key):
        view.desk.change(keys, {**step, "branch": _as_cases(step["branch"])})
        view.desk.round += 1
        redraw()
    if any(not arm.steps and arm.is_told for arm in arms_of(step)):
        st.caption(":material/info: A way without a step is to be filled, or ended: put an End there.")


def _as_cases(branch: dict[str, Any]) -> list[dict[str, Any]]:
    """`{if, then, else}` as a list of cases, with one more."""
    case = {key: each for key, each in branch.items() if key != "else"}
    new = {"if": {"segment": ""}, "then": [END]}
    return [case, new, {"else": branch["else"]}] if "else" in branch else [case, new]


def show_text(view: View) -> None:
    """The file as text, to be edited too, and what differs from the saved one."""
    desk = view.desk
    st.caption("The file as it will be saved. What you don't touch stays as it is, remarks and layout too.")
    key = f"text_{view.name}_{desk.at}_{desk.round}"
    found = st.text_area("Text of the file", desk.text, height=480, key=key, label_visibility="collapsed",
                         disabled=not view.is_editable)  # fmt: skip
    if found != desk.text and view.is_editable:
        desk.put(found)
    if desk.is_changed:
        with st.expander("What differs from the saved file", icon=":material/difference:"):
            st.code(
                text_difference(desk.draft.text, desk.text, "saved", "yours") or "Nothing.", language="diff"
            )


def show_findings(remarks: list[Remark]) -> None:
    """What lint says, each with its place and the way out."""
    if not remarks:
        nothing("Lint has nothing to say: this can be run.")
    for each in remarks:
        where = f"Line {each.line}" + (f", `{each.field}`" if each.field else "")
        with st.container(border=True, gap="xsmall"):
            st.markdown(f"{_ICONS[each.severity]} **{plain(each.message)}**")
            st.caption(f"{where} · {plain(each.way_out)}" if each.way_out else where)
