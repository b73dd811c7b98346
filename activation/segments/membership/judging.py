"""Evaluating what is due, with what isn't lent by the state: segments off their grid, and those that are held.

A segment that its guard holds lends its last members to all that ask for it, so whoever asks for one that was
just found to be held is judged anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from activation.segments.audience import Audiences, Bits, count_members
from activation.segments.ordering import levels
from activation.segments.terms import Segment, references

Evaluator = Callable[[Mapping[str, Segment], Mapping[str, Bits]], Audiences]
Objection = Callable[[str, int], str | None]


@dataclass(frozen=True)
class Objected:
    """A segment that is held: why, and how many were found."""

    reason: str
    count: int


@dataclass(frozen=True)
class Judged:
    """Bits of what was found, held segments left out, and the held ones."""

    bits: Mapping[str, Bits]
    held: Mapping[str, Objected]


def judge(
    due: Mapping[str, Segment],
    analysts: Mapping[str, Bits],
    lent: Callable[[str], Bits],
    evaluate: Evaluator,
    object_to: Objection,
) -> Judged:
    """Evaluate the segments of `due`; `analysts` are models that are due, already as bits.

    `evaluate(segments, lent)` evaluates some, handed the bits of all others that they ask for; `lent(name)` are
    the bits in force; `object_to(name, size)` says why an audience is held, or None.
    """
    bits: dict[str, Bits] = dict(analysts)
    held = {name: each for name in analysts if (each := _objected(name, bits[name], object_to))}
    waiting = dict(due)
    while waiting:
        outside = {
            name: lent(name) if name in held or name not in bits else bits[name]
            for each in waiting.values()
            for name in references(each.tree)
            if name not in waiting
        }
        bits |= evaluate(waiting, outside).bits
        new = _newly_held(waiting, bits, object_to)
        held |= new
        waiting = _dependants(due, set(new), set(held))
    return Judged({name: each for name, each in bits.items() if name not in held}, held)


def _newly_held(
    waiting: Mapping[str, Segment], bits: Mapping[str, Bits], object_to: Objection
) -> dict[str, Objected]:
    """The held ones, without those that were judged with the bits of a held one: they are judged anew first."""
    held: dict[str, Objected] = {}
    tainted: set[str] = set()
    for level in levels(waiting, {}):
        for each in level:
            if tainted & set(references(each.tree)):
                tainted.add(each.name)
            elif found := _objected(each.name, bits[each.name], object_to):
                held[each.name] = found
                tainted.add(each.name)
    return held


def _objected(name: str, bits: Bits, object_to: Objection) -> Objected | None:
    size = count_members(bits)
    reason = object_to(name, size)
    return Objected(reason, size) if reason else None


def _dependants(due: Mapping[str, Segment], on: set[str], held: set[str]) -> dict[str, Segment]:
    """The due segments that ask for any of `on`, directly or not."""
    found: set[str] = set()
    while new := {
        name
        for name, each in due.items()
        if name not in found and name not in held and (found | on) & set(references(each.tree))
    }:
        found |= new
    return {name: each for name, each in due.items() if name in found}
