"""What of a definition can't be true, is always true, or says nothing that the rest doesn't say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from activation.segments.behaviour_reading import AT_LEAST_ONCE, NEVER
from activation.segments.linting.findings import Keys, Severity
from activation.segments.linting.values import Claim, Moment, values_for
from activation.segments.terms import (
    COUNT,
    BehaviourTerm,
    Filter,
    Group,
    Scored,
    ScoreTerm,
    Tree,
    occurrences_of,
)
from activation.segments.wording import in_words

Told = tuple[Keys, str, Severity, str]


@dataclass(frozen=True)
class Logic:
    """Looks through a tree whose places are known."""

    moment: Moment

    def findings(self, tree: Tree, keys: Keys) -> Iterator[Told]:
        """Findings of a whole definition."""
        if not isinstance(tree, Group | Scored):
            yield from self._alone(Claim(keys, tree))
        yield from self._walk(tree, keys, [], Severity.ERROR)

    def _walk(self, tree: Tree, keys: Keys, known: list[Claim], severity: Severity) -> Iterator[Told]:
        """`known` holds wherever the tree is asked; `severity` is that of a contradiction there."""
        if isinstance(tree, Scored):
            yield from self._alone(Claim(keys, tree.term))
            fallback = (tree.fallback, (*keys, "fallback"))
            if not isinstance(tree.fallback, Group | Scored):
                yield from self._judge_any([Claim(fallback[1], tree.fallback)], known)
            yield from self._walk(*fallback, known, Severity.WARNING)
        if not isinstance(tree, Group):
            return
        if tree.word == "any":
            claims, rest = _alternatives(_children(tree, keys))
            yield from self._judge_any(claims, known)
            for child, place in rest:
                yield from self._walk(child, place, known, Severity.WARNING)
            return
        claims, rest = _together(_children(tree, keys), tree.word == "all")
        yield from self._judge_all(claims, known, severity)
        for child, place in rest:
            yield from self._walk(child, place, [*known, *claims], Severity.WARNING)

    def _judge_all(self, claims: list[Claim], known: list[Claim], severity: Severity) -> Iterator[Told]:
        for number, claim in enumerate(claims):
            if alone := list(self._alone(claim)):
                yield from alone
            elif against := self._against(claim, [*known, *claims[:number]]):
                message = f"can't be true together with {_named(against)}"
                yield claim.keys, "contradiction", severity, message
            elif by := self._implied(claim, known, claims, number):
                message = f"is true of everybody of whom {_named(by)} is; it can be left out"
                yield claim.keys, "redundant", Severity.WARNING, message

    def _judge_any(self, claims: list[Claim], known: list[Claim]) -> Iterator[Told]:
        opposed = [replace(each, is_held=not each.is_held) for each in claims]
        for number, claim in enumerate(claims):
            alone = list(self._alone(claim))
            if alone:
                yield from alone
            elif against := self._against(claim, known):
                message = f"can't be true together with {_named(against)}, so it adds nobody"
                yield claim.keys, "contradiction", Severity.WARNING, message
            elif other := self._against(opposed[number], [*known, *opposed[:number]]):
                message = f"holds wherever {_named(other)} doesn't, so one of both is always true"
                yield claim.keys, "always_true", Severity.WARNING, message
            elif by := self._implied(opposed[number], known, opposed, number):
                message = f"holds only of people of whom {_named(by)} holds; it can be left out"
                yield claim.keys, "redundant", Severity.WARNING, message

    def _alone(self, claim: Claim) -> Iterator[Told]:
        """What the claim says by itself."""
        for each in _filters(claim):
            if _is_empty(each):
                message = f"the filter on {'.'.join(each.keys)} can't be true"
                yield claim.keys, "contradiction", Severity.ERROR, message
                return
        if isinstance(claim.term, ScoreTerm) and claim.term.comparison:
            if claim.term.comparison.operator == "between" and _is_reversed(claim.term.comparison.operands):
                yield claim.keys, "contradiction", Severity.ERROR, f"{in_words(claim.term)}: nothing is"
            return
        values = values_for([claim], self.moment)
        if values is None:
            return
        truths = {claim.holds(each) for each in values}
        if truths == {False}:
            message = f"{_named(claim)}: that can't be true, so it holds of nobody"
            yield claim.keys, "contradiction", Severity.ERROR, message
        elif truths == {True} and len(values) > 1:
            yield claim.keys, "always_true", Severity.WARNING, f"{_named(claim)}: that is true of everybody"

    def _against(self, claim: Claim, others: Sequence[Claim]) -> Claim | None:
        """The claim of the others with which (all others about its subject held) it can't be true."""
        mine = [each for each in others if each.subject == claim.subject]
        for each in others:
            if _is_never_of_more(each, claim) or _is_never_of_more(claim, each):
                return each
        values = values_for([*mine, claim], self.moment) if mine else None
        if values is None:
            return None
        possible = [each for each in values if all(other.holds(each) for other in mine)]
        if not possible or any(claim.holds(each) for each in possible):
            return None
        return next(
            (one for one in mine if not any(one.holds(each) and claim.holds(each) for each in values)),
            mine[-1],
        )

    def _implied(
        self, claim: Claim, known: Sequence[Claim], claims: Sequence[Claim], number: int
    ) -> Claim | None:
        """The one other claim that says as much. Of two that say the same the later one is told of."""
        for place, other in [*((-1, each) for each in known), *enumerate(claims)]:
            if place == number or other.subject != claim.subject:
                continue
            values = values_for([other, claim], self.moment, premises=[other])
            if values is None:
                continue
            mine, others = ([one.holds(each) for each in values] for one in (claim, other))
            says_as_much = all(my for my, its in zip(mine, others, strict=True) if its) and any(others)
            if says_as_much and (mine != others or place < number):
                return other
        return None


Placed = tuple[Tree, Keys]


def _together(children: Iterable[Placed], is_held: bool) -> tuple[list[Claim], list[Placed]]:
    """What must hold at once (under `none`: must not hold), groups that say the same taken apart; and the rest."""
    claims: list[Claim] = []
    rest: list[Placed] = []
    for child, place in children:
        if not isinstance(child, Group | Scored):
            claims.append(Claim(place, child, is_held))
        elif isinstance(child, Group) and child.word in (("all", "none") if is_held else ("any",)):
            more, deeper = _together(_children(child, place), is_held and child.word == "all")
            claims, rest = [*claims, *more], [*rest, *deeper]
        else:
            rest.append((child, place))
    return claims, rest


def _alternatives(children: Iterable[Placed]) -> tuple[list[Claim], list[Placed]]:
    claims: list[Claim] = []
    rest: list[Placed] = []
    for child, place in children:
        if not isinstance(child, Group | Scored):
            claims.append(Claim(place, child))
        elif isinstance(child, Group) and child.word == "any":
            more, deeper = _alternatives(_children(child, place))
            claims, rest = [*claims, *more], [*rest, *deeper]
        else:
            rest.append((child, place))
    return claims, rest


def _children(tree: Group, keys: Keys) -> list[Placed]:
    return [(child, (*keys, tree.word, number)) for number, child in enumerate(tree.children)]


def _is_never_of_more(claim: Claim, other: Claim) -> bool:
    """`claim`: it happened in a window; `other`: it never did, in one that is as long or longer."""
    one, two = claim.term, other.term
    if not (isinstance(one, BehaviourTerm) and isinstance(two, BehaviourTerm)):
        return False
    if not (one.measure == two.measure == COUNT and one.happening.occurrence == two.happening.occurrence):
        return False
    if one.happening.until is not None or two.happening.until is not None or one == two:
        return False
    happened = (claim.is_held and one.comparison == AT_LEAST_ONCE) or (
        not claim.is_held and one.comparison == NEVER
    )
    never = (other.is_held and two.comparison == NEVER) or (
        not other.is_held and two.comparison == AT_LEAST_ONCE
    )
    days, longer = one.happening.days, two.happening.days
    return happened and never and (longer is None or (days is not None and days <= longer))


def _filters(claim: Claim) -> list[Filter]:
    return [each for occurrence in occurrences_of(claim.term) for each in occurrence.filters]


def _is_empty(each: Filter) -> bool:
    return each.comparison.operator == "between" and _is_reversed(each.comparison.operands)


def _is_reversed(operands: tuple[Any, ...]) -> bool:
    return operands[0] > operands[1]


def _named(claim: Claim) -> str:
    words = in_words(claim.term)
    return f"«{words}»" if claim.is_held else f"«not: {words}»"
