"""Caps: the fold over everybody equals a plain loop over one person's messages, whatever interacts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activation.gates._caps import CALENDAR, Limit
from activation.journeys.deciding import MessageNode, Policy
from activation.journeys.deciding import capping as capping_module
from tests.unit.journeys.deciding.deciding_world import (
    ZONES,
    Sent,
    World,
    cap,
    graph,
    instant,
    message,
    one_by_one,
    uid,
)

HOUR = 3_600_000_000
#: In St John's the clock went back from 00:01 to 23:01 of the day before.
START = instant("2010-11-06T00:00")
NODES = [
    MessageNode(1, graph("a", ("all", "deals"), 20), message("one")),
    MessageNode(2, graph("a", ("all", "deals"), 20), message("two", tags=("deal",))),
    MessageNode(3, graph("b", ("all",), 10), message("one", channels=("sms",))),
    MessageNode(4, graph("c"), message("one", tags=("deal", "new"))),
    MessageNode(5, graph("d", ("all", "texts")), message("one", channels=("sms",), is_transactional=True)),
    MessageNode(6, graph("e", ("texts", "all")), message("one", channels=("sms",), tags=("new",))),
]
LIMITS = st.tuples(
    st.integers(1, 3), st.one_of(st.sampled_from(["2h", "1d", "3d"]), st.sampled_from(CALENDAR))
)
CAPS = st.tuples(*(st.lists(LIMITS, min_size=1, max_size=2) for _ in range(3))).map(
    lambda each: {
        "all": cap("all", *each[0]),
        "deals": cap("deals", *each[1], tags=("deal",)),
        "texts": cap("texts", *each[2], channels=("sms",)),
    }
)


@st.composite
def histories(draw: st.DrawFn) -> list[Sent]:
    grid = draw(st.sampled_from([1, 12, 24])) * HOUR
    count = draw(st.integers(1, 150))
    return [
        Sent(
            name=f"{number}",
            person=draw(st.sampled_from("pqrs")),
            node=draw(st.integers(1, 6)),
            at=START + draw(st.integers(0, 120 * HOUR // grid)) * grid + 15 * HOUR // 60,
            depth=draw(st.integers(0, 1)),
            holdout=draw(st.sampled_from(["", "", "", "journey", "global"])),
            is_past=draw(st.integers(0, 5)) == 0,
        )
        for number in range(count)
    ]


def plan(world: World, messages: list[Sent]) -> dict[str, str]:
    past = [each for each in messages if each.is_past and not world.node(each).is_transactional]
    world.lay_past(past)
    coming = [each for each in messages if not each.is_past]
    deciding = world.open()
    deciding.judge(world.come(coming))
    deciding.fold()
    return world.verdicts()


def naive(world: World, messages: list[Sent]) -> dict[str, str]:
    return one_by_one(
        world, [each for each in messages if not (each.is_past and world.node(each).is_transactional)]
    )


@settings(max_examples=25, deadline=None)
@given(histories(), CAPS, st.permutations(ZONES), st.booleans())
def test_caps__are_a_plain_loop_over_each_persons_messages(
    messages: list[Sent], caps: dict[str, object], zones: list[str], is_packed: bool
) -> None:
    world = World(NODES, Policy(caps=caps), dict(zip("pqrs", zones, strict=True)))  # pyright: ignore[reportArgumentType]
    with pytest.MonkeyPatch.context() as patch:
        if not is_packed:
            patch.setattr(capping_module, "_packed", lambda *_: None)
        assert plan(world, messages) == naive(world, messages)


@settings(max_examples=12, deadline=None)
@given(histories(), CAPS, st.lists(st.integers(0, 120), min_size=1, max_size=4, unique=True))
def test_caps__told_in_passes_are_those_told_at_once(
    messages: list[Sent], caps: dict[str, object], edges: list[int]
) -> None:
    """A pass takes the messages up to some instant; later ones are judged by what it accepted."""
    zones = dict(zip("pqrs", ZONES, strict=True))
    at_once = plan(World(NODES, Policy(caps=caps), zones), messages)  # pyright: ignore[reportArgumentType]
    world = World(NODES, Policy(caps=caps), zones)  # pyright: ignore[reportArgumentType]
    world.lay_past([each for each in messages if each.is_past and not world.node(each).is_transactional])
    coming = [each for each in messages if not each.is_past]
    deciding = world.open()
    before = 0
    for edge in (*(START + each * HOUR for each in sorted(edges)), 1 << 60):
        some = [each for each in coming if before <= each.at < edge]
        deciding.judge(world.come(some))
        deciding.fold(world.ready(some))
        before = edge
    assert world.verdicts() == at_once


def test_caps__a_window_is_open_at_its_far_edge() -> None:
    world = World(
        NODES[:1], Policy(caps={"all": cap("all", (1, "1d")), "deals": cap("deals", (9, "1d"))}), {"p": "UTC"}
    )
    day = 24 * HOUR
    some = [
        Sent("first", "p", 1, START),
        Sent("inside", "p", 1, START + day - 1),
        Sent("edge", "p", 1, START + day),
    ]
    found = world.decide(some)
    assert [found[each.name]["reason"] for each in some] == ["", "frequency_cap", ""]
    assert found["inside"]["reason_detail"] == "all: at most 1 per 1d"


def test_caps__the_lower_priority_is_judged_first_and_depth_before_it() -> None:
    caps = {"all": cap("all", (1, "1d")), "deals": cap("deals", (9, "1d"))}
    world = World(NODES[:3], Policy(caps=caps), {"p": "UTC", "q": "UTC"})
    some = [Sent("late", "p", 1, START), Sent("early", "p", 3, START)]
    some += [Sent("second", "q", 3, START, depth=1), Sent("first", "q", 1, START)]
    found = world.decide(some)
    assert {name for name, row in found.items() if not row["reason"]} == {"early", "first"}


def test_caps__who_is_held_out_is_judged_but_takes_no_place() -> None:
    caps = {"all": cap("all", (1, "1d")), "deals": cap("deals", (9, "1d"))}
    world = World(NODES, Policy(caps=caps), {"p": "UTC"})
    some = [Sent("held", "p", 1, START, holdout="journey"), Sent("free", "p", 3, START + 1)]
    some.append(Sent("crowded", "p", 1, START + 2, holdout="global"))
    found = world.decide(some)
    assert {
        name: (row["reason"], row["reason_detail"], row["is_eligible"]) for name, row in found.items()
    } == {
        "held": ("holdout", "", True),
        "free": ("", "", True),
        "crowded": ("holdout", "global", False),
    }


def test_caps__transactional_messages_are_neither_bound_nor_counted_nor_held_out() -> None:
    caps = {"all": cap("all", (1, "1d")), "texts": cap("texts", (1, "1d"))}
    nodes = [MessageNode(3, graph("b", ("all",)), message("one")), NODES[4]]
    world = World(nodes, Policy(caps=caps), {"p": "UTC"})
    receipts = [Sent(f"receipt{number}", "p", 5, START + number, holdout="journey") for number in range(2)]
    found = world.decide([*receipts, Sent("offer", "p", 3, START + 3)])
    assert [row["reason"] for row in found.values()] == ["", "", ""]


def test_caps__of_a_person_whose_messages_are_many_need_no_more_room_than_those() -> None:
    caps = {"all": cap("all", (1000, "30d")), "deals": cap("deals", (1000, "30d"))}
    world = World(NODES[:1], Policy(caps=caps), {"p": "UTC", "q": "UTC"})
    some = [Sent(f"{number}", "p", 1, START + number) for number in range(1003)] + [
        Sent("other", "q", 1, START)
    ]
    found = world.decide(some)
    assert sum(not row["reason"] for row in found.values()) == 1001
    assert found["1000"]["reason"] == "frequency_cap"


def test_caps__a_day_that_goes_on_after_the_next_has_begun_is_one_day() -> None:
    """On 7 November 2010 at 00:01 St John's set its clocks back to 23:01 of the sixth."""
    nodes = [MessageNode(1, graph("a", ("day",)), message())]
    world = World(nodes, Policy(caps={"day": cap("day", (1, "local day"))}), {"p": "America/St_Johns"})
    times = {
        "sixth": "2010-11-07T00:30",
        "seventh": "2010-11-07T02:30:30",
        "sixth_again": "2010-11-07T03:00",
        "seventh_again": "2010-11-07T04:00",
    }
    found = world.decide([Sent(name, "p", 1, instant(at)) for name, at in times.items()])
    assert [name for name in times if not found[name]["reason"]] == ["sixth", "seventh"]


@pytest.mark.parametrize("per", ["7", "7 days", "1y", "", "0d", "local year"])
def test_limit__refuses_what_is_no_window(per: str) -> None:
    with pytest.raises(ValueError, match=r"no window|empty window"):
        Limit(at_most=1, per=per)


def test_message_ids__are_hex_texts() -> None:
    world = World(NODES[:1], Policy(), {"p": "UTC"})
    world.nodes = [MessageNode(1, graph("a"), message())]
    (row,) = world.decide([Sent("m", "p", 1, START)]).values()
    assert (row["message_id"], row["profile_id"], row["enrolment_id"]) == (uid("m"), uid("p"), uid("em"))
