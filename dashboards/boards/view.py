"""A dashboard as it is looked at: tiles in rows of four columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import streamlit as st

from dashboards.answers.metrics import Told, catalogue_of, tell
from dashboards.board import COLUMNS, Board, Condition, Tile, asked_of
from dashboards.boards.link import tile_parameters
from dashboards.downloads import offer_csv
from dashboards.formatting import Spelling
from dashboards.links import page_address
from dashboards.metric_charts import show_told
from dashboards.notices import nothing
from dashboards.reader import Reader
from kith.errors import KithError
from kith.metrics.question import Names


def show_board(reader: Reader, board: Board, spelling: Spelling) -> None:
    """All tiles, in their order and width."""
    if not board.tiles:
        nothing("There is nothing on this dashboard yet. “Edit” adds the first tile.")
    for row in rows_of(board.tiles):
        used = sum(tile.width for _, tile in row)
        widths = [tile.width for _, tile in row] + ([COLUMNS - used] if used < COLUMNS else [])
        for column, (at, tile) in zip(st.columns(widths), row, strict=False):
            with column:
                show_tile(reader, board, tile, at, spelling)


def rows_of(tiles: Sequence[Tile]) -> Iterator[list[tuple[int, Tile]]]:
    """Tiles with their places, as many in a row as fit."""
    row: list[tuple[int, Tile]] = []
    for at, tile in enumerate(tiles):
        if row and sum(each.width for _, each in row) + tile.width > COLUMNS:
            yield row
            row = []
        row.append((at, tile))
    if row:
        yield row


def show_tile(reader: Reader, board: Board, tile: Tile, at: int, spelling: Spelling) -> None:
    """Words, or an answer with its heading, its CSV and the way to look closer."""
    if tile.text:
        st.markdown(without_pictures(tile.text))
        return
    with st.container(border=True):
        try:
            told, left_out = tell_tile(reader, board, tile)
        except KithError as error:
            st.markdown(f"**{tile.title or 'This tile'}**")
            nothing(f"It can't be told: {error.problem}.")
            return
        st.markdown(f"**{tile.title or title_of(told)}**")
        show_told(told, tile.chart, spelling, tile.height)
        if left_out:
            nothing(f"Not filtered by {', '.join(left_out)}: these figures can't be told by that.")
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            offer_csv(reader, told.frame, f"{board.name}-{at + 1}")
            asked = tile.model_copy(update={"period": tile.period or board.period})
            asked = asked.model_copy(
                update={"filters": (*fitting(reader, board.filters, tile), *tile.filters)}
            )
            st.markdown(
                f"[Look closer]({page_address('metrics', **tile_parameters(asked))})", width="content"
            )


def tell_tile(reader: Reader, board: Board, tile: Tile) -> tuple[Told, list[str]]:
    """A tile's answer, and the dashboard's dimensions by which it can't be filtered."""
    fit = fitting(reader, board.filters, tile)
    left_out = [each.dimension for each in board.filters if each not in fit]
    return tell(reader, asked_of(tile, reader, fit, board.period)), left_out


def fitting(reader: Reader, conditions: Sequence[Condition], tile: Tile) -> tuple[Condition, ...]:
    """Those conditions that the tile's metrics know the dimension of."""
    names = Names(catalogue_of(reader), tile.metrics)
    return tuple(each for each in conditions if _knows(names, each.dimension))


def without_pictures(text: str) -> str:
    """Markdown in which a picture is a link: none is fetched from elsewhere by whoever looks at a page."""
    return text.replace("![", r"\![")


def title_of(told: Told) -> str:
    """What a tile without a heading is called."""
    return ", ".join(metric.label for metric in told.metrics)


def _knows(names: Names, dimension: str) -> bool:
    try:
        names.dimension(dimension)
    except KithError:
        return False
    return True
