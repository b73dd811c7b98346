"""The reference by hand-made cases: what each rule says of one person, worked out on paper."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from activation.journeys.graph import (
    EXIT,
    AttributeCondition,
    Branch,
    Delay,
    Edge,
    EventCondition,
    EventEntry,
    EventMatch,
    ExitRule,
    Graph,
    LaunchEntry,
    Message,
    MessageCondition,
    Node,
    PropertyFilter,
    Ranked,
    Reentry,
    ScheduleEntry,
    SegmentCondition,
    SegmentEntry,
    UntilAttribute,
    UntilLocal,
    Wait,
    WaitBranch,
    Window,
)
from tests.journeys_reference import wall_clock
from tests.journeys_reference.interpreter import histories
from tests.journeys_reference.judgement import Cap, Limit, Quiet, Rules
from tests.journeys_reference.world import DAY, HOUR, MINUTE, Event, Permission, Person, Spell, World

START = int(datetime(2026, 6, 1, tzinfo=UTC).timestamp()) * 1_000_000
WILLING = {
    "consents": {("marketing", "email"): (Spell(Permission(True), 0),)},
    "addresses": {"email": (Spell("p@example.org", 0),)},
}


def at(text: str) -> int:
    return int(datetime.fromisoformat(text + "+00:00").timestamp()) * 1_000_000


def events(*told: tuple[str, int]) -> tuple[Event, ...]:
    return tuple(Event(f"e{number}", name, when) for number, (name, when) in enumerate(told))


def chain(*nodes: Node, **settings: object) -> Graph:
    """Each label of a node leads to the next; entry by `In`."""
    ids = [*(each.node_id for each in nodes), EXIT]
    edges = [Edge(n.node_id, label, ids[k + 1]) for k, n in enumerate(nodes) for label in n.labels()]
    plain = {"entry": EventEntry(EventMatch("In")), "reentry": Reentry("always")}
    return Graph(
        journey="j", version="1", first=ids[0], nodes=nodes, edges=tuple(edges), **{**plain, **settings}
    )  # type: ignore[arg-type]


def live(person: Person, *graphs: Graph, rules: Rules | None = None, **settings: object) -> World:
    return World((person,), graphs, rules or Rules(), START, START + 30 * DAY, **settings)  # type: ignore[arg-type]


def path(world: World) -> list[tuple[int, str, str]]:
    return [
        (each.at - START, each.node_id, each.label)
        for each in sorted(histories(world)[0], key=lambda t: t.at)
    ]


def reasons(world: World) -> list[str]:
    return [each.reason for each in sorted(histories(world)[1], key=lambda v: v.decided_at)]


def someone(*told: tuple[str, int], **settings: object) -> Person:
    return Person("ab" * 16, events=events(*((name, START + when) for name, when in told)), **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("when", "expected"),
    [(HOUR, (HOUR, "w", "1")), (HOUR + 1, (HOUR, "w", "timeout")), (0, (HOUR, "w", "timeout"))],
    ids=["at the deadline", "after it", "at the entry"],
)
def test_reference__a_wait_takes_an_event_at_its_deadline_but_none_at_its_start(when, expected):
    wait = Wait("w", "w", (WaitBranch(EventMatch("Bought")),), HOUR)
    assert path(live(someone(("In", 0), ("Bought", when)), chain(wait)))[1] == expected


def test_reference__of_two_branches_at_one_instant_the_lower_wins():
    wait = Wait("w", "w", (WaitBranch(EventMatch("B")), WaitBranch(EventMatch("A"))), HOUR)
    assert path(live(someone(("In", 0), ("A", 5), ("B", 5)), chain(wait)))[1] == (5, "w", "1")


def test_reference__an_exit_wins_over_a_move_at_its_instant():
    graph = chain(Delay("d", "d", HOUR), exits=(ExitRule(EventMatch("Bought"), is_goal=True),))
    assert path(live(someone(("In", 0), ("Bought", HOUR)), graph)) == [
        (0, "", "entered"),
        (HOUR, "d", "goal"),
    ]
    assert path(live(someone(("In", 0), ("Bought", 0)), graph))[1] == (HOUR, "d", "next")


def test_reference__an_exit_takes_a_message_out_of_the_quiet_hours():
    rules = Rules(quiet=(Quiet(22 * HOUR, 8 * HOUR),))
    graph = chain(Message("m", "m", channels=("email",)), exits=(ExitRule(SegmentCondition("gone")),))
    person = someone(("In", 23 * HOUR), segments={"gone": (Spell(True, START + 30 * HOUR),)}, **WILLING)
    world = live(person, graph, rules=rules)
    assert path(world)[-1] == (30 * HOUR, "m", "stopped")
    assert reasons(world) == []


def test_reference__an_end_at_an_instant_blocks_an_entry_at_it():
    graph = chain(Delay("d", "d", HOUR))
    assert [each[0] for each in path(live(someone(("In", 0), ("In", HOUR)), graph))] == [0, HOUR]
    assert len(path(live(someone(("In", 0), ("In", HOUR + 1)), graph))) == 4


@pytest.mark.parametrize(
    ("reentry", "entries"),
    [(Reentry("once"), 1), (Reentry("always"), 3), (Reentry("again_after", 5 * HOUR), 2)],
)
def test_reference__reentry_counts_from_the_last_entry(reentry, entries):
    graph = chain(Delay("d", "d", HOUR), reentry=reentry)
    person = someone(("In", 0), ("In", 5 * HOUR - 1), ("In", 10 * HOUR - 1))
    assert sum(each[2] == "entered" for each in path(live(person, graph))) == entries


def test_reference__keys_tell_instances_apart_and_one_instant_enters_once():
    told = [Event(str(k), "In", START, {"cart": cart}) for k, cart in enumerate(["a", "b", "a"])]
    graph = chain(Delay("d", "d", HOUR), entry=EventEntry(EventMatch("In"), "cart"))
    assert sum(each[2] == "entered" for each in path(live(Person("ab" * 16, events=tuple(told)), graph))) == 2


def test_reference__a_launch_is_the_first_evaluation_that_found_anybody():
    entry = LaunchEntry("s", START, START + DAY)
    person = someone(segments={"s": (Spell(True, START + 2 * HOUR),)})
    world = live(person, chain(entry=entry), evaluations=tuple(("s", START + k * HOUR) for k in range(5)))
    assert [each[0] for each in path(replace(world, graphs=(replace(world.graphs[0], first=EXIT),)))] == [
        2 * HOUR
    ]


def test_reference__schedules_know_the_last_day_and_the_clock():
    entry = ScheduleEntry("s", "monthly 31 12:00", "Europe/Berlin", 0, 1 << 60)
    person = someone(segments={"s": (Spell(True, 0),)})
    graph = replace(chain(entry=entry), first=EXIT)
    assert path(live(person, graph)) == [(at("2026-06-30T10:00") - START, "", "entered")]


def test_reference__leaving_a_segment_is_an_entry_too():
    person = someone(segments={"s": (Spell(True, START, START + HOUR),)})
    graph = replace(chain(entry=SegmentEntry("s", "left")), first=EXIT)
    assert path(live(person, graph)) == [(HOUR, "", "entered")]


@pytest.mark.parametrize(
    ("zone", "now", "clock", "then"),
    [
        (
            "Europe/London",
            "2026-03-29T00:30",
            "01:30",
            "2026-03-29T01:30",
        ),  # in the gap: 02:30 by the new clock
        ("Europe/London", "2026-10-25T00:15", "01:30", "2026-10-25T00:30"),  # the first of two
        ("Europe/London", "2026-10-25T00:45", "01:30", "2026-10-25T01:30"),  # the second of two
        ("Australia/Lord_Howe", "2026-04-04T14:50", "01:45", "2026-04-04T15:15"),  # half an hour comes twice
        ("UTC", "2026-06-01T09:00", "09:00", "2026-06-02T09:00"),  # strictly after
    ],
)
def test_reference__local_times_on_nights_when_the_clock_changes(zone, now, clock, then):
    hours, minutes = map(int, clock.split(":"))
    found = wall_clock.until_local(at(now), zone, hours * HOUR + minutes * MINUTE)
    assert found == at(then)


def test_reference__a_window_over_midnight_belongs_to_the_day_it_opened():
    monday = 0b0000001
    inside = wall_clock.window(at("2026-06-02T03:00"), "UTC", 22 * HOUR, 6 * HOUR, monday)
    outside = wall_clock.window(at("2026-06-01T03:00"), "UTC", 22 * HOUR, 6 * HOUR, monday)
    assert (inside, outside) == (at("2026-06-02T03:00"), at("2026-06-01T22:00"))


def test_reference__a_jump_of_the_clock_into_a_window_opens_it():
    assert wall_clock.window(at("2026-03-29T00:50"), "Europe/London", 90 * MINUTE, 4 * HOUR, 0b1111111) == at(
        "2026-03-29T01:00"
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [("2026-06-03", (at("2026-06-02T13:00"), "next")), ("2026-05-03", (0, "missed")), ("x", (0, "missed"))],
)
def test_reference__an_attribute_tells_until_when(value, expected):
    person = someone(("In", 0), zone="Asia/Tokyo", attributes={"day": (Spell(value, 0),)})
    node = UntilAttribute("u", "u", "day", -2 * HOUR)
    when, label = expected
    assert path(live(person, chain(node)))[1] == (max(when - START, 0), "u", label)


@pytest.mark.parametrize(
    ("told", "is_bought"), [(4 * HOUR, True), (4 * HOUR - 1, False), (5 * HOUR, True), (5 * HOUR + 1, False)]
)
def test_reference__a_look_back_leaves_its_far_edge_out(told, is_bought):
    graph = chain(
        Delay("d", "d", 5 * HOUR),
        Branch("b", "b", ((EventCondition(EventMatch("Bought"), within=HOUR + 1),),)),
    )
    labels = [
        label for _, node, label in path(live(someone(("In", 0), ("Bought", told)), graph)) if node == "b"
    ]
    assert labels == ["1" if is_bought else "else"]


def test_reference__filters_read_a_property_as_the_kind_of_their_operand():
    told = Event("e", "In", START, {"total": "5", "kind": None, "is_gift": True})
    for where, fits in [
        (PropertyFilter("total", "at_least", 5), True),
        (PropertyFilter("total", "less", 5), False),
        (PropertyFilter("kind", "is_not", "red"), False),
        (PropertyFilter("kind", "missing", True), True),
        (PropertyFilter("is_gift", "is", True), True),
    ]:
        graph = replace(chain(entry=EventEntry(EventMatch("In", (where,)))), first=EXIT)
        assert bool(path(live(Person("ab" * 16, events=(told,)), graph))) == fits, where


def test_reference__the_greatest_operand_wins_and_a_tie_goes_to_the_lower():
    node = Ranked("r", "r", (("score", "a"), ("attribute", "b"), ("score", "c")))
    person = someone(("In", 0), scores={"a": (Spell(0.5, 0),)}, attributes={"b": (Spell("0.5", 0),)})
    assert path(live(person, chain(node)))[1][2] == "1"
    assert path(live(someone(("In", 0)), chain(node)))[1][2] == "else"


def test_reference__a_cap_leaves_out_the_send_at_its_edge():
    rules = Rules(caps=(Cap("c", (Limit(1, width=HOUR),)),))
    graph = chain(Message("m", "m", channels=("email",)), caps=("c",))
    assert reasons(live(someone(("In", 0), ("In", HOUR), **WILLING), graph, rules=rules)) == ["", ""]
    assert reasons(live(someone(("In", 0), ("In", HOUR - 1), **WILLING), graph, rules=rules)) == [
        "",
        "frequency_cap",
    ]


def test_reference__a_cap_of_the_calendar_goes_by_the_persons_day():
    rules = Rules(caps=(Cap("c", (Limit(1, calendar="day"),)),))
    graph = chain(Message("m", "m", channels=("email",)), caps=("c",))
    person = someone(("In", 14 * HOUR), ("In", 16 * HOUR), zone="Asia/Tokyo", **WILLING)
    assert reasons(live(person, graph, rules=rules)) == ["", ""]
    assert reasons(live(replace(person, zone="UTC"), graph, rules=rules)) == ["", "frequency_cap"]


def test_reference__a_parked_message_frees_its_path_at_its_own_instant():
    nodes = (
        Message("m1", "m1", channels=("email",), parks=True),
        Branch("b", "b", ((MessageCondition("m1", "sent"),),)),
        Message("m2", "m2", channels=("email",)),
    )
    rules = Rules(caps=(Cap("c", (Limit(1, width=HOUR),)),))
    world = live(someone(("In", 0), **WILLING), chain(*nodes, caps=("c",)), rules=rules)
    assert path(world) == [(0, "", "entered"), (0, "b", "1"), (0, "m1", "sent"), (0, "m2", "next")]
    assert sorted(reasons(world)) == ["", "frequency_cap"]


def test_reference__depth_judges_a_journeys_second_message_after_the_first_of_others():
    rules = Rules(caps=(Cap("c", (Limit(2, width=HOUR),)),))
    mine = chain(
        Message("a", "a", channels=("email",)),
        Message("b", "b", channels=("email",)),
        caps=("c",),
        priority=1,
    )
    other = replace(chain(Message("o", "o", channels=("email",)), caps=("c",), priority=9), journey="k")
    _, found = histories(live(someone(("In", 0), **WILLING), mine, other, rules=rules))
    assert {each.step_id: each.reason for each in found} == {"a": "", "b": "frequency_cap", "o": ""}


def test_reference__a_channel_that_is_let_through_carries_the_message():
    graph = chain(Message("m", "m", channels=("sms", "email")))
    _, found = histories(live(someone(("In", 0), **WILLING), graph))
    assert [(each.channel, each.reason) for each in found] == [("email", "")]


def test_reference__a_transactional_message_needs_no_record_and_knows_no_quiet_hours():
    rules = Rules(
        quiet=(Quiet(0, 23 * HOUR),), slot=HOUR, holdout=1.0, caps=(Cap("c", (Limit(1, width=DAY),)),)
    )
    node = Message("m", "m", channels=("email",), purpose="transactional", is_transactional=True)
    person = someone(("In", 1), ("In", 2), addresses=WILLING["addresses"])
    assert reasons(live(person, chain(node, caps=("c",)), rules=rules)) == ["", ""]


def test_reference__an_attribute_is_asked_as_of_its_instant():
    graph = chain(Delay("d", "d", HOUR), Branch("b", "b", ((AttributeCondition("level", "at_least", 3),),)))
    for since, label in [(START + HOUR, "1"), (START + HOUR + 1, "else")]:
        person = someone(("In", 0), attributes={"level": (Spell("3", since),)})
        assert (HOUR, "b", label) in path(live(person, graph))


def test_reference__until_local_knows_weekdays():
    node = UntilLocal("u", "u", 9 * HOUR, 1 << 4)
    assert path(live(someone(("In", 0)), chain(node)))[1][0] == 4 * DAY + 9 * HOUR


def test_reference__a_window_is_left_at_once_inside():
    assert path(live(someone(("In", HOUR)), chain(Window("w", "w", 0, 2 * HOUR))))[1][0] == HOUR


@pytest.mark.parametrize(
    ("now", "within", "then"),
    [
        ("09:40", DAY, "09:40"),
        ("08:00", HOUR, "09:00"),
        ("07:59", HOUR, "07:59"),
        ("10:00", DAY, "2026-06-02T09:00"),
    ],
)
def test_reference__the_best_hour_is_waited_for_within_its_span(now, within, then):
    node = Message("m", "m", channels=("email",), best_hour=True, best_within=within)
    entered = at(f"2026-06-01T{now}") - START
    _, found = histories(live(someone(("In", entered), best_hours=(9,), **WILLING), chain(node)))
    assert found[0].decided_at == at(then if "T" in then else f"2026-06-01T{then}")


def test_reference__quiet_hours_go_on_where_a_gap_of_the_clock_ends_in_others():
    rules = Rules(quiet=(Quiet(22 * HOUR, 150 * MINUTE), Quiet(3 * HOUR, 4 * HOUR)))
    told = Event("e", "In", at("2026-03-08T05:30"))
    person = replace(someone(**WILLING), zone="America/New_York", events=(told,))
    world = replace(
        live(person, chain(Message("m", "m", channels=("email",))), rules=rules), start=at("2026-03-01T00:00")
    )
    assert histories(world)[1][0].decided_at == at("2026-03-08T08:00")
