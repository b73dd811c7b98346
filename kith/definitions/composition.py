"""A document made of a parser's events, one after the other: no nesting exhausts a stack, and whatever stands
too often, too deep or too large is refused before it is built.

Anchors are read, and what they stand for is shared and counted each time, so that a few lines that stand for a
billion values are refused. Merge keys and tags are not read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import yaml

from kith.definitions.scalars import plain_value

Keys = tuple[str | int, ...]
DEEPEST = 250
MOST_VALUES = 1_000_000
_NO_KEY = object()


class NotComposed(Exception):
    """The document can't be made: what is the matter, on which line (from 1), at which field."""

    def __init__(self, problem: str, line: int, keys: Keys = (), expected: str = "") -> None:
        super().__init__(problem)
        self.problem, self.line, self.keys, self.expected = problem, line, keys, expected


@dataclass
class _Open:
    """A mapping or sequence that is being filled; `size` counts the values in it, `height` their levels."""

    value: Any
    keys: Keys
    anchor: str | None
    size: int = 1
    height: int = 1
    key: Any = _NO_KEY
    key_text: str = ""
    seen: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class _Anchored:
    value: Any
    size: int
    height: int


class Composer:
    """Builds one document; `lines` holds the line of each value by its path of keys."""

    def __init__(self) -> None:
        self.document: Any = None
        self.lines: dict[Keys, int] = {}
        self._open: list[_Open] = []
        self._anchors: dict[str, _Anchored] = {}
        self._documents = 0
        self._values = 0

    def compose(self, events: Iterable[Any]) -> Any:
        """The document of the events, None of an empty text."""
        for event in events:
            line = event.start_mark.line + 1
            if isinstance(event, yaml.DocumentStartEvent):
                self._documents += 1
                if self._documents > 1:
                    raise NotComposed("holds a second document", line, expected="one")
            elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
                self._begin(event, line)
            elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                self._end()
            elif isinstance(event, yaml.ScalarEvent):
                self._scalar(event, line)
            elif isinstance(event, yaml.AliasEvent):
                self._alias(event, line)
        return self.document

    def _begin(self, event: Any, line: int) -> None:
        self._refuse_tag(event, line)
        if self._awaits_key():
            raise NotComposed("has a key that is no text", line, self._open[-1].keys, "a word as key")
        if len(self._open) >= DEEPEST:
            raise NotComposed("is nested too deeply", line, expected=f"at most {DEEPEST} levels")
        value = {} if isinstance(event, yaml.MappingStartEvent) else []
        keys = self._place(line)
        self._count(1, line)
        self._open.append(_Open(value, keys, event.anchor))

    def _end(self) -> None:
        done = self._open.pop()
        if done.anchor:
            self._anchors[done.anchor] = _Anchored(done.value, done.size, done.height)
        self._put(done.value, done.size, done.height)

    def _scalar(self, event: Any, line: int) -> None:
        self._refuse_tag(event, line)
        is_plain = event.implicit[0] and event.tag is None
        try:
            value = plain_value(event.value) if is_plain else event.value
        except ValueError as error:
            raise NotComposed(str(error), line, self._next_keys()) from None
        if self._awaits_key():
            self._name(value, event.value, line)
            return
        self._place(line)
        self._count(1, line)
        if event.anchor:
            self._anchors[event.anchor] = _Anchored(value, 1, 0)
        self._put(value, 1, 0)

    def _alias(self, event: Any, line: int) -> None:
        found = self._anchors.get(event.anchor)
        if self._awaits_key():
            raise NotComposed("has a key that is no text", line, self._open[-1].keys, "a word as key")
        keys = self._place(line)
        if found is None:
            is_around = any(each.anchor == event.anchor for each in self._open)
            problem = "holds itself" if is_around else "was never given a value"
            raise NotComposed(f"*{event.anchor} {problem}", line, keys)
        if len(self._open) + found.height > DEEPEST:
            raise NotComposed("is nested too deeply", line, keys, f"at most {DEEPEST} levels")
        self._count(found.size, line)
        self._put(found.value, found.size, found.height)

    def _name(self, value: Any, text: str, line: int) -> None:
        """A key; what it is a key of comes next."""
        mapping = self._open[-1]
        if text == "<<":
            raise NotComposed("is a merge key", line, mapping.keys, "the keys themselves, written out")
        if text in mapping.seen:
            raise NotComposed("stands twice", line, (*mapping.keys, text), "each key once")
        mapping.seen.add(text)
        mapping.key, mapping.key_text = value, text
        self.lines[(*mapping.keys, text)] = line

    def _awaits_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1].value, dict) and self._open[-1].key is _NO_KEY

    def _next_keys(self) -> Keys:
        if not self._open:
            return ()
        around = self._open[-1]
        last = around.key_text if isinstance(around.value, dict) else len(around.value)
        return (*around.keys, last)

    def _place(self, line: int) -> Keys:
        """The path of the value that begins here. The line of a key stands already."""
        keys = self._next_keys()
        self.lines.setdefault(keys, line)
        return keys

    def _count(self, size: int, line: int) -> None:
        self._values += size
        if self._values > MOST_VALUES:
            raise NotComposed(
                "is too large", line, expected=f"at most {MOST_VALUES:,} values, anchors counted"
            )

    def _put(self, value: Any, size: int, height: int) -> None:
        if not self._open:
            self.document = value
            return
        around = self._open[-1]
        around.size, around.height = around.size + size, max(around.height, height + 1)
        if isinstance(around.value, dict):
            around.value[around.key] = value
            around.key = _NO_KEY
        else:
            around.value.append(value)

    def _refuse_tag(self, event: Any, line: int) -> None:
        if event.tag not in (None, "!", "tag:yaml.org,2002:str"):
            raise NotComposed(f"holds the tag {event.tag}", line, self._next_keys(), "a plain value")
