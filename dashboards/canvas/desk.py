"""One visitor's work on one journey: the texts that they went through, which step is in hand, what was said last.

It lives in the visitor's session. The text is the only state; undoing is going back to an earlier one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from dashboards.canvas.edits import Change, Edit, Insert, Move, Remove
from dashboards.canvas.ids import with_own_id
from dashboards.canvas.palette import BY_WORD
from dashboards.canvas.patching import edited
from dashboards.canvas.sketch import ENTRY, keys_of, node_id
from dashboards.canvas.writing import document_of
from dashboards.editing import Draft
from kith.errors import KithError

MOST_TEXTS = 200


@dataclass
class Desk:
    """`texts[at]` is what stands on the canvas. `round` counts what makes the forms begin anew."""

    draft: Draft
    texts: list[str]
    at: int = 0
    chosen: str = ENTRY
    round: int = 0
    trouble: str = ""
    backtest: Any = None
    remembered: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, draft: Draft) -> Desk:
        return cls(draft, [draft.text])

    @property
    def text(self) -> str:
        return self.texts[self.at]

    @property
    def is_changed(self) -> bool:
        return self.text != self.draft.text or self.draft.is_new

    def put(self, text: str, *, is_form: bool = False) -> None:
        """Another text; one typed into a form leaves the form as it is."""
        if text == self.text:
            return
        self.texts = [*self.texts[: self.at + 1][-MOST_TEXTS:], text]
        self.at = len(self.texts) - 1
        self.round += not is_form

    def saved(self, draft: Draft) -> None:
        """What was written is where the work goes on from."""
        self.draft = draft

    def edit(self, edit: Edit, *, is_form: bool = False) -> None:
        """One edit of the canvas or a form; what can't be done is said beside the canvas."""
        self.trouble = ""
        try:
            self.put(edited(self.text, edit), is_form=is_form)
        except (KithError, KeyError, IndexError, TypeError, ValueError) as error:
            self.trouble = str(error) if isinstance(error, KithError) else "That place is no longer there."

    def asked(self, told: Mapping[str, Any]) -> None:
        """What the canvas asks for."""
        {
            "choose": lambda: self.choose(str(told["id"])),
            "insert": lambda: self._insert(told),
            "move": lambda: self._move(told),
            "remove": lambda: self._remove(told),
            "undo": lambda: self.go(-1),
            "redo": lambda: self.go(1),
        }[str(told["kind"])]()

    def choose(self, node: str) -> None:
        """Another step in hand."""
        self.round += node != self.chosen
        self.chosen = node

    def go(self, by: int) -> None:
        """To an earlier or a later text."""
        at = min(max(self.at + by, 0), len(self.texts) - 1)
        self.round += at != self.at
        self.at, self.trouble = at, ""

    def _insert(self, told: Mapping[str, Any]) -> None:
        step = with_own_id(document_of(self.text), BY_WORD[str(told["word"])].start)
        block, number = keys_of(str(told["block"])), int(told["number"])
        self.edit(Insert(block, number, step))
        if not self.trouble:
            self.choose(node_id((*block, number)))

    def _move(self, told: Mapping[str, Any]) -> None:
        keys, block, number = keys_of(str(told["id"])), keys_of(str(told["block"])), int(told["number"])
        if keys[:-1] == block and number > self._count(told["block"]):
            return
        self.edit(Move(keys, block, number))
        self.choose(ENTRY)

    def _remove(self, told: Mapping[str, Any]) -> None:
        self.edit(Remove(keys_of(str(told["id"]))))
        if not self.trouble:
            self.choose(ENTRY)

    def _count(self, block: Any) -> int:
        found = document_of(self.text)
        try:
            for key in keys_of(str(block)):
                found = found[key]
        except (KeyError, IndexError, TypeError):
            return 0
        return len(found) if isinstance(found, list) else 1

    def change(self, keys: tuple[str | int, ...], value: Any) -> None:
        """A value that a form made."""
        self.edit(Change(keys, value), is_form=True)


def desk_of(name: str, draft: Draft) -> Desk:
    """The visitor's desk for a journey; begun anew where the file is another and nothing would be lost."""
    key = f"desk_{name}"
    found: Desk | None = st.session_state.get(key)
    is_overtaken = found is not None and found.draft.digest != draft.digest and not found.is_changed
    if found is None or is_overtaken:
        found = Desk.of(draft)
        st.session_state[key] = found
    return found


def leave(name: str) -> None:
    """Forget what was not saved."""
    st.session_state.pop(f"desk_{name}", None)
