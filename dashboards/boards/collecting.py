"""From a question to a tile: what the explorer shows is put onto a dashboard."""

from __future__ import annotations

import streamlit as st

from dashboards.board import Board, Period, Tile
from dashboards.boards.files import free_name, kept_boards, make_board, may_edit, open_board, save_board
from dashboards.formatting import plain
from dashboards.links import page_address
from dashboards.reader import Reader
from dashboards.sign_in.present import present_visitor
from kith.accounts import Right
from kith.errors import KithError

_NEW = ""


def offer_to_keep(reader: Reader, tile: Tile) -> None:
    """A place to put the tile: one of the visitor's dashboards, or a new one."""
    visitor = present_visitor()
    if not visitor.may(Right.SAVE_DASHBOARDS):
        return
    found = [
        each for each in kept_boards(reader.settings, visitor) if each.board and may_edit(visitor, each.board)
    ]
    titles = {each.name: each.board.title for each in found if each.board}
    with st.popover("Put on a dashboard", icon=":material/dashboard_customize:", type="tertiary"):
        where = st.selectbox(
            "Dashboard",
            [*titles, _NEW],
            format_func=lambda each: titles.get(each, "A new one"),
            key="keep_where",
        )
        heading = st.text_input("Heading of the tile", key="keep_heading", max_chars=200)
        title = st.text_input("Its title", key="keep_title", max_chars=200) if where == _NEW else ""
        if st.button(
            "Put it there", type="primary", key="keep_now", disabled=where == _NEW and not title.strip()
        ):
            _keep(reader, where, title.strip(), tile.model_copy(update={"title": heading.strip()}))


def _keep(reader: Reader, where: str, title: str, tile: Tile) -> None:
    visitor, settings = present_visitor(), reader.settings
    try:
        if where == _NEW:
            board = Board(name=free_name(settings, title), title=title, period=Period(days=28), tiles=(tile,))
            where = make_board(board, visitor, settings).name
        else:
            draft, board = open_board(settings, where)
            grown = board.model_copy(update={"tiles": (*board.tiles, tile)})
            save_board(draft, grown, visitor, settings)
    except KithError as error:
        st.error(str(error), icon=":material/error:")
        return
    address = page_address("my", dashboard=where)
    st.success(f"It is there: [{plain(title or board.title)}]({address})", icon=":material/check_circle:")
