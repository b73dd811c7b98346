"""Trees as operations on packed bits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from activation.segments.audience import Bits, pack
from activation.segments.terms import Group, MemberTerm, Scored, Term, Tree


@dataclass(frozen=True)
class Combining:
    """What lies beyond the last profile stays clear."""

    truths: Mapping[Term, Bits]
    segments: Mapping[str, Bits]
    size: int

    @cached_property
    def _all(self) -> Bits:
        return pack(np.ones(self.size, bool))

    def bits_of(self, tree: Tree) -> Bits:
        """The profiles of whom a tree holds; may be the very bits of a term or a segment, so not to be changed."""
        match tree:
            case Group(word=word, children=children):
                return self._group(word, children)
            case Scored(known=known, term=term, fallback=fallback):
                has = self.truths[known]
                return has & self.truths[term] | (self._all & ~has) & self.bits_of(fallback)
            case MemberTerm(segment=segment):
                return self.segments[segment]
            case _:
                return self.truths[tree]

    def _group(self, word: str, children: tuple[Tree, ...]) -> Bits:
        combine = np.bitwise_and if word == "all" else np.bitwise_or
        first, *others = children
        combined = self.bits_of(first)
        for number, each in enumerate(others):
            bits = self.bits_of(each)
            combined = combine(combined, bits, out=combined) if number else combine(combined, bits)
        return self._all & ~combined if word == "none" else combined
