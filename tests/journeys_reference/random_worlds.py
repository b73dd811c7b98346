"""Random worlds: a small time scale and coarse grids, so that ties, DST nights, caps and quiet hours are common."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from random import Random

from tests.journeys_reference.interpreter import histories
from tests.journeys_reference.judgement import Cap, Limit, Quiet, Rules
from tests.journeys_reference.random_entries import ZONES
from tests.journeys_reference.random_graphs import Flavour, random_graph
from tests.journeys_reference.random_people import GRIDS, random_event_time, random_person, read_event
from tests.journeys_reference.world import DAY, FOREVER, HOUR, MINUTE, Permission, Person, Spell, World

#: A few days before some change of a clock; the last is a day on which none changes.
NIGHTS = (
    (2026, 3, 6),
    (2026, 10, 30),
    (2026, 3, 27),
    (2026, 4, 3),
    (2026, 9, 25),
    (2026, 2, 14),
    (2026, 6, 1),
)
AFTER = 5 * DAY


def general(seed: int, people: int = 200) -> World:
    """Every kind of node, entry, exit and condition."""
    return _world(Random(seed), seed, people, Flavour(), is_focused=False)


def focused(seed: int, people: int = 200) -> World:
    """Many messages at one instant, caps that bind, everybody consents: for the order of decisions and parking."""
    flavour = Flavour(messages=0.67, kinds=("delay", "until_local", "branch", "wait", "message"))
    return _world(Random(seed), seed, people, flavour, is_focused=True)


def made_of(seed: int, kinds: tuple[str, ...], people: int = 200, feedback: float = 0.0) -> World:
    """Nodes of these kinds alone, and everybody's log on a coarse grid."""
    share = 0.6 if "message" in kinds else 0.15
    flavour = Flavour(messages=share, nodes=6 if feedback else 4, kinds=kinds, feedback=feedback)
    return _world(Random(seed), seed, people, flavour, is_focused=False, grid=HOUR)


def _world(r: Random, seed: int, count: int, flavour: Flavour, *, is_focused: bool, grid: int = 0) -> World:
    start = int(datetime(*r.choice(NIGHTS), tzinfo=UTC).timestamp()) * 1_000_000
    end = start + r.choice([2, 4, 8]) * DAY
    grid = 2 * HOUR if is_focused else grid or r.choice(GRIDS)
    graphs = tuple(random_graph(r, number, start, end, flavour) for number in range(1, r.randint(1, 4) + 1))
    people = tuple(random_person(r, f"{seed}:{number}", start, end, grid) for number in range(count))
    if is_focused:
        graphs = tuple(replace(each, holdout=0.0) for each in graphs)
        people = tuple(map(_willing, people))
    evaluations = {
        (name, spell.since)
        for each in people
        for name, spells in each.segments.items()
        for spell in spells
        if spell.since >= start
    } | {(name, random_event_time(r, start, end, grid)) for name in ("big", "small") for _ in range(3)}
    winners = [
        (graph.journey, node.step_id, r.choice(["1", "2"]), random_event_time(r, start, end, grid))
        for graph in graphs
        for node in graph.nodes
        if node.kind == "experiment" and r.random() < 0.5
    ]
    addresses = [
        (channel, str(spell.value).lower())
        for each in people
        for channel, spells in each.addresses.items()
        for spell in spells
        if r.random() < 0.1
    ]
    suppressed = {key: random_event_time(r, start, end, grid) for key in addresses}
    rules = _rules(r, is_focused)
    known = {each.name for each in rules.caps}
    graphs = tuple(replace(each, caps=tuple(name for name in each.caps if name in known)) for each in graphs)
    world = World(
        people, graphs, rules, start, end + AFTER, tuple(sorted(evaluations)), tuple(winners),
        {} if is_focused else suppressed, seed,
    )  # fmt: skip
    for _ in range(2 if flavour.feedback else r.choice([0, 1, 2])):
        world = _with_feedback(r, world)
    return world


def _rules(r: Random, is_focused: bool) -> Rules:
    widths = [HOUR, DAY] if is_focused else [HOUR, DAY, 3 * DAY]
    caps = [
        Cap("all_day", (_calendar(r, "day"),)),
        Cap("by_tag", (_rolling(r, widths),), tags=(r.choice(["news", "offer"]),)),
        Cap(
            "hourly",
            (_rolling(r, widths), _rolling(r, widths)),
            channels=r.choice([(), ("email",), ("sms",)]),
        ),
        Cap("weekly", (_calendar(r, r.choice(["week", "month"])),)),
    ]
    kept = caps[:3] if is_focused else [each for each in caps if r.random() < 0.6]
    return Rules(
        caps=tuple(kept),
        slot=r.choice([1, 1, 15 * MINUTE, HOUR]),
        quiet=tuple(_quiet(r) for _ in range(r.choice([0, 1, 1, 2]))),
        holdout=0.0 if is_focused else r.choice([0.0, 0.05, 0.2]),
    )


def _quiet(r: Random) -> Quiet:
    begins, ends = (
        r.choice([21, 22, 23, 0, 13]) * HOUR,
        r.choice([7 * HOUR, 8 * HOUR, 150 * MINUTE, 90 * MINUTE]),
    )
    return Quiet(begins, ends, r.choice([0b1111111, 0b1111111, 0b1100000]), r.choice([(), (), ("sms",)]))


def _rolling(r: Random, widths: list[int]) -> Limit:
    width = r.choice(widths)
    return Limit(r.randint(1, 3), width=width)


def _calendar(r: Random, period: str) -> Limit:
    return Limit(r.randint(1, 3), calendar=period)


def _willing(person: Person) -> Person:
    granted = (Spell(Permission(True), 0, FOREVER),)
    addresses = {channel: (spells[-1],) for channel, spells in person.addresses.items() if spells}
    return replace(
        person,
        consents={
            (purpose, channel): granted
            for purpose in ("marketing", "transactional")
            for channel in ("email", "sms")
        },
        addresses={
            channel: (replace(spells[0], since=0, until=FOREVER),) for channel, spells in addresses.items()
        },
    )


def _with_feedback(r: Random, world: World) -> World:
    """Opens of messages that the reference itself planned: events like any other, learned sooner or later."""
    _, verdicts = histories(world)
    opened: dict[str, list[str]] = {}
    decided = {each.message_id: each.decided_at for each in verdicts}
    for each in verdicts:
        if not each.reason and r.random() < 0.4:
            opened.setdefault(each.profile_id, []).append(each.message_id)
    people = []
    for person in world.people:
        heard = tuple(
            read_event(
                r,
                f"{message}:{len(person.events)}",
                "Email Opened",
                decided[message] + lag,
                {"message_id": message},
            )
            for message in opened.get(person.profile_id, [])
            for lag in [r.choice([1_000_000, MINUTE, 50 * MINUTE, HOUR, DAY])]
        )
        people.append(replace(person, events=(*person.events, *heard)))
    return replace(world, people=tuple(people))


__all__ = ["ZONES", "focused", "general"]
