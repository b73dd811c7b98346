"""Where the values of a YAML text stand in it.

An entry of a mapping or sequence that is written over several lines owns whole lines, from the comments above it to
those below it that are indented deeper. Its neighbours' lines and its own together are the text, so that taking one
out or putting one in leaves all others as they are.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any

import yaml

from kith.definitions.composition import Composer, NotComposed
from kith.errors import KithError

Keys = tuple[str | int, ...]


def document_of(text: str) -> Any:
    """What the text says, as `kith` reads definitions. Raises KithError with the line where it says nothing."""
    composer = Composer()
    try:
        return composer.compose(yaml.parse(text, Loader=yaml.SafeLoader))
    except NotComposed as error:
        raise KithError(error.problem, where=f"line {error.line}") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise KithError(f"no valid YAML: {error.problem}", where=f"line {line}") from None
    except yaml.YAMLError as error:
        raise KithError(f"no valid YAML: {error}") from None


@dataclass(frozen=True)
class Spot:
    """A value in the text: its node, and the one around it with the number of its entry there."""

    node: Any  # of PyYAML, whose kinds of node share no words
    around: Spot | None = None
    number: int = 0

    @property
    def is_flow(self) -> bool:
        """Whether it is written between brackets."""
        return bool(getattr(self.node, "flow_style", False))


@dataclass
class Page:
    """A text with its nodes."""

    text: str
    root: yaml.Node
    starts: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, text: str) -> Page:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        if root is None:
            raise KithError("holds nothing", expected="keys and values")
        starts = [0, *(at + 1 for at, each in enumerate(text) if each == "\n")]
        return cls(text, root, starts)

    def spot(self, keys: Keys) -> Spot:
        """The value at the keys. Raises KithError where there is none."""
        spot = Spot(self.root)
        for key in keys:
            inner = [number for number, name in enumerate(names(spot.node)) if str(name) == str(key)]
            if not inner:
                raise KithError(f"there is no {key} here", where=".".join(map(str, keys)))
            spot = Spot(values(spot.node)[inner[0]], spot, inner[0])
        return spot

    def line_start(self, index: int) -> int:
        return self.starts[bisect_right(self.starts, index) - 1]

    def line_end(self, index: int) -> int:
        """Behind the line end of the line that the index is in."""
        found = self.text.find("\n", index)
        return len(self.text) if found < 0 else found + 1

    def end(self, node: yaml.Node) -> int:
        """Behind the last character of a value, without what PyYAML counts to it of the lines that follow."""
        if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
            key = node.value[-1][0] if isinstance(node, yaml.MappingNode) else node
            return max(self.end(values(node)[-1]), key.end_mark.index if key is not node else 0)
        end = node.end_mark.index
        if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
            return node.start_mark.index + len(self.text[node.start_mark.index : end].rstrip())
        return end

    def head(self, node: yaml.Node, number: int) -> int:
        """Where an entry of a block begins: its key, or its dash."""
        if isinstance(node, yaml.MappingNode):
            return node.value[number][0].start_mark.index
        if number == 0:
            return node.start_mark.index
        at, column = self.line_start(node.value[number].start_mark.index), node.start_mark.column
        while self.text[at : at + column + 1].strip() != "-":
            at = self.line_start(at - 1)
        return at + column

    def bounds(self, node: yaml.Node, number: int) -> tuple[int, int]:
        """The text that belongs to an entry of a block."""
        last = number == len(node.value) - 1
        return self._begin(node, number), self._close(node) if last else self._begin(node, number + 1)

    def _begin(self, node: yaml.Node, number: int) -> int:
        head = self.head(node, number)
        start = self.line_start(head)
        if self.text[start:head].strip():
            return head  # behind a dash: the line isn't its own
        if number == 0:
            return (
                start if isinstance(node, yaml.MappingNode) else start - len(self._above(start, head - start))
            )
        floor, column = self.line_end(self.end(values(node)[number - 1])), head - start
        while start > floor and self._belongs(self.line_start(start - 1), column):
            start = self.line_start(start - 1)
        return start

    def _above(self, start: int, column: int) -> str:
        """The comments right above a first entry, at its column."""
        at = start
        while at > 0:
            above = self.line_start(at - 1)
            line = self.text[above:at]
            if not line.lstrip().startswith("#") or len(line) - len(line.lstrip()) != column:
                break
            at = above
        return self.text[at:start]

    def _belongs(self, at: int, column: int) -> bool:
        """Whether a line between two entries belongs to the later one."""
        line = self.text[at : self.line_end(at)]
        return not line.strip() or len(line) - len(line.lstrip()) <= column

    def _close(self, node: yaml.Node) -> int:
        """Behind the last entry, and the comments below that are indented like its entries or deeper."""
        at = self.line_end(self.end(node))
        column = node.start_mark.column
        taken = at
        while at < len(self.text):
            line = self.text[at : self.line_end(at)]
            if line.strip():
                is_inside = line.lstrip().startswith("#") and len(line) - len(line.lstrip()) >= max(column, 1)
                if not is_inside:
                    break
                taken = self.line_end(at)
            at = self.line_end(at)
        return taken


def names(node: yaml.Node) -> list[Any]:
    """The keys of a mapping as texts, or the numbers of a sequence."""
    if isinstance(node, yaml.MappingNode):
        return [key.value for key, _ in node.value]
    return list(range(len(node.value))) if isinstance(node, yaml.SequenceNode) else []


def values(node: yaml.Node) -> list[yaml.Node]:
    """The values of a mapping or sequence."""
    if isinstance(node, yaml.MappingNode):
        return [value for _, value in node.value]
    return list(node.value)
