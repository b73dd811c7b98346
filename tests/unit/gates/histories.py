"""Random histories of consent, and a plain reading of what may be sent: it knows people and words, no SQL.

A history is one small world: identifiers, words about one purpose and channel (given, then received: at once, late,
or before they were given where a clock is wrong), pairs of identifiers that join people, pairs that were taken apart
again, the instant of a plan and that of a send.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

Identifier = tuple[str, str]
U1, U2, A, B, X = (
    ("user_id", "u1"),
    ("user_id", "u2"),
    ("email", "a@x"),
    ("email", "b@x"),
    ("anonymous_id", "d"),
)
IDENTIFIERS = (U1, U2, A, B, X)
BEARERS = ((U1,), (U2,), (A,), (B,), (X,), (U1, A), (U2, B), (U1, B))
PAIRS = tuple((one, other) for n, one in enumerate(IDENTIFIERS) for other in IDENTIFIERS[n + 1 :])
ON_TIME = 30
STEP = 20
FOREVER = 1 << 40


@dataclass(frozen=True)
class Word:
    """Somebody said yes or no; seconds."""

    bearers: tuple[Identifier, ...]
    is_granted: bool
    given: int
    received: int

    @property
    def is_prompt(self) -> bool:
        return self.given <= self.received <= self.given + ON_TIME

    @property
    def known(self) -> int:
        """When it began to count."""
        return self.given if self.is_prompt else self.received

    @property
    def counts(self) -> int:
        """Its place among the words: a yes from when it was given, a no from when it was heard."""
        return min(self.given, self.known) if self.is_granted else self.known

    @property
    def told(self) -> int:
        """By when the person had told it."""
        return self.received if self.is_prompt else min(self.given, self.known)


@dataclass(frozen=True)
class Joint:
    """A pair of identifiers that were seen together."""

    left: Identifier
    right: Identifier
    at: int


@dataclass(frozen=True)
class History:
    """One world. `cut` holds the pairs that were taken apart before the plan."""

    words: tuple[Word, ...]
    joints: tuple[Joint, ...]
    cut: frozenset[frozenset[Identifier]]
    plan_at: int
    send_at: int
    address: Identifier

    @cached_property
    def links(self) -> list[Joint]:
        """What joins people as the plan sees it: an event that bears two identifiers joins them as well."""
        borne = [
            Joint(word.bearers[0], other, word.received)
            for word in self.words
            for other in word.bearers[1:]
            if word.known < self.plan_at
        ]
        seen = [joint for joint in self.joints if joint.at < self.plan_at]
        return [each for each in (*borne, *seen) if frozenset((each.left, each.right)) not in self.cut]

    @cached_property
    def first_seen(self) -> dict[Identifier, int]:
        seen: dict[Identifier, int] = {}
        for word in self.words:
            if word.known < self.plan_at:
                for bearer in word.bearers:
                    seen[bearer] = min(word.received, seen.get(bearer, word.received))
        for joint in self.joints:
            if joint.at < self.plan_at:
                for each in (joint.left, joint.right):
                    seen[each] = min(joint.at, seen.get(each, joint.at))
        return seen

    def together(self, start: Identifier, until: int) -> frozenset[Identifier]:
        """Everything that was known by `until` to belong with an identifier."""
        found, open_ends = {start}, [start]
        while open_ends:
            here = open_ends.pop()
            for link in self.links:
                if link.at <= until and here in (link.left, link.right):
                    there = link.right if here == link.left else link.left
                    if there not in found:
                        found.add(there)
                        open_ends.append(there)
        return frozenset(found)

    @cached_property
    def profiles(self) -> list[frozenset[Identifier]]:
        return list(dict.fromkeys(self.together(each, FOREVER) for each in self.first_seen))

    def founder(self, profile: Iterable[Identifier]) -> Identifier:
        return min(profile, key=lambda each: (self.first_seen[each], IDENTIFIERS.index(each)))

    def joined_at(self, identifier: Identifier) -> int:
        """From when it was known to belong with its profile's founder."""
        founder = self.founder(self.together(identifier, FOREVER))
        if identifier == founder:
            return self.first_seen[identifier]
        times = sorted({link.at for link in self.links})
        return next(at for at in times if founder in self.together(identifier, at))

    def planned_word(self, identifier: Identifier) -> Word | None:
        """What an identifier had said last, as the plan knew."""
        return _last(w for w in self.words if identifier in w.bearers and w.known < self.plan_at)

    def present_word(self, identifier: Identifier) -> Word | None:
        """What an identifier had said last, of all that had landed by the send."""
        return _last(w for w in self.words if identifier in w.bearers and w.received < self.send_at)

    def may_send(self, profile: frozenset[Identifier], *, by_founder: bool = False) -> bool:
        """Whether the people of a profile may be written to at `address`, to the letter of the rule.

        There is a yes among them; nobody among them, nor the address, said no since the plan; and each earlier no
        was followed by a yes of somebody known by then to be the same person. `by_founder` asks for more: both known
        to belong with the profile's first identifier.
        """
        for said in (self.present_word, self.planned_word):
            if not any((word := said(each)) and word.is_granted for each in profile):
                return False
        for identifier in (*profile, self.address):
            now, then = self.present_word(identifier), self.planned_word(identifier)
            if now and not now.is_granted and now.known >= self.plan_at:
                return False
            if then and not then.is_granted and not self._is_lifted(identifier, then, profile, by_founder):
                return False
        return True

    def _is_lifted(
        self, identifier: Identifier, refusal: Word, profile: frozenset[Identifier], by_founder: bool
    ) -> bool:
        for other in profile:
            word = self.planned_word(other)
            if identifier not in profile or not word or not word.is_granted or word.counts <= refusal.counts:
                continue
            if by_founder:
                is_one = word.told >= max(self.joined_at(identifier), self.joined_at(other))
            else:
                is_one = other in self.together(identifier, word.told)
            if is_one:
                return True
        return False


def _last(said: Iterable[Word]) -> Word | None:
    """Of one instant, the no."""
    return max(said, key=lambda word: (word.counts, not word.is_granted), default=None)


def random_history(chance: random.Random) -> History:
    """One world out of a seeded source of chance."""
    words = tuple(_word(chance) for _ in range(chance.randrange(1, 8)))
    joints = tuple(Joint(*chance.choice(PAIRS), _instant(chance)) for _ in range(chance.randrange(5)))
    cut = frozenset(frozenset(chance.choice(PAIRS)) for _ in range(chance.choice((0, 0, 1, 2))))
    plan_at = STEP * chance.randrange(10, 40) + 10
    send_at = plan_at + STEP * chance.randrange(2, 12)
    return History(words, joints, cut, plan_at, send_at, chance.choice((A, B)))


def _word(chance: random.Random) -> Word:
    given = _instant(chance)
    delay = chance.choice((0, 0, 0, STEP, STEP, 5 * STEP, 15 * STEP, -4 * STEP))
    return Word(chance.choice(BEARERS), chance.random() < 0.55, given, max(0, given + delay))


def _instant(chance: random.Random) -> int:
    return STEP * chance.randrange(40)


def random_histories(seed: int, count: int) -> Iterator[History]:
    chance = random.Random(seed)
    return (random_history(chance) for _ in range(count))
