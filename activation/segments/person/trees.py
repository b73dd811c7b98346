"""Trees over the bits of one integer: each node one step.

A node holds if all of some bits are set and all of others clear, or if that fails: `all` is the one, `any` is the
other of the opposite bits, `none` is `any` turned round. So a step is one AND and one comparison.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import compress
from typing import NamedTuple

from activation.segments.ordering import levels
from activation.segments.terms import Group, MemberTerm, Scored, Segment, Term, Tree


class Step(NamedTuple):
    """Sets `bit` if the truth has exactly `wanted` of the bits `looked_at`, or with `is_any` if it has not."""

    looked_at: int
    wanted: int
    is_any: bool
    bit: int


@dataclass(frozen=True)
class _Form:
    """`all` (or, with `is_any`, at least one) of: a bit of `held` is set, a bit of `failed` is clear."""

    is_any: bool
    held: int
    failed: int = 0

    @property
    def is_single(self) -> bool:
        return (self.held | self.failed).bit_count() == 1

    def turned(self) -> _Form:
        return _Form(not self.is_any, self.failed, self.held)


class Trees:
    """Segments as steps, given the bits of the terms; equal nodes are one. The segments have the bits from `start`
    on, in the order of `names`, inner nodes those after."""

    def __init__(self, segments: Mapping[str, Segment], bits: Mapping[Term, int]) -> None:
        ordered = [each for level in levels(segments, {}) for each in level]
        self.names = [each.name for each in ordered]
        self.start = len(bits)
        self.steps: list[Step] = []
        self._bits: dict[Term, int] = dict(bits)
        self._nodes: dict[_Form, int] = {}
        self._next = 1 << (self.start + len(ordered))
        for number, each in enumerate(ordered):
            bit = 1 << (self.start + number)
            self._step(self._form(each.tree), bit)
            self._bits[MemberTerm(each.name)] = bit

    def run(self, truth: int) -> int:
        """The truths of the terms, and those of all nodes and segments beside them."""
        for looked_at, wanted, is_any, bit in self.steps:
            if (truth & looked_at == wanted) != is_any:
                truth |= bit
        return truth

    def members(self, truth: int) -> list[str]:
        """The names of the segments that hold."""
        digits = f"{truth >> self.start & (1 << len(self.names)) - 1:b}"
        return list(compress(self.names, map(int, reversed(digits))))

    def _form(self, tree: Tree) -> _Form:
        match tree:
            case Group(word="none", children=children):
                return self._fold(True, children).turned()
            case Group(word=word, children=children):
                return self._fold(word == "any", children)
            case Scored(known=known, term=term, fallback=fallback):
                otherwise = self._as(False, self._form(fallback))
                unknown = _Form(False, otherwise.held, otherwise.failed | self._bits[known])
                return _Form(True, self._bits[term] | self._bit(unknown))
            case _:
                return _Form(False, self._bits[tree])

    def _fold(self, is_any: bool, children: tuple[Tree, ...]) -> _Form:
        held = failed = 0
        for child in children:
            form = self._as(is_any, self._form(child))
            held, failed = held | form.held, failed | form.failed
        return _Form(is_any, held, failed)

    def _as(self, is_any: bool, form: _Form) -> _Form:
        """A form as part of one of the given word: taken apart if it is of the same, else a bit of its own."""
        if form.is_any == is_any or form.is_single:
            return form
        return _Form(is_any, self._bit(form))

    def _bit(self, form: _Form) -> int:
        if form not in self._nodes:
            self._nodes[form] = self._next
            self._next <<= 1
            self._step(form, self._nodes[form])
        return self._nodes[form]

    def _step(self, form: _Form, bit: int) -> None:
        """What must be set and clear at once never is: no truth is like that."""
        held, failed = (form.failed, form.held) if form.is_any else (form.held, form.failed)
        impossible = bool(held & failed)
        looked_at, wanted = (0, 1) if impossible else (held | failed, held)
        self.steps.append(Step(looked_at, wanted, form.is_any, bit))
