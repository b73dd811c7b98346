"""Journey files become graphs: entry, exits, ids, and what is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from activation.journeys.graph import (
    EXIT,
    Branch,
    Delay,
    EventEntry,
    EventMatch,
    LaunchEntry,
    ListEntry,
    Message,
    MessageCondition,
    PropertyFilter,
    Reentry,
    ScheduleEntry,
    SegmentCondition,
    SegmentEntry,
)
from activation.journeys.graph.storage import graph_json, graph_of
from kith.errors import KithError
from tests.unit.journeys.journey_files import Compiled, leads, steps

DAY, HOUR = 86_400_000_000, 3_600_000_000
WINBACK = """
    name: winback
    enter: {segment: lapsed_buyers, again_after: 180d}
    stop_when: {event: Order Completed}
    steps:
      - send: winback_offer
        by: [push, email]
      - wait: 3d
      - branch: {if: {message: winback_offer, was: opened}, then: end}
      - send: winback_last_call
        by: [email]
"""


@pytest.fixture
def compiled(tmp_path: Path) -> Compiled:
    return Compiled(tmp_path)


def test_journey__reads_as_a_sentence(compiled: Compiled) -> None:
    graph = compiled(WINBACK)
    assert (graph.journey, graph.entry, graph.reentry) == (
        "winback",
        SegmentEntry("lapsed_buyers"),
        Reentry("again_after", 180 * DAY),
    )
    assert [type(each) for each in graph.nodes] == [Message, Delay, Branch, Message]
    assert graph.first == "message:winback_offer"
    assert graph.exits[0].when == EventMatch("Order Completed")
    offer, _, branch, _ = graph.nodes
    assert isinstance(offer, Message)
    assert (offer.channels, offer.parks) == (("push", "email"), False)
    assert isinstance(branch, Branch)
    assert branch.branches == ((MessageCondition("message:winback_offer", "opened"),),)
    assert leads(graph, branch.node_id) == {"1": EXIT, "else": "message:winback_last_call"}


def test_graph__is_the_same_after_being_stored(compiled: Compiled) -> None:
    graph = compiled(WINBACK)
    assert graph_of(graph_json(graph)) == graph


@pytest.mark.parametrize(
    ("enter", "entry"),
    [
        ("{segment: s}", SegmentEntry("s")),
        ("{left: s}", SegmentEntry("s", "left")),
        ("{list: vip}", SegmentEntry("list:vip")),
        ("{event: Cart Updated, key: cart_id}", EventEntry(EventMatch("Cart Updated"), "cart_id")),
        (
            "{event: Cart Updated, where: {total: {at_least: 20}, kind: a}}",
            EventEntry(
                EventMatch(
                    "Cart Updated",
                    (PropertyFilter("total", "at_least", 20), PropertyFilter("kind", "is", "a")),
                )
            ),
        ),
        ("{api: welcome}", ListEntry("Entered welcome")),
        (
            "{segment: s, schedule: 'weekly mon,thu 09:00', from: 1970-01-02, until: 1970-01-03}",
            ScheduleEntry("s", "weekly mon,thu 09:00", "UTC", DAY, 2 * DAY),
        ),
        ("{segment: s, launch_at: 1970-01-02, window: 2h}", LaunchEntry("s", DAY, DAY + 2 * HOUR)),
    ],
)
def test_enter__says_how_people_come_in(compiled: Compiled, enter: str, entry: object) -> None:
    assert compiled(steps("- end", f"enter: {enter}")).entry == entry


def test_instants__are_local_to_the_workspace(compiled: Compiled) -> None:
    graph = compiled(steps("- end", "enter: {segment: s, launch_at: 1970-01-02}"), zone="Europe/Berlin")
    assert graph.entry == LaunchEntry("s", DAY - HOUR, 2 * DAY - HOUR)


@pytest.mark.parametrize(
    ("again", "reentry"),
    [
        ("", Reentry("once")),
        (", again: once", Reentry("once")),
        (", again: always", Reentry("always")),
        (", again_after: 2w", Reentry("again_after", 14 * DAY)),
    ],
)
def test_reentry__is_once_unless_told(compiled: Compiled, again: str, reentry: Reentry) -> None:
    assert compiled(steps("- end", f"enter: {{segment: s{again}}}")).reentry == reentry


def test_ids__are_made_of_what_a_step_says_never_of_its_place(compiled: Compiled) -> None:
    one = compiled(steps("- wait: 1d\n- {send: offer, by: email}"))
    two = compiled(steps("- {send: offer, by: email}\n- wait: 1d\n- wait: 7d"))
    assert {each.step_id for each in two.nodes} - {each.step_id for each in one.nodes} == {"wait:1w"}


def test_ids__two_equal_ones_are_refused_with_the_way_out(compiled: Compiled) -> None:
    with pytest.raises(KithError) as raised:
        compiled(steps("- wait: 1d\n- {send: offer, by: email}\n- wait: 24h"))
    assert (
        raised.value.problem
        == "two steps have the id 'wait:1d'; the other is " + raised.value.problem.split("is ")[1]
    )
    assert "j.yml:5" in (raised.value.where or "")
    assert "id: second" in (raised.value.way_out or "")


def test_steps__after_an_end_are_not_in_the_graph(compiled: Compiled) -> None:
    assert compiled(steps("- wait: 1d\n- end\n- wait: 2d")).nodes == (Delay("wait:1d", "wait:1d", DAY),)


def test_exits__are_goals_and_stops_in_their_order(compiled: Compiled) -> None:
    head = "enter: {segment: s}\ngoal: {event: Won, within: 7d}\nstop_when: [{left: s}, {segment: t}, {event: Lost}]"
    graph = compiled(steps("- wait: 1d", head))
    assert [(each.when, each.is_goal) for each in graph.exits] == [
        (EventMatch("Won"), True),
        (SegmentCondition("s", False), False),
        (SegmentCondition("t", True), False),
        (EventMatch("Lost"), False),
    ]
    counted = compiled(steps("- wait: 1d", head.replace("within: 7d", "ends: false")))
    assert [each.is_goal for each in counted.exits] == [False, False, False]


def test_storage__keeps_what_an_effect_holds_as_it_was(compiled: Compiled) -> None:
    graph = compiled(steps("- emit: Due\n  properties: {tries: [1, {a: [2]}], none: null}"))
    assert graph_of(graph_json(graph)).nodes[0].payload == {  # type: ignore[attr-defined]
        "event": "Due",
        "properties": {"tries": [1, {"a": [2]}], "none": None},
    }


def test_quiet_hours__are_left_aside_where_the_file_says_so(compiled: Compiled) -> None:
    text = steps(
        "- {send: a, by: email}\n- {send: b, by: email, quiet_hours: keep}",
        "enter: {segment: s}\nquiet_hours: ignore",
    )
    assert [each.ignores_quiet_hours for each in compiled(text).nodes if isinstance(each, Message)] == [
        True,
        False,
    ]
