"""Before a segment is saved: what changes in the text, who would enter and leave, what lint says. Then saving."""

from __future__ import annotations

from hashlib import sha256

import streamlit as st

from dashboards.builder.audience import movement_of
from dashboards.builder.desk import Desk, lay
from dashboards.builder.opening import forget_new
from dashboards.builder.outcome import show_people
from dashboards.definition_kinds import Remark
from dashboards.editing import Overtaken, check_draft, open_draft, save_draft, text_difference
from dashboards.formatting import Spelling, plain
from dashboards.reader import Reader
from dashboards.sign_in.present import present_visitor
from kith.accounts import Right
from kith.errors import KithError

SHOWN = 10
_SAVED = "segment_saved"


def show_saving(reader: Reader, desk: Desk, spelling: Spelling, is_counted: bool) -> None:
    """A button to review; what it found, with the button to save, stays as long as the text stays the same."""
    if saved := st.session_state.pop(_SAVED, None):
        st.success(f"Saved as `{saved}`. The next run evaluates it.", icon=":material/check:")
    may = present_visitor().may(Right.EDIT_SEGMENTS)
    if st.button(
        "Review and save", type="primary", icon=":material/rule:", disabled=not (may and is_counted and desk.is_changed),
        help=None if may else "Analysts, marketers and administrators save segments.",
    ):  # fmt: skip
        desk.reviewed = _stamp(desk)
    if desk.reviewed and desk.reviewed == _stamp(desk):
        with st.container(border=True):
            _review(reader, desk, spelling)


def _stamp(desk: Desk) -> str:
    return sha256(f"{desk.draft.digest}{desk.text}".encode()).hexdigest()


def _review(reader: Reader, desk: Desk, spelling: Spelling) -> None:
    st.markdown("#### What saving changes")
    _show_movement(reader, desk, spelling)
    with st.expander("The text", icon=":material/difference:"):
        st.code(
            text_difference(desk.draft.text, desk.text, "the file", "yours") or "No difference.",
            language="diff",
        )
    remarks = check_draft(desk.draft, desk.text, reader.settings)
    for each in remarks:
        _show_remark(each)
    has_errors = any(each.severity == "error" for each in remarks)
    if st.button("Save", type="primary", icon=":material/save:", disabled=has_errors, key="save_segment"):
        _save(reader, desk)


def _show_movement(reader: Reader, desk: Desk, spelling: Spelling) -> None:
    try:
        with st.spinner("Comparing with who is in now"):
            moved = movement_of(reader, desk.draft.name, desk.text)
    except KithError as error:
        # Saving is still possible: the fault may lie in another file.
        st.warning(f"Who enters and leaves can't be told: {plain(str(error))}", icon=":material/warning:")
        return
    now, after, enters, leaves = st.columns(4)
    now.metric("In now", spelling.number(moved.before), help="Members at the last evaluation")
    after.metric("After saving", spelling.number(moved.after))
    enters.metric("Enter", spelling.number(len(moved.entering)))
    leaves.metric("Leave", spelling.number(len(moved.leaving)))
    for label, ids in (("Who enters", moved.entering), ("Who leaves", moved.leaving)):
        if ids:
            with st.expander(f"{label}: {min(SHOWN, len(ids))} of {spelling.number(len(ids))}"):
                show_people(reader, ids[:SHOWN], label)


def _show_remark(remark: Remark) -> None:
    place = f"line {remark.line}: " if remark.line else ""
    text = f"{place}{plain(remark.message)}"
    if remark.severity == "error":
        st.error(text, icon=":material/error:")
    elif remark.severity == "warning":
        st.warning(text, icon=":material/warning:")
    else:
        st.caption(f":material/info: {text}")


def _save(reader: Reader, desk: Desk) -> None:
    try:
        saved = save_draft(desk.draft, desk.text, present_visitor(), reader.settings)
    except Overtaken as overtaken:
        _show_overtaken(reader, desk, overtaken)
        return
    except KithError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    forget_new()
    lay(saved)
    st.session_state[_SAVED] = saved.name
    st.query_params.clear()
    st.query_params["segment"] = saved.name
    st.rerun()


def _show_overtaken(reader: Reader, desk: Desk, overtaken: Overtaken) -> None:
    st.error(
        f"{plain(desk.draft.name)} was saved by somebody else since you opened it. Nothing is lost: yours is still"
        " here, theirs is in the file.",
        icon=":material/group:",
    )
    st.code(overtaken.diff, language="diff")
    mine = (reader, desk, overtaken.mine)
    st.button("Keep mine, and look at it against theirs", key="keep_mine", on_click=_reopen, args=mine)
    st.button("Take theirs", key="take_theirs", on_click=_reopen, args=(reader, desk, None))


def _reopen(reader: Reader, desk: Desk, mine: str | None) -> None:
    """The draft as the file is now, with the visitor's text over it, or theirs."""
    lay(open_draft(reader.settings, "segments", desk.draft.name), mine)
