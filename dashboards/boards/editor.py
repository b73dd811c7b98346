"""Changing a dashboard: tiles are moved, resized, added and removed in a draft that saving writes to the file.

The draft is the visitor's own until it is saved; whoever saved the same file meanwhile is told of, and nothing is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st
from pydantic import ValidationError

from dashboards.answers.metrics import catalogue_of, dimensions_of
from dashboards.board import COLUMNS, MOST_TILES, Board, Period, Tile
from dashboards.boards.asking import ask_conditions, ask_period
from dashboards.boards.files import delete_board, open_board, rename_board, save_board, save_text
from dashboards.boards.tile_form import ask_form
from dashboards.boards.view import rows_of, show_tile
from dashboards.boards.writing import board_text
from dashboards.editing import Draft, Overtaken
from dashboards.formatting import Spelling
from dashboards.reader import Reader
from dashboards.sign_in.present import present_visitor
from kith.errors import KithError

_DRAFT = "board_draft"


@dataclass(frozen=True)
class Editing:
    """What is being changed: the file as it was opened, and the dashboard as it stands in the draft."""

    draft: Draft
    board: Board
    changes: int = 0
    overtaken: Overtaken | None = None


def editing(name: str) -> Editing | None:
    """The draft of this dashboard, if the visitor has one open."""
    found = st.session_state.get(_DRAFT)
    return found if isinstance(found, Editing) and found.draft.name == name else None


def begin(reader: Reader, name: str) -> None:
    """Open a draft."""
    _keep(Editing(*open_board(reader.settings, name)))


def leave() -> None:
    """Let the draft go."""
    st.session_state.pop(_DRAFT, None)


def show_editor(reader: Reader, now: Editing, spelling: Spelling) -> None:
    """The head, then each tile with what can be done to it."""
    if now.overtaken is not None:
        _show_overtaken(reader, now, now.overtaken)
    _show_head(reader, now)
    for row in rows_of(now.board.tiles):
        used = sum(tile.width for _, tile in row)
        widths = [tile.width for _, tile in row] + ([COLUMNS - used] if used < COLUMNS else [])
        for column, (at, tile) in zip(st.columns(widths), row, strict=False):
            with column:
                _show_controls(reader, now, at, tile)
                show_tile(reader, now.board, tile, at, spelling)
    _show_additions(now)
    _show_text(reader, now)


def _show_head(reader: Reader, now: Editing) -> None:
    board = now.board
    with st.container(border=True):
        title, days, share = st.columns([3, 2, 2], vertical_alignment="bottom")
        changed: dict[str, Any] = {
            "title": title.text_input("Title", board.title, max_chars=200, key=_key(now, "title")).strip()
            or board.title
        }
        with days:
            changed["period"] = ask_period(board.period, _key(now, "period")) or Period()
        changed["shared"] = share.toggle("Everybody may see it", board.shared, key=_key(now, "shared"))
        changed["description"] = st.text_input("What it is for", board.description, key=_key(now, "about"))
        metrics = next((tile.metrics for tile in board.tiles if tile.metrics), ())
        if metrics:
            dimensions = _dimensions(reader, metrics)
            changed["filters"] = ask_conditions(
                reader, dimensions, metrics, board.filters, _key(now, "board")
            )
        _change(now, board.model_copy(update=changed), is_new=False)
        with st.container(horizontal=True, gap="small"):
            if st.button("Save", type="primary", icon=":material/save:", key="board_save"):
                _save(
                    now,
                    lambda fresh: save_board(fresh.draft, fresh.board, present_visitor(), reader.settings),
                )
            if st.button("Leave without saving", key="board_leave"):
                leave()
                st.rerun()
            _show_rename(reader, now)
            with st.popover("Delete", icon=":material/delete:"):
                st.markdown(f"“{board.title}” goes for everybody, and links to it lead nowhere.")
                if st.button("Delete it", key="board_delete"):
                    _leave_by(lambda: delete_board(now.draft, present_visitor(), reader.settings), {})


def _show_rename(reader: Reader, now: Editing) -> None:
    with st.popover("Rename", icon=":material/edit:"):
        name = st.text_input("Name in links and of the file", now.board.name, key=_key(now, "name"))
        st.caption("Links to the old name lead nowhere afterwards.")
        if st.button("Rename it", key="board_rename", disabled=name == now.board.name):
            fresh = editing(now.draft.name) or now
            _leave_by(
                lambda: rename_board(fresh.draft, fresh.board, name, present_visitor(), reader.settings),
                {"dashboard": name},
            )


def _show_controls(reader: Reader, now: Editing, at: int, tile: Tile) -> None:
    last = len(now.board.tiles) - 1
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        back = st.button(
            "", icon=":material/arrow_back:", key=_key(now, f"back{at}"), help="Move back", disabled=at == 0
        )
        forth = st.button(
            "",
            icon=":material/arrow_forward:",
            key=_key(now, f"forth{at}"),
            help="Move forward",
            disabled=at == last,
        )
        with st.popover("Tile", icon=":material/tune:"):
            changed = ask_form(reader, tile, _key(now, f"tile{at}"))
        gone = st.button("", icon=":material/close:", key=_key(now, f"gone{at}"), help="Remove this tile")
    if back or forth:
        _change(now, _moved(now.board, at, at + (1 if forth else -1)))
    elif gone:
        _change(now, _with_tiles(now.board, [*now.board.tiles[:at], *now.board.tiles[at + 1 :]]))
    elif changed != tile:
        tiles = list(now.board.tiles)
        tiles[at] = changed
        _change(now, _with_tiles(now.board, tiles), is_new=False)


def _show_additions(now: Editing) -> None:
    if len(now.board.tiles) >= MOST_TILES:
        st.caption(f":material/info: A dashboard holds {MOST_TILES} tiles.")
        return
    with st.container(horizontal=True, gap="small"):
        if st.button("Add figures", icon=":material/add_chart:", key="board_add_figures"):
            tile = Tile(metrics=("orders",), grain="day", chart="line")
            _change(now, _with_tiles(now.board, [*now.board.tiles, tile]))
        if st.button("Add words", icon=":material/notes:", key="board_add_words"):
            _change(now, _with_tiles(now.board, [*now.board.tiles, Tile(text="Write here.", width=COLUMNS)]))


def _show_text(reader: Reader, now: Editing) -> None:
    with st.expander("As a file", icon=":material/code:"):
        text = st.text_area("YAML", board_text(now.draft.text, now.board), height=320, key=_key(now, "yaml"))
        if st.button("Save the file as written here", key="board_save_text"):
            _save(now, lambda fresh: save_text(fresh.draft, text, present_visitor(), reader.settings))


def _show_overtaken(reader: Reader, now: Editing, told: Overtaken) -> None:
    with st.container(border=True):
        st.warning(str(told), icon=":material/group:")
        st.code(told.diff or "The two are equal.", language="diff")
        mine, theirs = st.columns(2)
        if mine.button("Save mine over it", key="board_mine", width="stretch"):
            draft = _again(reader, now)
            fresh = replace(now, draft=draft, overtaken=None)
            _save(fresh, lambda it: save_board(it.draft, it.board, present_visitor(), reader.settings))
        if theirs.button("Take theirs", key="board_theirs", width="stretch"):
            leave()
            st.rerun()


def _again(reader: Reader, now: Editing) -> Draft:
    try:
        return open_board(reader.settings, now.draft.name)[0]
    except KithError:  # deleted meanwhile: saving makes it anew
        return replace(now.draft, digest="")


def _save(now: Editing, write: Callable[[Editing], Draft]) -> None:
    fresh = editing(now.draft.name)
    latest = replace(now, board=fresh.board) if fresh else now
    try:
        write(latest)
    except Overtaken as error:
        _keep(replace(latest, overtaken=error))
        st.rerun()
    except (KithError, ValidationError) as error:
        st.error(str(error), icon=":material/error:")
        return
    leave()
    st.toast("Saved", icon=":material/check_circle:")
    st.rerun()


def _leave_by(act: Callable[[], object], parameters: dict[str, str]) -> None:
    try:
        act()
    except KithError as error:
        st.error(str(error), icon=":material/error:")
        return
    leave()
    st.query_params.from_dict(parameters)
    st.rerun()


def _change(now: Editing, board: Board, *, is_new: bool = True) -> None:
    """Into the draft. `is_new`: tiles may be others now, so their widgets begin afresh."""
    if board == now.board:
        return
    _keep(replace(now, board=board, changes=now.changes + (1 if is_new else 0)))
    st.rerun()


def _moved(board: Board, at: int, to: int) -> Board:
    tiles = list(board.tiles)
    tiles.insert(to, tiles.pop(at))
    return _with_tiles(board, tiles)


def _with_tiles(board: Board, tiles: list[Tile]) -> Board:
    return board.model_copy(update={"tiles": tuple(tiles)})


def _dimensions(reader: Reader, metrics: tuple[str, ...]) -> list[str]:
    try:
        return dimensions_of(catalogue_of(reader), metrics)
    except KithError:
        return []


def _keep(now: Editing) -> None:
    st.session_state[_DRAFT] = now


def _key(now: Editing, part: str) -> str:
    """Widgets of one state of the draft: another order of tiles is another set of widgets."""
    return f"board_{now.draft.name}_{now.changes}_{part}"
