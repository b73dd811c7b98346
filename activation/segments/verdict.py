"""A verdict on one profile: the tree of a segment, with what each condition looked at and whether it holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from activation.segments.terms import Group, ListTerm, MemberTerm, Scored, Segment, SequenceTerm, Term, Tree
from activation.segments.wording import in_words

#: Of these there is nothing to tell but whether they hold.
_BARE = (SequenceTerm, ListTerm, MemberTerm)
#: What a term looked at (None: missing), and whether it holds.
Look = Callable[[Term], tuple[Any, bool]]


@dataclass(frozen=True)
class Verdict:
    """One node of the tree. `value` is what a leaf looked at; a group has none."""

    condition: str
    is_true: bool
    value: Any = None
    children: tuple[Verdict, ...] = field(default=())


def tell(tree: Tree, segments: Mapping[str, Segment], look: Look) -> Verdict:
    """The verdict on a tree; a segment that it asks for is told as well, down to its leaves, the first time."""
    return _Telling(segments, look).tell(tree)


@dataclass(frozen=True)
class _Telling:
    """Segments that ask twice for one that asks twice for one … would else be told a thousand times over."""

    segments: Mapping[str, Segment]
    look: Look
    told: dict[str, bool] = field(default_factory=dict)

    def tell(self, tree: Tree) -> Verdict:
        match tree:
            case Group(word=word, children=children):
                verdicts = tuple(self.tell(child) for child in children)
                truths = [each.is_true for each in verdicts]
                is_true = all(truths) if word == "all" else any(truths) != (word == "none")
                return Verdict(f"{word} of", is_true, None, verdicts)
            case Scored(known=known, term=term, fallback=fallback):
                if self.look(known)[1]:
                    return _leaf(term, self.look)
                verdict = self.tell(fallback)
                return Verdict(f"{in_words(term)}: no score, fallback", verdict.is_true, None, (verdict,))
            case MemberTerm(segment=segment) if segment in self.segments:
                return self._segment(tree)
            case _:
                return _leaf(tree, self.look)

    def _segment(self, term: MemberTerm) -> Verdict:
        if term.segment in self.told:
            return Verdict(in_words(term), self.told[term.segment], "told above")
        verdict = self.tell(self.segments[term.segment].tree)
        self.told[term.segment] = verdict.is_true
        return Verdict(in_words(term), verdict.is_true, None, (verdict,))


def _leaf(term: Term, look: Look) -> Verdict:
    value, truth = look(term)
    return Verdict(in_words(term), truth, truth if isinstance(term, _BARE) else value)
