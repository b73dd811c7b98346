"""Keeping a funnel: as a definition file, which the next run counts and publishes."""

from __future__ import annotations

import streamlit as st

from dashboards.editing import Draft, Overtaken, new_draft, open_draft, save_draft
from dashboards.funnels.drafting import KIND, funnel_text
from dashboards.funnels.form import Form, Saved, begin, is_edited
from dashboards.reader import Reader
from dashboards.sign_in.present import present_visitor
from kith.accounts import Right
from kith.errors import KithError
from kith.settings import Settings


def show_keeping(reader: Reader, form: Form, saved: Saved) -> None:
    """The link is kept by itself; a file takes a right."""
    if not is_edited(form, saved):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            ":material/link: What you drew up is in the address of this page: send it, or keep it as a bookmark.",
            width="content",
        )
        if form.base in saved:
            st.button(
                "Undo my changes",
                icon=":material/undo:",
                type="tertiary",
                on_click=begin,
                args=(saved, form.base),
            )
        if present_visitor().may(Right.SAVE_DASHBOARDS):
            with st.popover("Keep for everybody", icon=":material/save:"):
                _show_saving(reader, form, saved)


def _show_saving(reader: Reader, form: Form, saved: Saved) -> None:
    name = st.text_input("Name", str(form.document.get("name") or ""), key=form.key("name"),
                         help="Small letters, digits and underscores")  # fmt: skip
    told = st.text_area(
        "What it answers", str(form.document.get("description") or ""), key=form.key("description")
    )
    document = {**form.document, "name": name, "description": told.strip()}
    try:
        draft = _draft_of(reader.settings, name)
    except KithError as error:
        st.error(str(error), icon=":material/error:")
        return
    text = funnel_text(draft.text, document)
    st.code(text, language="yaml")
    label = "Save as a new funnel" if draft.is_new else "Save over it"
    if st.button(label, type="primary", key=form.key("save")):
        _save(reader, name, draft, text)


def _draft_of(settings: Settings, name: str) -> Draft:
    is_known = any((settings.definitions / KIND / f"{name}{end}").exists() for end in (".yml", ".yaml"))
    return open_draft(settings, KIND, name) if is_known else new_draft(settings, KIND, name)


def _save(reader: Reader, name: str, draft: Draft, text: str) -> None:
    try:
        save_draft(draft, text, present_visitor(), reader.settings)
    except Overtaken as error:
        st.warning(str(error), icon=":material/group:")
        st.code(error.diff, language="diff")
    except KithError as error:
        st.error(str(error), icon=":material/error:")
    else:
        st.session_state.pop("funnel_form", None)
        st.query_params.from_dict({"funnel": name})
        st.toast(f"Saved. The next run counts “{name}” and publishes it.", icon=":material/check:")
        st.rerun()
