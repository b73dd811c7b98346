"""Trees over the bits of one integer: each node one step.

A node holds if all of some bits are set and all of others clear, or if that fails: `all` is the one, `any` is the
other of the opposite bits, `none` is `any` turned round. So a step is one AND and one comparison.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from activation.segments.ordering import levels
from activation.segments.terms import Group, MemberTerm, Scored, Segment, Term, Tree, references


@dataclass(frozen=True)
class _Form:
    """`all` (or, with `is_any`, at least one) of: a bit of `held` is set, a bit of `failed` is clear."""

    is_any: bool
    held: int
    failed: int = 0

    @property
    def is_single(self) -> bool:
        return self.held.bit_count() + self.failed.bit_count() == 1

    def turned(self) -> _Form:
        return _Form(not self.is_any, self.failed, self.held)


class Trees:
    """Segments as steps, given the bits of the terms; equal nodes are one. Inner nodes, and segments that others
    ask for, have a bit; the others only an answer, so that the integer stays short."""

    def __init__(self, segments: Mapping[str, Segment], bits: Mapping[Term, int]) -> None:
        self._bits: dict[Term, int] = dict(bits)
        self._nodes: dict[_Form, int] = {}
        self._next = 1 << len(bits)
        self._steps: list[tuple[int, int, bool, int]] = []
        self._answers: list[tuple[int, int, bool, str]] = []
        asked = {name for each in segments.values() for name in references(each.tree)}
        for level in levels(segments, {}):
            for each in level:
                form = self._form(each.tree)
                if each.name in asked:
                    form = _Form(False, self._bit(form))
                    self._bits[MemberTerm(each.name)] = form.held
                self._answers.append((*_judged(form), each.name))

    def truth(self, truth: int) -> int:
        """The bits of inner nodes beside those of the terms."""
        for looked_at, wanted, is_any, bit in self._steps:
            if (truth & looked_at == wanted) != is_any:
                truth |= bit
        return truth

    def members(self, truth: int) -> list[str]:
        """The names of the segments that hold, given the bits of the terms."""
        truth = self.truth(truth)
        return [
            name
            for looked_at, wanted, is_any, name in self._answers
            if (truth & looked_at == wanted) != is_any
        ]

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
            self._steps.append((*_judged(form), self._next))
            self._next <<= 1
        return self._nodes[form]


def _judged(form: _Form) -> tuple[int, int, bool]:
    """The bits to look at, those of them that are to be set, and whether it holds if they are not just so. What
    must be set and clear at once never is: no truth is like that."""
    held, failed = (form.failed, form.held) if form.is_any else (form.held, form.failed)
    looked_at, wanted = (0, 1) if held & failed else (held | failed, held)
    return looked_at, wanted, form.is_any
