"""When a message is decided, and what its person's own gates say then."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from activation.journeys.graph import Graph, Message
from kith.ids import share
from tests.journeys_reference import wall_clock
from tests.journeys_reference.world import DAY, HOUR, SECOND, Person, Send, World, in_force

QUARTER = timedelta(minutes=15)
_FORMS = {"email": r"[^@\s]+@[^@\s]+\.[^@\s]+", "sms": r"\+[1-9][0-9]{6,14}"}


@dataclass(frozen=True)
class Limit:
    """At most so many in `width` microseconds, or in the local `day`, `week` (from Monday) or `month`."""

    at_most: int
    width: int = 0
    calendar: str = ""

    @property
    def per(self) -> str:
        """The window in words: `local day`, or a duration."""
        return f"local {self.calendar}" if self.calendar else f"{self.width // SECOND}s"

    def counts(self, send: Send, at: int, day: int) -> bool:
        if self.width:
            return at - self.width < send.at
        return _period(send.local_day, self.calendar) == _period(day, self.calendar)


def _period(local_day: int, calendar: str) -> object:
    if calendar == "month":
        shown = wall_clock.EPOCH + wall_clock.timedelta(days=local_day)
        return shown.year, shown.month
    return (local_day + 3) // 7 if calendar == "week" else local_day


@dataclass(frozen=True)
class Cap:
    """Which messages take a place, and the limits; no channels or tags are all of them."""

    name: str
    limits: tuple[Limit, ...]
    purpose: str = "marketing"
    channels: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def concerns(self, channel: str, purpose: str, tags: Sequence[str]) -> bool:
        fits = purpose == self.purpose and (not self.channels or channel in self.channels)
        return fits and (not self.tags or bool(set(self.tags) & set(tags)))


@dataclass(frozen=True)
class Quiet:
    """Hours of the person's clock, on the days on which they begin, for messages that these channels may carry."""

    begins: int
    ends: int
    weekdays: int = 0b1111111
    channels: tuple[str, ...] = ()

    def binds(self, node: Message) -> bool:
        return not self.channels or bool(set(self.channels) & set(node.channels))


@dataclass(frozen=True)
class Rules:
    """What the workspace says about every message; `salt` names the draw of the global holdout."""

    caps: tuple[Cap, ...] = ()
    slot: int = 1
    quiet: tuple[Quiet, ...] = ()
    holdout: float = 0.0
    salt: str = "first"


def decision_time(node: Message, person: Person, at: int, world: World) -> int:
    """Send-time optimisation, then the slot, then the end of the quiet hours."""
    if node.is_transactional:
        return at
    rules: Rules = world.rules
    if node.best_hour:
        at = _best_hour(person, at, node.best_within)
    at = -(-at // rules.slot) * rules.slot
    quiet = [] if node.ignores_quiet_hours else [each for each in rules.quiet if each.binds(node)]
    while _is_quiet(quiet, wall_clock.local(at, person.zone)):
        at = _after_quiet(quiet, person.zone, at)
    return at


def _best_hour(person: Person, at: int, within: int) -> int:
    """The first of the person's hours that has begun, or begins soon enough on their wall clock."""
    shown = wall_clock.local(at, person.zone)
    clock = wall_clock.time_of_day(at, person.zone)
    for hour in person.best_hours:
        ahead = (hour * HOUR - clock) % DAY
        if hour == clock // HOUR:
            return at
        if ahead <= within:
            return _ahead(shown + ahead * wall_clock.MICROSECOND, person.zone, at)
    return at


def _is_quiet(quiet: Sequence[Quiet], shown: datetime) -> bool:
    return any(wall_clock.lies_in(shown, each.begins, each.ends, each.weekdays) for each in quiet)


def _after_quiet(quiet: Sequence[Quiet], zone: str, at: int) -> int:
    """The wall clock turned on by quarters until it is quiet no more."""
    shown = wall_clock.local(at, zone)
    shown -= (shown - wall_clock.EPOCH) % QUARTER
    while _is_quiet(quiet, shown):
        shown += QUARTER
    return _ahead(shown, zone, at)


def _ahead(shown: datetime, zone: str, at: int) -> int:
    return next(each for each in wall_clock.instants(shown, zone) if each > at)


def holdout(graph: Graph, person: Person, rules: Rules) -> str:
    """What an enrolment is given at entry; who is held out of both is `global`."""
    if share(person.profile_id, f"holdout:global:{rules.salt}") < rules.holdout:
        return "global"
    return "journey" if share(person.profile_id, f"holdout:{graph.journey}") < graph.holdout else ""


def refusal(node: Message, channel: str, person: Person, at: int, world: World) -> str:
    """The first rule about person, channel and instant that says no; '' where none does."""
    permission = in_force(person.consents.get((node.purpose, channel), ()), at)
    if not (node.is_transactional if permission is None else permission.is_granted):
        return "no_consent"
    address = in_force(person.addresses.get(channel, ()), at) or ""
    if in_force(person.refusals.get((channel, address, node.purpose), ()), at):
        return "no_consent"
    known = world.suppressed.get((channel, address.strip().lower()))
    if known is not None and known <= at:
        return "suppressed"
    if not re.fullmatch(_FORMS.get(channel, r".+"), address):
        return "unreachable"
    return ""


def choose(node: Message, person: Person, at: int, world: World) -> tuple[str, str]:
    """(channel, reason): the first channel that is let through, or the first one with its refusal."""
    liked = [each for each in person.likes if each in node.channels] if node.chosen_by == "affinity" else []
    order = [*liked, *(each for each in node.channels if each not in liked)]
    found = [(channel, refusal(node, channel, person, at, world)) for channel in order]
    return next(((channel, reason) for channel, reason in found if not reason), found[0])


def full_limits(
    node: Message, graph: Graph, channel: str, at: int, day: int, sends: Sequence[Send], rules: Rules
) -> Iterator[str]:
    """The details of the limits that are full for a message at this instant, in the order of their names."""
    if node.is_transactional:
        return
    for cap in sorted(rules.caps, key=lambda each: each.name):
        if cap.name not in graph.caps or not cap.concerns(channel, node.purpose, node.tags):
            continue
        places = [each for each in sends if cap.concerns(each.channel, each.purpose, each.tags)]
        for limit in cap.limits:
            if sum(limit.counts(each, at, day) for each in places) >= limit.at_most:
                yield f"{cap.name}: at most {limit.at_most} per {limit.per}"
