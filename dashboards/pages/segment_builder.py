"""Who should be in a segment, and how many would that be?"""

from __future__ import annotations

import streamlit as st

from dashboards.answers.vocabulary import Vocabulary, list_counts, read_vocabulary
from dashboards.builder.desk import Desk, desk_of
from dashboards.builder.groups import draw_tree
from dashboards.builder.opening import open_desk
from dashboards.builder.outcome import show_outcome
from dashboards.builder.saving import show_saving
from dashboards.builder.sentences import Known
from dashboards.editing import drafts
from dashboards.notices import calm, is_published, nothing, visitor_spelling
from dashboards.page import Page
from dashboards.reader import Reader
from kith.accounts import Right

HEIGHT = 420
EACH_RUN = "each run"


def draw(reader: Reader) -> None:
    """The desk: conditions on the left, what they amount to on the right, the text and saving below."""
    if not is_published(reader, "profiles", "events"):
        return
    desk = open_desk(reader)
    if desk is None:
        nothing("No segment is defined yet. Begin with a new one.")
        return
    _work(reader, desk)


@st.fragment
@calm
def _work(reader: Reader, desk: Desk) -> None:
    # The desk may have been cleared for another text since the page was drawn.
    desk = desk_of(desk.draft)
    spelling = visitor_spelling(reader)
    conditions, outcome = st.columns([7, 2], gap="medium")
    with conditions:
        _show_conditions(reader, desk)
        desk.follow()
    with outcome:
        found = show_outcome(reader, desk, spelling)
    with conditions:
        _show_text(desk)
        show_saving(reader, desk, spelling, found is not None)


def _show_conditions(reader: Reader, desk: Desk) -> None:
    if desk.root is None:
        nothing("The conditions are drawn again as soon as the text below can be read.")
        return
    _show_head(desk)
    draw_tree(desk.root, Known(reader, _names(reader)))


def _show_head(desk: Desk) -> None:
    at = f"segment_{desk.root.number if desk.root else 0}"
    told = str(desk.head.get("description", ""))
    description = st.text_input("In words", told.strip(), key=f"{at}_description", placeholder="Who they are")
    if description != told.strip():
        desk.head["description"] = description
    evaluate = str(desk.head.get("evaluate", EACH_RUN))
    listed = [EACH_RUN, *(f"daily {hour:02}:00" for hour in range(24))]
    chosen = st.selectbox(
        "Evaluated", listed if evaluate in listed else [evaluate, *listed], key=f"{at}_evaluate", width=200,
        index=listed.index(evaluate) if evaluate in listed else 0, accept_new_options=True,
    )  # fmt: skip
    if chosen and chosen != evaluate:
        desk.head["evaluate"] = chosen


def _show_text(desk: Desk) -> None:
    key = f"segment_text_{desk.draft.path}"
    with st.expander("As text (YAML)", icon=":material/code:", expanded=desk.root is None):
        if st.session_state.get(key) != desk.text:
            st.session_state[key] = desk.text
        st.text_area(
            "Definition",
            key=key,
            height=HEIGHT,
            label_visibility="collapsed",
            on_change=_read,
            args=(desk, key),
        )


def _read(desk: Desk, key: str) -> None:
    desk.read(st.session_state[key])


def _names(reader: Reader) -> Vocabulary:
    settings = reader.settings
    computed = {path.stem: 0 for path in sorted((settings.definitions / "attributes").glob("*.yml"))}
    return read_vocabulary(reader, drafts(settings, "segments"), _lists(reader), computed)


def _lists(reader: Reader) -> dict[str, int]:
    return dict(_list_counts(reader, str(reader.settings.home)))


@st.cache_data(ttl=60, max_entries=4, show_spinner=False)
def _list_counts(_reader: Reader, home: str) -> dict[str, int]:
    return dict(list_counts(_reader.settings))


plugin = Page(
    title="Segment builder",
    question="Who should be in a segment, and how many would that be?",
    icon=":material/tune:",
    group="People",
    order=31,
    draw=draw,
    right=Right.EDIT_SEGMENTS,
)
