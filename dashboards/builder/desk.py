"""What lies on a visitor's desk: the draft of a segment as tree and as text, which tell the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import streamlit as st

from activation.segments.grammar import SegmentBody
from dashboards.builder.tree import Node, condition_of, is_complete, read_condition
from dashboards.builder.writing import written
from dashboards.canvas.writing import retold
from dashboards.editing import Draft
from kith.definitions import load_definition
from kith.errors import KithError

_DESK = "segment_desk"


@dataclass
class Desk:
    """`root` is None while the text can't be read; `fault` says why. `head` is the document without `who`."""

    draft: Draft
    text: str
    head: dict[str, Any] = field(default_factory=dict)
    root: Node | None = None
    fault: str = ""
    reviewed: str = ""

    @property
    def is_changed(self) -> bool:
        return self.text != self.draft.text or self.draft.is_new

    def read(self, text: str) -> None:
        """Take a text that was typed; the tree follows it, or stays away until it reads."""
        self.text = text
        try:
            document = read_document(text, self.draft.name)
        except KithError as error:
            self.root, self.fault = None, f"{(error.where or '').partition(': ')[2]} {error.problem}".strip()
            return
        self.fault = ""
        self.head = {key: value for key, value in document.items() if key != "who"}
        self.root = read_condition(document["who"])
        self._said, self._read = self.document, text

    def follow(self) -> None:
        """The text says what the tree says by now. What was only looked at stays letter by letter as it was."""
        if self.root is None or not is_complete(self.root) or self.document == self._said:
            return
        self._said = self.document
        self.text = retold(self._read, self._said, anew=written(self._said))

    @property
    def document(self) -> dict[str, Any]:
        assert self.root is not None
        return {**self.head, "who": condition_of(self.root)}

    _said: dict[str, Any] = field(default_factory=dict)
    _read: str = ""


def read_document(text: str, name: str) -> dict[str, Any]:
    """The document of a segment's text. Raises KithError, with line and field, for what the grammar refuses."""
    with TemporaryDirectory(prefix="kith-draft-") as folder:
        path = Path(folder) / f"{name}.yml"
        path.write_text(text, encoding="utf-8")
        return load_definition(path, SegmentBody, kind="segments").document


def desk_of(draft: Draft) -> Desk:
    """The visitor's desk for this draft; another one clears it."""
    found = st.session_state.get(_DESK)
    if isinstance(found, Desk) and found.draft.path == draft.path:
        return found
    return lay(draft)


def lay(draft: Draft, text: str | None = None) -> Desk:
    """A cleared desk with this draft on it, and this text where it is another."""
    desk = Desk(draft, draft.text)
    desk.read(draft.text if text is None else text)
    st.session_state[_DESK] = desk
    return desk
