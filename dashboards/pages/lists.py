"""Which lists of people were uploaded, and how do I add one?"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import streamlit as st

from dashboards.actions import Action, Done, show_action
from dashboards.asking import ask, ask_anew
from dashboards.builder.values import read_days, span_in_words
from dashboards.downloads import offer_csv
from dashboards.formatting import NONE, Spelling, plain, spell_name
from dashboards.notices import nothing, visitor_spelling
from dashboards.page import Page
from dashboards.reader import Reader
from dashboards.sign_in.present import present_visitor
from kith.accounts import Right
from kith.errors import KithError
from kith.times import parse_instant

TYPES = {
    "email": "E-mail addresses", "phone": "Phone numbers", "user_id": "User ids", "anonymous_id": "Anonymous ids",
    "profile_id": "Profile ids",
}  # fmt: skip
MODES = {"replace": "These are the list", "add": "Add these to it", "remove": "Take these off it"}
NEVER = "never"
_TOLD = "list_upload"


def draw(reader: Reader) -> None:
    """The uploads so far, then the form."""
    spelling = visitor_spelling(reader)
    try:
        uploads: list[dict[str, Any]] = ask(reader.settings, "lists", "list")
    except KithError as error:
        st.warning(f"The lists can't be read: {plain(error.problem)}", icon=":material/warning:")
        return
    if uploads:
        _show_uploads(reader, uploads, spelling)
    else:
        nothing("No list was uploaded yet. A segment asks for one as “On list”.")
    _show_outcome(spelling)
    _show_form(reader, sorted({each["list"] for each in uploads}))


def _show_uploads(reader: Reader, uploads: list[dict[str, Any]], spelling: Spelling) -> None:
    frame = pd.DataFrame(uploads)[::-1].reset_index(drop=True)
    frame["mode"] = [MODES.get(each, each) for each in frame["mode"]]
    for column in ("published_at", "expires_at"):
        frame[column] = [_instant(each, spelling) for each in frame[column]]
    st.dataframe(
        frame,
        hide_index=True,
        alt="Uploads with what became of their rows",
        column_config={
            "list": st.column_config.TextColumn("List", pinned=True),
            "mode": "What it did",
            "source": "From",
            "file_name": "File",
            "published_at": "Uploaded",
            "expires_at": "Expires",
            "row_count": st.column_config.NumberColumn("Rows", format="localized"),
            "accepted_count": st.column_config.NumberColumn("Accepted", format="localized"),
            "duplicate_count": st.column_config.NumberColumn("Twice", format="localized"),
            "refused_count": st.column_config.NumberColumn("Refused", format="localized"),
        },
    )
    offer_csv(reader, frame, "lists")
    st.caption("From `kith lists list`, as of this minute.")


def _instant(told: str | None, spelling: Spelling) -> str:
    return NONE if not told else spelling.instant(parse_instant(told, "UTC"))


def _show_form(reader: Reader, known: list[str]) -> None:
    visitor = present_visitor()
    st.markdown("#### Upload a list")
    with st.form("list_upload_form"):
        file = st.file_uploader("A CSV file with a heading", type=["csv"])
        left, right = st.columns(2)
        told = (
            f"A new name, or one of {', '.join(known[:20])}"
            if known
            else "Its name, as segments will ask for it"
        )
        name = left.text_input("List", placeholder="vip", help=told).strip()
        kind = right.selectbox("The people are named by", list(TYPES), format_func=lambda each: TYPES[each])
        column = left.text_input("Column", help="Empty: the only one, or the one of that name")
        mode = right.selectbox("This file", list(MODES), format_func=lambda each: MODES[each])
        source = left.text_input("Where the people come from", placeholder="Spring fair, stand 12")
        expires = right.selectbox(
            "They are on it", [NEVER, "30d", "90d", "365d"], accept_new_options=True,
            format_func=lambda each: "until taken off" if each == NEVER else f"for {span_in_words(each)}",
        )  # fmt: skip
        asked = st.form_submit_button("Upload", type="primary", icon=":material/upload:")
    if not asked:
        return
    if file is None or not name:
        st.warning("Choose a file and a name for the list.", icon=":material/edit_note:")
        return
    words = [
        "--name",
        name,
        "--type",
        kind,
        "--mode",
        mode,
        "--source",
        f"{source or 'dashboards'} ({visitor.name})",
    ]
    words += ["--column", column] if column else []
    words += ["--expires", read_days(expires)] if expires and expires != NEVER else []
    _upload(reader, file.name, file.getvalue(), name, tuple(words))


def _upload(reader: Reader, file_name: str, content: bytes, name: str, words: tuple[str, ...]) -> None:
    with TemporaryDirectory(prefix="kith-list-") as folder:
        # The file's own name is kept with the upload: its last part alone, so that it stays in the folder.
        path = Path(folder) / (Path(file_name).name or "list.csv")
        path.write_bytes(content)
        action = Action(
            "Upload a list", ("lists", "upload", str(path), *words), Right.EDIT_SEGMENTS, f"list {name}"
        )
        try:
            done = show_action(action, present_visitor(), reader.settings)
        except KithError as error:
            st.error(plain(str(error)), icon=":material/error:")
            return
    if done.is_done:
        ask_anew()
        st.session_state[_TOLD] = done
        st.rerun()


def _show_outcome(spelling: Spelling) -> None:
    """What the last upload of this visitor came to."""
    done = st.session_state.pop(_TOLD, None)
    if not isinstance(done, Done):
        return
    told = done.told
    st.success(
        f"{spell_name(told['list'])}: {spelling.number(told['accepted'])} of {spelling.number(told['rows'])} rows"
        f" accepted, {spelling.number(told['duplicates'])} twice, {spelling.number(told['refused'])} refused.",
        icon=":material/check:",
    )
    if told["refused_rows"]:
        st.dataframe(
            pd.DataFrame(told["refused_rows"]), hide_index=True, alt="Rows that were refused, and why"
        )


plugin = Page(
    title="Uploaded lists",
    question="Which lists of people were uploaded, and how do I add one?",
    icon=":material/upload_file:",
    group="People",
    order=32,
    draw=draw,
    right=Right.EDIT_SEGMENTS,
)
