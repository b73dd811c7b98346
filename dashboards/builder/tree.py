"""A segment's conditions as a tree of nodes that can be edited in place.

A leaf keeps the mapping that its file says, key by key, so what nobody touched is written back as it was: a window of
`2w` stays one, and the short form of a filter stays short.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import count
from typing import Any

GROUPS = ("all", "any", "none")
FALLBACK = "fallback"
#: A leaf is told by the first of these that it has.
KINDS = (
    "attribute", "event", "did", "did_not", "sequence", "message", "score", "segment", "list", "consent",
    "random_share",
)  # fmt: skip
#: Numbers of nodes name widgets: unique in a process, never shown, so that a widget never inherits another's value.
_NUMBERS = count(1)

Condition = dict[str, Any]


@dataclass(eq=False)
class Node:
    """A group (`word` is set), or a leaf (`said`). The only child of a score is its fallback."""

    word: str = ""
    said: Condition = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)
    number: int = field(default_factory=lambda: next(_NUMBERS))

    @property
    def is_group(self) -> bool:
        return bool(self.word)

    @property
    def kind(self) -> str:
        """Which leaf it is; of a group its word."""
        return self.word or next((kind for kind in KINDS if kind in self.said), "")

    def renew(self) -> None:
        """Another number: what is drawn of it from now on begins afresh."""
        self.number = next(_NUMBERS)


def read_condition(condition: Mapping[str, Any]) -> Node:
    """The tree of a condition that the grammar takes."""
    word = next((each for each in GROUPS if each in condition), "")
    if word:
        return Node(word, children=[read_condition(each) for each in condition[word]])
    said = deepcopy(dict(condition))
    children = [read_condition(said[FALLBACK])] if FALLBACK in said else []
    return Node(said=said, children=children)


def condition_of(node: Node) -> Condition:
    """The condition that a tree says."""
    if node.is_group:
        return {node.word: [condition_of(each) for each in node.children]}
    said = deepcopy(node.said)
    if node.children:
        said[FALLBACK] = condition_of(node.children[0])
    return said


def every_node(node: Node, depth: int = 0) -> Iterator[tuple[Node, int]]:
    """Each node with its depth, from the top."""
    yield node, depth
    for child in node.children:
        yield from every_node(child, depth + 1)


def move(siblings: list[Node], node: Node, by: int) -> None:
    """One place up or down among its siblings; at the end it stays."""
    at = siblings.index(node)
    to = min(max(at + by, 0), len(siblings) - 1)
    siblings.insert(to, siblings.pop(at))


def doubled(node: Node) -> Node:
    """The same conditions once more, with numbers of their own."""
    return read_condition(condition_of(node))


def is_complete(node: Node) -> bool:
    """Whether no group is empty."""
    return all(each.children or not each.is_group for each, _ in every_node(node))
