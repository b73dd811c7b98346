"""What do I look at each morning? Dashboards that people make themselves."""

from __future__ import annotations

import streamlit as st

from dashboards.answers.metrics import catalogue_of
from dashboards.board import Board, Period, board_yaml
from dashboards.boards.asking import ask_period, conditions_in_words
from dashboards.boards.editor import begin, editing, show_editor
from dashboards.boards.export import board_html
from dashboards.boards.files import Kept, free_name, kept_boards, make_board, may_edit, save_text, titles
from dashboards.boards.link import (
    condition_parameters,
    conditions_in_link,
    keep_in_link,
    period_in_link,
    period_parameters,
)
from dashboards.boards.view import show_board, without_pictures
from dashboards.choice import choose
from dashboards.editing import open_draft
from dashboards.formatting import plain
from dashboards.notices import nothing, visitor_spelling
from dashboards.page import Page
from dashboards.reader import Reader
from dashboards.sign_in.present import present_visitor
from dashboards.sources import show_source
from kith.accounts import Right
from kith.errors import KithError


def draw(reader: Reader) -> None:
    """Choose one, or make one; then look at it, or change it."""
    visitor = present_visitor()
    found = {each.name: each for each in kept_boards(reader.settings, visitor)}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        named = titles(list(found.values()))
        chosen = (
            choose("Dashboard", "dashboard", list(found), spell=lambda each: named.get(each, each))
            if found
            else None
        )
        if visitor.may(Right.SAVE_DASHBOARDS):
            _offer_new(reader)
    if chosen is None:
        nothing("There is no dashboard yet. Make one here, or put what you see on the page Metrics onto one.")
        return
    try:
        catalogue_of(reader)
        _show(reader, found[chosen])
    except KithError as error:
        nothing(f"{error.problem[:1].upper()}{error.problem[1:]}. {error.way_out or ''}")


def _show(reader: Reader, kept: Kept) -> None:
    if kept.board is None:
        _mend(reader, kept)
        return
    if now := editing(kept.name):
        show_editor(reader, now, visitor_spelling(reader))
        return
    board = _as_linked(kept.board)
    if board.description:
        st.markdown(without_pictures(board.description))
    _show_head(reader, kept.board, board)
    show_board(reader, board, visitor_spelling(reader))
    show_source(reader, definition=f"dashboards/{kept.name}.yml")


def _as_linked(board: Board) -> Board:
    """With the days and filters of the address, which stand above the file's own."""
    period, filters = period_in_link(), conditions_in_link()
    named = {each.dimension for each in filters}
    kept = tuple(each for each in board.filters if each.dimension not in named)
    return board.model_copy(update={"period": period or board.period, "filters": (*kept, *filters)})


def _show_head(reader: Reader, kept: Board, board: Board) -> None:
    key = f"my_{board.name}"
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        with st.container(width=240):
            period = ask_period(board.period, key, nothing="All days") or Period()
        if may_edit(present_visitor(), kept) and st.button("Edit", icon=":material/edit:", key="board_edit"):
            begin(reader, board.name)
            st.rerun()
        with st.popover("Share and export", icon=":material/ios_share:"):
            _offer_exports(reader, kept, board)
    if board.filters:
        st.caption(f":material/filter_alt: {plain(conditions_in_words(board.filters))}")
    told = period_parameters(period) if period != kept.period else {}
    keep_in_link({"dashboard": board.name, **told, **_filters(board, kept)})
    if period != board.period:
        st.rerun()


def _filters(board: Board, kept: Board) -> dict[str, list[str]]:
    told = condition_parameters(each for each in board.filters if each not in kept.filters)
    return {"filter": told} if told else {}


def _offer_exports(reader: Reader, kept: Board, board: Board) -> None:
    who = "everybody who may sign in" if kept.shared else f"{kept.owner or 'nobody'} and administrators alone"
    st.markdown(f"The address of this page opens it with these days and filters, for {who}.")
    st.download_button(
        "As a file (YAML)", board_yaml(kept), f"{kept.name}.yml", "text/yaml", on_click="ignore", key="my_yaml",
        icon=":material/code:",
    )  # fmt: skip
    spelling = visitor_spelling(reader)
    st.download_button(
        "As a page (HTML)", lambda: board_html(reader, board, spelling), f"{kept.name}.html", "text/html",
        on_click="ignore", key="my_html", icon=":material/html:", help="Charts and numbers in one file",
    )  # fmt: skip
    visitor = present_visitor()
    if visitor.may(Right.SAVE_DASHBOARDS) and st.button("Save a copy of my own", key="my_copy"):
        name = free_name(reader.settings, f"{kept.title} copy")
        copy = kept.model_copy(update={"name": name, "title": f"{kept.title} (copy)", "shared": False})
        make_board(copy, visitor, reader.settings)
        st.query_params.from_dict({"dashboard": name})
        st.rerun()


def _offer_new(reader: Reader) -> None:
    with st.popover("New dashboard", icon=":material/add:"):
        title = st.text_input("Title", key="my_new_title", max_chars=200).strip()
        shared = st.toggle("Everybody may see it", key="my_new_shared")
        if st.button("Make it", type="primary", disabled=not title, key="my_new"):
            board = Board(
                name=free_name(reader.settings, title), title=title, shared=shared, period=Period(days=28)
            )
            make_board(board, present_visitor(), reader.settings)
            begin(reader, board.name)
            st.query_params.from_dict({"dashboard": board.name})
            st.rerun()


def _mend(reader: Reader, kept: Kept) -> None:
    """A file that holds no dashboard: what is wrong, and the text to put it right."""
    st.warning(plain(kept.problem), icon=":material/report:")
    draft = open_draft(reader.settings, "dashboards", kept.name)
    text = st.text_area("The file", draft.text, height=420, key=f"mend_{kept.name}_{draft.digest[:8]}")
    if st.button("Save", type="primary", key="mend_save"):
        try:
            save_text(draft, text, present_visitor(), reader.settings)
        except KithError as error:
            st.error(plain(str(error)), icon=":material/error:")
            return
        st.rerun()


plugin = Page(
    title="My dashboards",
    question="What do I look at each morning?",
    icon=":material/dashboard:",
    group="Today",
    order=15,
    draw=draw,
)
