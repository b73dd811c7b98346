"""Budgets and throttles: the whole queue at once equals a plain loop, and ticks of any size give the same."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activation.journeys.deciding import MessageNode, Policy
from activation.journeys.deciding.budget_periods import period_starts
from activation.journeys.deciding.budgets import Budget
from tests.unit.journeys.deciding.deciding_world import DAY, Sent, World, cap, graph, instant, message, uid

HOUR = 3_600_000_000
START = instant("2026-03-28T20:00")
ZONE = "Pacific/Auckland"
NODES = [
    MessageNode(1, graph("a"), message("one", expires_after=9 * HOUR)),
    MessageNode(2, graph("a"), message("two", tags=("deal",), expires_after=5 * HOUR)),
    MessageNode(3, graph("b"), message("one", channels=("sms",), expires_after=2 * DAY)),
    MessageNode(4, graph("c"), message("one", channels=("sms",), is_transactional=True)),
]
PRICES = {("email", "EUR"): Decimal("0.5"), ("sms", "EUR"): Decimal(2)}
BUDGETS = [
    Budget(name="all", at_most=9, per="day"),
    Budget(name="deals", tags=("deal",), at_most=3, per="month"),
    Budget(name="texts", channels=("sms",), spend="7 EUR", per="week"),
    Budget(name="money", spend="11.50 EUR", per="month"),
    Budget(name="calm", rate="2 per 3h"),
    Budget(name="slow_texts", channels=("sms",), rate="1 per 4h"),
    Budget(name="of_a", journeys=("a",), rate="3 per 1h"),
]


@st.composite
def queues(draw: st.DrawFn) -> tuple[list[Budget], list[Sent]]:
    budgets = draw(st.lists(st.sampled_from(BUDGETS), min_size=1, max_size=4, unique=True))
    count = draw(st.integers(1, 60))
    grid = draw(st.sampled_from([HOUR // 4, 2 * HOUR]))
    messages = [
        Sent(
            f"{n}",
            draw(st.sampled_from("pqrs")),
            draw(st.integers(1, 4)),
            START + draw(st.integers(0, 60)) * grid,
        )
        for n in range(count)
    ]
    return budgets, messages


def one_by_one(world: World, messages: list[Sent]) -> dict[str, tuple[str, str, int]]:
    """(reason, detail, release) of each message, by a loop over all of them in their order."""
    nodes = {each.code: each for each in world.nodes}
    budgets = sorted((each for each in world.policy.budgets if not each.throttle), key=lambda each: each.name)
    throttles = sorted((each for each in world.policy.budgets if each.throttle), key=lambda each: each.name)
    taken: dict[tuple[str, int], int] = {}
    closed: set[tuple[str, int]] = set()
    last: dict[str, int] = {}
    told: dict[str, tuple[str, str, int]] = {}
    for each in sorted(messages, key=lambda each: (each.at, uid(each.name))):
        node = nodes[each.node]
        channel = node.node.channels[0]

        def counts(budget: Budget, node: MessageNode = node, channel: str = channel) -> bool:
            return budget.counts(node.graph.journey, channel, node.node.tags)

        if node.node.is_transactional:
            told[each.name] = ("", "", each.at)
            continue
        pots = [
            (one, (one.name, period_starts(each.at, each.at, one.per, ZONE)[0]))
            for one in budgets
            if counts(one)
        ]
        refusing = next((one for one, pot in pots if pot in closed), None)
        if refusing is None:
            short = next(
                (
                    (one, pot)
                    for one, pot in pots
                    if taken.get(pot, 0) + world.policy.price(channel, one) > world.policy.limit(one)
                ),
                None,
            )
            if short:
                refusing = short[0]
                closed.add(short[1])
        if refusing:
            told[each.name] = ("budget", refusing.bound, each.at)
            continue
        for one, pot in pots:
            taken[pot] = taken.get(pot, 0) + world.policy.price(channel, one)
        own = [one for one in throttles if counts(one)]
        steps = {one.name: -(-one.throttle[1] // one.throttle[0]) for one in own if one.throttle}
        leave = max([each.at, *(last[one.name] + steps[one.name] for one in own if one.name in last)])
        if leave > each.at + node.node.expires_after:
            told[each.name] = ("throttled", own[0].bound, each.at)
            continue
        last.update({one.name: leave for one in own})
        told[each.name] = ("", "", leave)
    return told


def decide(world: World, messages: list[Sent]) -> dict[str, tuple[str, str, int]]:
    rows = world.decide(messages)
    stamps = world.connection.execute("SELECT message_id, epoch_us(release_at) FROM outbox").fetchall()
    releases = dict(stamps)
    return {
        name: (row["reason"], row["reason_detail"], releases[row["message_id"]]) for name, row in rows.items()
    }  # pyright: ignore[reportReturnType]


def new_world(budgets: list[Budget]) -> World:
    policy = Policy(budgets=tuple(budgets), zone=ZONE, prices=PRICES)
    return World(NODES, policy, dict.fromkeys("pqrs", "UTC"))


@settings(max_examples=30, deadline=None)
@given(queues())
def test_crowd__is_a_plain_loop_over_the_queue(queue: tuple[list[Budget], list[Sent]]) -> None:
    budgets, messages = queue
    world = new_world(budgets)
    assert decide(world, messages) == one_by_one(world, messages)


@settings(max_examples=15, deadline=None)
@given(queues(), st.lists(st.integers(0, 120), min_size=1, max_size=3, unique=True))
def test_crowd__of_several_ticks_is_that_of_one(
    queue: tuple[list[Budget], list[Sent]], edges: list[int]
) -> None:
    """What earlier ticks gave out is read from their rows."""
    budgets, messages = queue
    world, told, before = new_world(budgets), {}, 0
    for edge in (*(START + each * HOUR for each in sorted(edges)), 1 << 60):
        some = [each for each in messages if before <= each.at < edge]
        told |= decide(world, some)
        world.connection.execute(
            """INSERT INTO past_crowd
               SELECT journey, step_id, channel, purpose, tags, is_transactional, epoch_us(decided_at),
                      epoch_us(release_at), reason, reason_detail, CAST(message_id AS UUID)
               FROM outbox"""
        )
        before = edge
    assert told == decide(new_world(budgets), messages)


def test_crowd__what_a_budget_refuses_keeps_its_place_under_the_persons_caps() -> None:
    """Caps come first, and each person's fold hangs on nobody else."""
    caps = {"day": cap("day", (1, "1d"))}
    nodes = [MessageNode(1, graph("a", ("day",)), message("one"))]
    budget = Budget(name="one", at_most=1, per="month")
    world = World(nodes, Policy(caps=caps, budgets=(budget,)), {"p": "UTC", "q": "UTC"})
    some = [
        Sent("takes", "q", 1, START),
        Sent("refused", "p", 1, START + 1),
        Sent("capped", "p", 1, START + 2),
    ]
    found = world.decide(some)
    assert {name: row["reason"] for name, row in found.items()} == {
        "takes": "",
        "refused": "budget",
        "capped": "frequency_cap",
    }
    assert found["refused"]["reason_detail"] == "one: at most 1 per month"
    assert found["refused"]["is_eligible"]
    assert found["refused"]["decision"] == "withhold"


def test_crowd__who_is_held_out_or_capped_takes_nothing_of_a_budget() -> None:
    caps = {"day": cap("day", (1, "1d"))}
    nodes = [MessageNode(1, graph("a", ("day",)), message("one"))]
    world = World(
        nodes,
        Policy(caps=caps, budgets=(Budget(name="two", at_most=2, per="day"),)),
        {"p": "UTC", "q": "UTC"},
    )
    some = [Sent("held", "q", 1, START, holdout="journey"), Sent("first", "p", 1, START + 1)]
    some += [Sent("capped", "p", 1, START + 2), Sent("second", "q", 1, START + 3)]
    found = world.decide(some)
    assert {name: row["reason"] for name, row in found.items()} == {
        "held": "holdout",
        "first": "",
        "capped": "frequency_cap",
        "second": "",
    }


@pytest.mark.parametrize(
    "given_fields",
    [
        {},
        {"at_most": 5},
        {"rate": "5 per 1h", "per": "day"},
        {"rate": "5 in 1h"},
        {"rate": "0 per 1h"},
        {"rate": "5 per 0h"},
        {"rate": "5 per 1y"},
        {"at_most": 5, "spend": "3 EUR", "per": "day"},
        {"spend": "3", "per": "day"},
        {"spend": "3 euros", "per": "day"},
        {"at_most": 0, "per": "day"},
        {"at_most": 5, "per": "year"},
        {"at_most": 5, "per": "day", "channels": []},
    ],
)
def test_budget__refuses_what_it_cannot_mean(given_fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        Budget.model_validate(given_fields)


def test_periods__are_those_of_the_workspaces_calendar() -> None:
    """Auckland set its clocks back on 5 April 2026: that day is 25 hours long."""
    first, last = instant("2026-04-04T11:59"), instant("2026-04-05T13:00")
    starts = period_starts(first, last, "day", ZONE)
    expected = ["2026-04-03T11:00", "2026-04-04T11:00", "2026-04-05T12:00", "2026-04-06T12:00"]
    assert starts == [instant(each) for each in expected[1:]]
    assert period_starts(first, first, "month", ZONE) == [
        instant("2026-03-31T11:00"),
        instant("2026-04-30T12:00"),
    ]
    assert period_starts(first, first, "week", ZONE) == [
        instant("2026-03-29T11:00"),
        instant("2026-04-05T12:00"),
    ]
