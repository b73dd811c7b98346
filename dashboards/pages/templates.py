"""How does a template sound, to whom, and what would another wording look like?"""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from dashboards.compose import choices
from dashboards.compose.reading import show_preview
from dashboards.compose.saving import Open, show_remarks, show_save
from dashboards.definition_kinds import Remark, standing_in
from dashboards.editing import drafts, new_draft, open_draft
from dashboards.formatting import plain, spell_name
from dashboards.notices import is_published, nothing
from dashboards.page import Page
from dashboards.reader import Reader
from kith.accounts import Right
from kith.errors import KithError

KIND, EVERYBODY = "templates", "Everybody"
PARTS = ("subject.txt", "body.html", "body.txt", "sms.txt", "push.yml", "whatsapp.yml", "template.yml")


def draw(reader: Reader) -> None:
    """The file on the left, how it reads for real people on the right; nothing is saved by looking."""
    if not is_published(reader, "profiles"):
        return
    names = [each.name for each in choices.templates(reader.settings)]
    if not names:
        nothing("There is no template yet: a folder below `activation/definitions/templates` is one.")
        return
    if told := st.session_state.pop("compose_told", ""):
        st.toast(told, icon=":material/check:")
    opened = _open(reader, names)
    if opened is None:
        return
    left, right = st.columns(2, gap="large")
    with left:
        text = _show_text(opened)
        remarks = show_remarks(reader.settings, opened.draft, text)
        show_save(reader.settings, opened, text, remarks)
    with right:
        _show_reading(reader, opened, text, remarks)


def _open(reader: Reader, names: list[str]) -> Open | None:
    key, wanted = "template_chosen", st.query_params.get("template")
    if wanted in names and key not in st.session_state:
        st.session_state[key] = wanted
    left, middle, right = st.columns([2, 2, 1], vertical_alignment="bottom")
    with left:
        name = st.selectbox("Template", names, key=key, format_func=spell_name) or names[0]
    st.query_params["template"] = name
    files = [each for each in drafts(reader.settings, KIND) if each.startswith(f"{name}/")]
    with middle:
        file = st.selectbox(
            "Part", files, key=f"template_file_{name}", format_func=lambda each: each.partition("/")[2]
        )
    with right, st.popover("Another part", icon=":material/add:"):
        fresh = _name_part(name, files)
    try:
        if fresh:
            return Open.of(new_draft(reader.settings, KIND, fresh))
        return Open.of(open_draft(reader.settings, KIND, file or files[0]))
    except KithError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return None


def _name_part(name: str, files: list[str]) -> str:
    """A file that isn't there yet: a channel's words, or another language's."""
    st.caption("A channel's own words (`sms.txt`), or another language's (`de/subject.txt`).")
    lacking = [each for each in PARTS if f"{name}/{each}" not in files]
    part = st.selectbox("File", lacking, index=None, accept_new_options=True, key=f"template_new_{name}")
    return f"{name}/{part.strip()}" if part and f"{name}/{part.strip()}" not in files else ""


def _show_text(opened: Open) -> str:
    st.caption(f"`{opened.draft.kind}/{opened.draft.name}`")
    key = f"{opened.prefix}_body"
    st.session_state.setdefault(key, opened.text)
    return opened.keep(st.text_area("Text", key=key, height=520, label_visibility="collapsed"))


def _show_reading(reader: Reader, opened: Open, text: str, remarks: list[Remark]) -> None:
    name = opened.draft.name.partition("/")[0]
    if any(each.severity == "error" for each in remarks):
        nothing("How it reads is shown again once it can be compiled.")
        return
    segments = [EVERYBODY, *choices.segments(reader)]
    segment = st.selectbox("For people of", segments, key=f"template_for_{name}")
    with standing_in(reader.settings, opened.draft.path, text) as (changed, _):
        seen = replace(reader, settings=changed)
        chosen = [each for each in choices.templates(changed) if each.name == name]
        by = [channel for each in chosen for channel in each.channels]
        show_preview(seen, chosen, by, None if segment == EVERYBODY else segment, f"template_preview_{name}")


plugin = Page(
    title="Templates",
    question="How does a template sound, to whom, and what would another wording look like?",
    icon=":material/draft:",
    group="Engage",
    order=57,
    draw=draw,
    right=Right.EDIT_JOURNEYS,
)
