"""Random people: zones with odd clocks, a log with late and future events, histories with gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from hashlib import md5
from itertools import pairwise
from random import Random
from typing import Any

from tests.journeys_reference import wall_clock
from tests.journeys_reference.random_entries import ZONES
from tests.journeys_reference.world import (
    DAY,
    FOREVER,
    HOUR,
    MINUTE,
    SECOND,
    Event,
    Permission,
    Person,
    Send,
    Spell,
    Spells,
)

GRIDS = (SECOND, MINUTE, HOUR, 2 * HOUR)
LATENESS = 30 * MINUTE
_NAMES = ("Cart Viewed", "Order Completed", "Product Viewed", "Logged In", "Added By Hand")


def random_event_time(r: Random, start: int, end: int, grid: int) -> int:
    return start + r.randrange(0, end - start) // grid * grid


def effective(occurred_at: int, received_at: int) -> int:
    """Known within the lateness window: when it happened; later, or from the future: when it was learned."""
    return occurred_at if occurred_at <= received_at <= occurred_at + LATENESS else received_at


def random_person(r: Random, name: str, start: int, end: int, grid: int) -> Person:
    """A profile with up to 25 events, and a few spells of everything that can be asked."""
    profile_id = md5(name.encode(), usedforsecurity=False).hexdigest()

    def spells(values: Sequence[Any]) -> Spells:
        cuts = sorted({random_event_time(r, start, end, grid) for _ in range(r.randint(0, 4))})
        return _merged([Spell(r.choice(values), a, b) for a, b in pairwise([*cuts, FOREVER])])

    zone = r.choice(ZONES)
    addresses = {
        "email": spells([f"p{profile_id[:6]}@example.org"] * 4 + ["nobody", None])
        or (Spell("a@example.org", 0),),
        "sms": spells(["+4917000" + str(r.randint(1000, 9999))] * 4 + ["12", None]),
    }
    return Person(
        profile_id,
        zone,
        best_hours=tuple(r.sample(range(24), 24)) if r.random() < 0.7 else (),
        events=tuple(_event(r, f"{name}:{number}", start, end, grid) for number in range(r.randint(0, 25))),
        attributes={"level": spells(["0", "3", "6", "9.5", "x", None]), "city": spells(["rome", "oslo", "7", None]),
                    "since": spells(_dates(start, end, grid, r))},
        segments={each: _members(r, start, end, grid) for each in ("big", "small")},
        scores={each: spells([0.1, 0.5, 0.9, None]) for each in ("churn", "value")},
        consents={
            (purpose, channel): _consent(spells([True, True, False, None]), start)
            for purpose, channel in (("marketing", "email"), ("marketing", "sms"), ("transactional", "email"))
        },
        addresses=addresses,
        refusals={
            (channel, str(each.value), "marketing"): spells([True, True, None])
            for channel, held in addresses.items()
            for each in held
            if r.random() < 0.1
        },
        likes=tuple(r.sample(["email", "sms"], r.randint(0, 2))),
        past_sends=_past_sends(r, zone, start),
    )  # fmt: skip


def _event(r: Random, event_id: str, start: int, end: int, grid: int) -> Event:
    properties: dict[str, Any] = {"total": r.randint(0, 9), "cart": f"c{r.randint(1, 3)}"}
    if r.random() < 0.5:
        properties["kind"] = r.choice(["red", "blue", "green"])
    if r.random() < 0.2:
        properties = {
            "kind": r.choice(["red", "4"]),
            "total": r.choice(["5", "many", 2.5]),
            "is_gift": r.random() < 0.5,
        }
    return read_event(r, event_id, r.choice(_NAMES), random_event_time(r, start, end, grid), properties)


def read_event(r: Random, event_id: str, name: str, occurred_at: int, properties: Mapping[str, Any]) -> Event:
    """The event as it landed: at once, late, or from the future."""
    lag = r.choice([0, 0, 5 * SECOND, MINUTE, LATENESS - SECOND, LATENESS, LATENESS + SECOND, 2 * HOUR, DAY])
    if r.random() < 0.05:
        lag = -r.choice([10 * SECOND, 4000 * SECOND])
    at = effective(occurred_at, occurred_at + lag)
    message = str(properties.get("message_id", ""))
    key = md5(event_id.encode(), usedforsecurity=False).hexdigest()
    return Event(key, name, at, properties, message, is_late=at != occurred_at, received_at=occurred_at + lag)


def _merged(spells: list[Spell]) -> Spells:
    """Neighbours of one value are one spell; what has no value isn't one."""
    found: list[Spell] = []
    for each in spells:
        if found and found[-1].until == each.since and found[-1].value == each.value:
            each = Spell(each.value, found.pop().since, each.until)
        found.append(each)
    return tuple(each for each in found if each.value is not None)


def _members(r: Random, start: int, end: int, grid: int) -> Spells:
    cuts = sorted({random_event_time(r, start, end, grid) for _ in range(r.randint(0, 5))})
    first = [] if r.random() < 0.7 else [start - DAY]
    edges = [*first, *cuts]
    return tuple(Spell(True, a, b) for a, b in list(pairwise([*edges, FOREVER]))[::2])


def _consent(spells: Spells, start: int) -> Spells:
    before = (
        (Spell(Permission(True), start - DAY, spells[0].since),)
        if spells
        else (Spell(Permission(True), start),)
    )
    return (*before, *(Spell(Permission(each.value), each.since, each.until) for each in spells))


def _dates(start: int, end: int, grid: int, r: Random) -> list[str | None]:
    """Instants, dates and something that is neither."""
    found: list[str | None] = [None, "soon"]
    for _ in range(3):
        at = wall_clock.EPOCH + timedelta(microseconds=random_event_time(r, start, end + DAY, grid))
        found += [at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), at.strftime("%Y-%m-%d")]
    return found


def _past_sends(r: Random, zone: str, start: int) -> tuple[Send, ...]:
    found = []
    for _ in range(r.choice([0, 0, 0, 1, 2])):
        at = start - r.choice([HOUR, 2 * HOUR, DAY, 5 * DAY])
        tags = tuple(each for each in ("news", "offer") if r.random() < 0.5)
        found.append(Send(r.choice(["email", "sms"]), "marketing", tags, at, wall_clock.local_day(at, zone)))
    return tuple(found)
