"""The dashboards that lie in `definitions/dashboards/`: whose they are, who sees and changes them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dashboards.board import KIND, Board, board_yaml
from dashboards.boards.writing import board_text
from dashboards.editing import Draft, delete_draft, new_draft, open_draft, save_draft
from kith.accounts import Right, Role, Visitor
from kith.definitions import definition_files, load_definition
from kith.errors import KithError
from kith.settings import Settings


@dataclass(frozen=True)
class Kept:
    """One file: its dashboard, or the `problem` that keeps it from being one."""

    name: str
    board: Board | None
    problem: str = ""


def kept_boards(settings: Settings, visitor: Visitor) -> list[Kept]:
    """All that this visitor may see: shared ones and their own, by title. A faulty file is theirs to mend who edit."""
    found = [_read(settings, path) for path in definition_files(settings, KIND)]
    seen = [each for each in found if _sees(visitor, each)]
    return sorted(seen, key=lambda each: (each.board.title if each.board else each.name).lower())


def may_see(visitor: Visitor, board: Board) -> bool:
    """Shared ones everybody; others their owner and administrators."""
    return board.shared or may_edit(visitor, board) or board.owner == visitor.name


def may_edit(visitor: Visitor, board: Board) -> bool:
    """Their owner, if they may save dashboards at all, and administrators."""
    is_theirs = board.owner == visitor.name or visitor.role is Role.ADMIN
    return visitor.may(Right.SAVE_DASHBOARDS) and is_theirs


def open_board(settings: Settings, name: str) -> tuple[Draft, Board]:
    """A file and what it says. Raises KithError where there is none, or a faulty one."""
    draft = open_draft(settings, KIND, name)
    return draft, load_definition(draft.path, Board, kind=KIND).body


def save_board(draft: Draft, board: Board, visitor: Visitor, settings: Settings) -> Draft:
    """Write a dashboard over its own file. Raises Overtaken where the file is another by now."""
    require_owner(draft, visitor, settings)
    return save_draft(draft, board_text(draft.text, board), visitor, settings)


def save_text(draft: Draft, text: str, visitor: Visitor, settings: Settings) -> Draft:
    """The same by hand."""
    require_owner(draft, visitor, settings)
    return save_draft(draft, text, visitor, settings)


def make_board(board: Board, visitor: Visitor, settings: Settings) -> Draft:
    """A new file, owned by who makes it."""
    visitor.require(Right.SAVE_DASHBOARDS)
    owned = board.model_copy(update={"owner": visitor.name})
    text = board_yaml(owned)
    return save_draft(new_draft(settings, KIND, owned.name), text, visitor, settings)


def rename_board(draft: Draft, board: Board, name: str, visitor: Visitor, settings: Settings) -> Draft:
    """Under another name: written there first, then gone here, so that it is never nowhere."""
    require_owner(draft, visitor, settings)
    renamed = board.model_copy(update={"name": name})
    text = board_text(draft.text, renamed)
    saved = save_draft(new_draft(settings, KIND, name), text, visitor, settings)
    delete_draft(draft, visitor, settings)
    return saved


def delete_board(draft: Draft, visitor: Visitor, settings: Settings) -> None:
    """Gone, unless somebody saved it meanwhile."""
    require_owner(draft, visitor, settings)
    delete_draft(draft, visitor, settings)


def free_name(settings: Settings, title: str) -> str:
    """A file's name for a title: `Trade by country` → `trade_by_country`, `trade_by_country_2` where that is taken."""
    stem = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_0123456789")[:50] or "dashboard"
    taken = {path.stem for path in definition_files(settings, KIND)}
    numbered = (f"{stem}_{at}" for at in range(2, len(taken) + 3))
    return stem if stem not in taken else next(each for each in numbered if each not in taken)


def titles(found: Sequence[Kept]) -> dict[str, str]:
    """What each is called on the page."""
    return {each.name: each.board.title if each.board else f"{each.name} (can't be read)" for each in found}


def require_owner(draft: Draft, visitor: Visitor, settings: Settings) -> None:
    """Raises KithError where the file is somebody else's. A faulty one belongs to whoever may save dashboards."""
    visitor.require(Right.SAVE_DASHBOARDS)
    try:
        lies = load_definition(draft.path, Board, kind=KIND).body if draft.path.exists() else None
    except KithError:
        return
    if lies is not None and not may_edit(visitor, lies):
        raise KithError(
            f"'{lies.title}' belongs to {lies.owner or 'nobody'}", way_out="save a copy of your own"
        )


def _read(settings: Settings, path) -> Kept:
    try:
        return Kept(path.stem, load_definition(path, Board, kind=KIND).body)
    except KithError as error:
        return Kept(path.stem, None, str(error).replace(f"{settings.definitions}/", ""))


def _sees(visitor: Visitor, kept: Kept) -> bool:
    return visitor.may(Right.SAVE_DASHBOARDS) if kept.board is None else may_see(visitor, kept.board)
