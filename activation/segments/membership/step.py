"""One evaluation instant: from the state before it to the state after, with what changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import md5

import numpy as np

from activation.segments.audience import Audiences, Bits, count_members
from activation.segments.bitsets.evaluator import evaluate_bits
from activation.segments.grammar import SegmentBody
from activation.segments.membership.change import Cause, Change, Comparing
from activation.segments.membership.confirmations import Confirmation
from activation.segments.membership.grid import with_unknown
from activation.segments.membership.guard import GuardSettings, guard_of
from activation.segments.membership.imprint import Imprint, take_imprint
from activation.segments.membership.judging import Judged, judge
from activation.segments.membership.past import Past
from activation.segments.membership.population import Population
from activation.segments.membership.refresh import Refresh, find_refresh
from activation.segments.membership.state import Hold, Standing, State
from activation.segments.ordering import closure
from activation.segments.sql_evaluator import analyst_audiences
from activation.segments.terms import AttributeTerm, Segment, references, terms_of
from activation.segments.world import World, profile_ids
from kith.log import get_logger
from kith.times import format_instant

log = get_logger(__name__)

HERE = ""  # stands for the commit that is being made


@dataclass(frozen=True)
class Questions:
    """What is to be evaluated: all definitions, the versions of analysts' models, and which of both are due;
    `attributes` are the versions of computed attributes.

    In the last instant of a run the segments whose definition is gone end as well.
    """

    segments: Mapping[str, Segment]
    analysts: Mapping[str, str]
    due: frozenset[str]
    is_last: bool
    attributes: Mapping[str, str] = field(default_factory=dict)
    bases: dict[str, str] = field(default_factory=dict)

    def version(self, name: str) -> str:
        return self.segments[name].version if name in self.segments else self.analysts[name]

    def basis(self, name: str) -> str:
        """A hash over the versions of a segment and of all that it asks for; found once."""
        if name not in self.bases:
            self.bases[name] = self._basis(name)
        return self.bases[name]

    def _basis(self, name: str) -> str:
        own = closure(self.segments, [name])
        names = {name, *own, *(asked for each in own.values() for asked in references(each.tree))}
        versions = [f"{each} {self.version(each)}" for each in sorted(names)]
        terms = [term for each in own.values() for term in terms_of(each.tree)]
        asked = {term.attribute for term in terms if isinstance(term, AttributeTerm)} & self.attributes.keys()
        versions += [f"attribute {each} {self.attributes[each]}" for each in sorted(asked)]
        text = "\n".join(versions)
        return md5(text.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Guards:
    """What holds an audience: definitions' own words, the workspace's settings, confirmations by holding."""

    bodies: Mapping[str, SegmentBody]
    settings: GuardSettings
    confirmations: Mapping[str, Confirmation] = field(default_factory=dict)

    def objection(self, standing: Standing | None, version: str, name: str, size: int) -> str | None:
        """Why so large a step is held; the first evaluation of a definition is free."""
        guard = guard_of(self.bodies.get(name), self.settings)
        if standing is None or standing.version != version or guard is None:
            return None
        reason = guard.objection(standing.member_count, size)
        confirmed = self.confirmations.get(standing.hold.name) if standing.hold else None
        if confirmed and guard.objection(confirmed.found_count, size) is None:
            return None
        return reason


@dataclass(frozen=True)
class Step:
    """What one instant made of the state. In `standings` the commit `HERE` is the one that the step will be;
    `bits` are those of all segments due and not held, over `present`."""

    as_of: datetime
    past: Past
    present: Population
    standings: Mapping[str, Standing]
    evaluated: Mapping[str, int]
    bits: Mapping[str, Bits]
    changes: Mapping[str, Change]
    imprint: Imprint | None

    @property
    def entered_count(self) -> int:
        return sum(each.entered_count for each in self.changes.values())

    @property
    def left_count(self) -> int:
        return sum(each.count for each in self.changes.values()) - self.entered_count


def take_step(
    world: World, state: State, questions: Questions, guards: Guards, before: Imprint | None = None
) -> Step:
    """Evaluate what is due at the world's instant; `before` is what the last evaluation looked at, if it was kept."""
    aliases = world.warehouse.arrow("SELECT DISTINCT alias_id, profile_id FROM aliases")
    present = Population(profile_ids(world), aliases)
    past = Past(state, present)
    due = with_unknown(questions.due, questions.segments, state)
    judging = _Judging(world, past, replace(questions, due=due), guards)
    judged = judging.judge(before)
    comparing = Comparing(world, past, present)
    gone = state.standings.keys() - {*questions.segments, *questions.analysts} if questions.is_last else set()
    changes = dict(_changes(comparing, state, questions, judged.bits))
    nobody = np.zeros(-(-present.size // 8), np.uint8)
    for name in sorted(gone):
        cause = Cause(is_first=False, is_edited=True, since=None)
        changes[name] = comparing.change(name, state.standings[name].version, nobody, cause)
    standings = {name: each for name, each in state.standings.items() if name not in gone}
    standings |= _standings(world.as_of, past, questions, judged, changes)
    evaluated = {name: count_members(bits) for name, bits in judged.bits.items()}
    evaluated |= {name: each.count for name, each in judged.held.items()}
    return Step(world.as_of, past, present, standings, evaluated, judged.bits, changes, judging.imprint)


@dataclass
class _Judging:
    """Judges everybody, or only those who can have changed."""

    world: World
    past: Past
    questions: Questions
    guards: Guards
    imprint: Imprint | None = None

    def judge(self, before: Imprint | None) -> Judged:
        questions = self.questions
        self.past.load(self.past.state.standings)
        own = questions.due & questions.analysts.keys()
        found = analyst_audiences(self.world, self.past.present.ids) if own else {}
        analysts = {name: found[name] for name in own}
        due = {name: questions.segments[name] for name in sorted(questions.due - own)}
        refresh = self._refresh(due, analysts, before) if due else None
        judged = judge(
            due,
            analysts,
            self.past.bits,
            lambda segments, lent: self._evaluate(segments, lent, refresh),
            self._objection,
        )
        for name, each in judged.held.items():
            way_out = f"kith segments confirm {name}"
            log.warning("segment held", extra={"segment": name, "why": each.reason, "way_out": way_out})
        return judged

    def _refresh(
        self, due: Mapping[str, Segment], analysts: Mapping[str, Bits], before: Imprint | None
    ) -> Refresh | None:
        self.imprint = take_imprint(self.world, due, {name: self.questions.basis(name) for name in due})
        refresh = find_refresh(self.world, self.past, due, analysts, before, self.imprint)
        if refresh is not None:
            log.info("segments refreshed", extra={"profiles": len(refresh.positions)})
        return refresh

    def _evaluate(
        self, segments: Mapping[str, Segment], lent: Mapping[str, Bits], refresh: Refresh | None
    ) -> Audiences:
        world = replace(self.world, lent=lent)
        return refresh.evaluate(world, segments) if refresh else evaluate_bits(world, segments)

    def _objection(self, name: str, size: int) -> str | None:
        standing = self.past.state.standings.get(name)
        return self.guards.objection(standing, self.questions.version(name), name, size)


def _changes(
    comparing: Comparing, state: State, questions: Questions, bits: Mapping[str, Bits]
) -> Iterator[tuple[str, Change]]:
    for name in sorted(bits):
        standing = state.standings.get(name)
        cause = Cause(
            is_first=standing is None,
            is_edited=standing is not None and standing.basis != questions.basis(name),
            since=standing.members_as_of if standing else None,
        )
        yield name, comparing.change(name, questions.version(name), bits[name], cause)


def _standings(
    as_of: datetime, past: Past, questions: Questions, judged: Judged, changes: Mapping[str, Change]
) -> Iterator[tuple[str, Standing]]:
    for name, objected in judged.held.items():
        standing = past.state.standings[name]
        begun = standing.hold or Hold(f"{name} {format_instant(as_of)}", as_of, "", 0)
        hold = replace(begun, reason=objected.reason, count=objected.count)
        yield name, replace(standing, as_of=as_of, hold=hold)
    for name, bits in judged.bits.items():
        standing = past.state.standings.get(name)
        is_same = standing is not None and not changes[name].count and not past.is_renamed(name)
        members, people = HERE, HERE
        if standing and is_same:
            members, people = standing.members_commit, standing.members_population
        version, basis = questions.version(name), questions.basis(name)
        yield (
            name,
            Standing(name, version, basis, as_of, as_of, count_members(bits), HERE, members, people),
        )
