"""The text under the form: kept while it is edited, linted in place, saved where nobody else was faster."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import md5

import streamlit as st

from dashboards.definition_kinds import Remark
from dashboards.editing import Draft, Overtaken, check_draft, open_draft, save_draft
from dashboards.formatting import plain
from dashboards.sign_in.present import present_visitor
from kith.accounts import Right
from kith.errors import KithError
from kith.settings import Settings

_ICONS = {"error": "error", "warning": "warning", "note": "info"}


@dataclass(frozen=True)
class Open:
    """A draft that is being edited in this session. `text` is the session's, `draft.text` the file's."""

    draft: Draft

    @classmethod
    def of(cls, found: Draft) -> Open:
        """Goes on with what this session began; begins anew where nothing was changed here and the file is another."""
        key = f"compose_text_{found.name}"
        kept = st.session_state.get(key)
        if kept is None or kept["text"] == kept["draft"].text != found.text:
            st.session_state[key] = {"draft": found, "text": found.text, "revision": _next(kept)}
        return cls(st.session_state[key]["draft"])

    @property
    def name(self) -> str:
        return self.draft.name

    @property
    def _kept(self) -> dict:
        return st.session_state[f"compose_text_{self.name}"]

    @property
    def text(self) -> str:
        return self._kept["text"]

    @property
    def prefix(self) -> str:
        return f"compose_{self.name}_{self._kept['revision']}"

    def keep(self, text: str) -> str:
        """The form's text; its controls go on."""
        self._kept["text"] = text
        return text

    def replace(self, draft: Draft, text: str) -> None:
        """Another text, from elsewhere than the form: its controls begin anew."""
        st.session_state[f"compose_text_{self.name}"] = {
            "draft": draft, "text": text, "revision": _next(self._kept)
        }  # fmt: skip

    def saved(self, draft: Draft) -> None:
        self._kept["draft"] = draft


def _next(kept: dict | None) -> int:
    return 0 if kept is None else kept["revision"] + 1


def show_remarks(settings: Settings, draft: Draft, text: str) -> list[Remark]:
    """What lint finds in the text, worst first."""
    remarks = _remarks(settings, draft, md5(text.encode(), usedforsecurity=False).hexdigest(), text)
    for each in remarks:
        say = {"error": st.error, "warning": st.warning}.get(each.severity, st.info)
        place = f"Line {each.line}{f' (`{each.field}`)' if each.field else ''}: " if each.line else ""
        way = f" · {plain(each.way_out)}" if each.way_out else ""
        say(f"{place}{plain(each.message)}{way}", icon=f":material/{_ICONS[each.severity]}:")
    if not remarks:
        st.caption(":green[:material/check_circle:] Nothing to put right.")
    return remarks


@st.cache_data(max_entries=60, ttl=60, show_spinner=False)
def _remarks(_settings: Settings, _draft: Draft, digest: str, text: str) -> list[Remark]:
    return check_draft(_draft, text, _settings)


def show_save(settings: Settings, opened: Open, text: str, remarks: list[Remark]) -> bool:
    """The button; answers whether the file says what the form says."""
    draft, visitor = opened.draft, present_visitor()
    is_saved = not draft.is_new and draft.text == text
    is_faulty = any(each.severity == "error" for each in remarks)
    is_stopped = is_saved or is_faulty or not visitor.may(Right.EDIT_JOURNEYS)
    if st.button("Save", icon=":material/save:", disabled=is_stopped):
        try:
            opened.saved(save_draft(draft, text, visitor, settings))
            st.session_state["compose_told"] = f"{draft.name} is saved."
            st.rerun()
        except Overtaken as error:
            st.session_state[f"compose_overtaken_{opened.name}"] = error
        except KithError as error:
            st.error(plain(str(error)), icon=":material/error:")
    if isinstance(error := st.session_state.get(f"compose_overtaken_{opened.name}"), Overtaken):
        _show_overtaken(settings, opened, error)
    return is_saved


def _show_overtaken(settings: Settings, opened: Open, error: Overtaken) -> None:
    key = f"compose_overtaken_{opened.name}"
    with st.container(border=True):
        st.warning(plain(str(error)), icon=":material/group:")
        st.code(error.diff, language="diff")
        mine, theirs = st.columns(2)
        if mine.button("Keep mine, over theirs"):
            opened.saved(_present(settings, opened.draft))
            st.session_state.pop(key)
            st.rerun()
        if theirs.button("Take theirs"):
            draft = _present(settings, opened.draft)
            opened.replace(draft, draft.text)
            st.session_state.pop(key)
            st.rerun()


def _present(settings: Settings, draft: Draft) -> Draft:
    """The file as it is now; one that was deleted meanwhile is new again."""
    try:
        return open_draft(settings, draft.kind, draft.name)
    except KithError:
        return Draft(draft.kind, draft.name, draft.path, "", "")


def show_text(opened: Open, text: str) -> None:
    """The file itself, for those who would rather write."""
    st.caption(f"`{opened.draft.kind}/{opened.draft.path.name}`")
    key = f"{opened.prefix}_text_{md5(text.encode(), usedforsecurity=False).hexdigest()[:8]}"
    edited = st.text_area("The file", text, height=560, key=key, label_visibility="collapsed")
    if edited != text and st.button("Take over into the form", icon=":material/arrow_back:"):
        opened.replace(opened.draft, edited)
        st.rerun()
