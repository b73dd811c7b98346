"""The text of a dashboard that has a file: what was changed is written in its place, the rest stays to the letter."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from dashboards.board import Board, board_document, board_yaml
from dashboards.canvas.writing import document_of, retold
from kith.errors import KithError


def board_text(text: str, board: Board) -> str:
    """The text of the file as it says this dashboard, with its comments."""
    anew = board_yaml(board)
    try:
        said = document_of(text)
        before = board_document(Board.model_validate(said))
    except (
        KithError,
        ValidationError,
    ):  # nothing of a faulty file is known to be worth keeping but its heading
        return retold(text, board_document(board), anew)
    return retold(text, _as_said(said, before, board_document(board)), anew)


def _as_said(said: Any, before: Any, after: Any) -> Any:
    """What comes after, in the words of the file where it means what it meant before: a default that the file tells
    stays, a date stays as it was put."""
    if before == after:
        return said
    if isinstance(said, dict) and isinstance(before, dict) and isinstance(after, dict):
        kept = {key: each for key, each in said.items() if key in after or key not in before}
        return kept | {key: _as_said(said.get(key), before.get(key), each) for key, each in after.items()}
    if isinstance(said, list) and isinstance(before, list) and isinstance(after, list):
        return [_item_as_said(said, before, after, at) for at in range(len(after))]
    return after


def _item_as_said(said: list[Any], before: list[Any], after: list[Any], at: int) -> Any:
    if after[at] in before:
        return said[before.index(after[at])]
    was = at < len(before) and before[at] not in after
    return _as_said(said[at], before[at], after[at]) if was else after[at]
