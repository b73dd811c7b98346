"""Which segment is on the desk: one that there is, a new one, a copy; and taking one away."""

from __future__ import annotations

import streamlit as st

from dashboards.builder.asked import asked_by
from dashboards.builder.desk import Desk, desk_of, lay
from dashboards.builder.writing import written
from dashboards.choice import choose
from dashboards.editing import Draft, delete_draft, drafts, new_draft, open_draft
from dashboards.formatting import plain, spell_name
from dashboards.reader import Reader
from dashboards.sign_in.present import present_visitor
from kith.errors import KithError

_TO_BE, _NAMED = "segment_to_be", "segment_new_name"


def open_desk(reader: Reader) -> Desk | None:
    """The desk with what the visitor chose; None where there is nothing yet."""
    names = drafts(reader.settings, "segments")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = choose("Segment", "segment", names) if names else None
        _offer_new(reader, name)
        if name and _TO_BE not in st.session_state:
            _offer_deletion(reader, name)
    to_be = st.session_state.get(_TO_BE)
    if isinstance(to_be, Draft):
        return _begun(to_be)
    return desk_of(open_draft(reader.settings, "segments", name)) if name else None


def forget_new() -> None:
    """What was new has a file now."""
    st.session_state.pop(_TO_BE, None)


def _begun(draft: Draft) -> Desk:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**New: {plain(spell_name(draft.name))}** :gray[not saved yet]", width="content")
        st.button("Discard", icon=":material/undo:", type="tertiary", on_click=forget_new)
    return desk_of(draft)


def _offer_new(reader: Reader, name: str | None) -> None:
    with st.popover("New segment", icon=":material/add:"):
        wanted = st.text_input(
            "Name", key=_NAMED, placeholder="lapsed_buyers", help="Small letters, digits and underscores"
        )
        if st.button("Begin with an empty one", disabled=not wanted):
            _begin(reader, wanted, written(_EMPTY))
        if name and st.button(f"Begin with a copy of {spell_name(name)}", disabled=not wanted):
            _begin(reader, wanted, _without_name(open_draft(reader.settings, "segments", name).text))


_EMPTY = {"description": "", "who": {"all": [{"did": "Order Completed", "within": "30d"}]}}


def _begin(reader: Reader, wanted: str, text: str) -> None:
    try:
        draft = new_draft(reader.settings, "segments", wanted.strip(), text)
    except KithError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    st.session_state[_TO_BE] = draft
    lay(draft)
    st.rerun()


def _without_name(text: str) -> str:
    """The copy goes by its file."""
    return "\n".join(line for line in text.split("\n") if not line.startswith("name:"))


def _offer_deletion(reader: Reader, name: str) -> None:
    with st.popover("Delete", icon=":material/delete:", type="tertiary"):
        askers = asked_by(reader.settings, name)
        if askers:
            st.warning(
                f"{spell_name(name)} is asked for by {', '.join(f'`{each}`' for each in askers)}. Change those first.",
                icon=":material/link:",
            )
        st.markdown("Its members leave at the next run. The history stays.")
        if st.button("Delete it", type="primary", disabled=bool(askers)):
            try:
                draft = open_draft(reader.settings, "segments", name)
                delete_draft(draft, present_visitor(), reader.settings)
            except KithError as error:
                st.error(plain(str(error)), icon=":material/error:")
                return
            st.query_params.clear()
            st.session_state.pop("chosen_segment", None)
            st.rerun()
