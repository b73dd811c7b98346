"""The steps that most journeys are made of: wait, branch, split, send."""

from __future__ import annotations

from pathlib import Path

import pytest

from activation.journeys.graph import (
    EXIT,
    AttributeCondition,
    Branch,
    Delay,
    EventCondition,
    EventMatch,
    Message,
    PropertyFilter,
    ScoreCondition,
    SegmentCondition,
    Split,
    UntilAttribute,
    UntilLocal,
    Wait,
)
from tests.unit.journeys.journey_files import Compiled, leads, steps

DAY, HOUR = 86_400_000_000, 3_600_000_000


@pytest.fixture
def compiled(tmp_path: Path) -> Compiled:
    return Compiled(tmp_path)


@pytest.mark.parametrize(
    ("wait", "node"),
    [
        ("90s", Delay("w", "w", 90_000_000)),
        ("{until: 09:30}", UntilLocal("w", "w", 9 * HOUR + HOUR // 2)),
        ("{until: 09:00, on: weekdays}", UntilLocal("w", "w", 9 * HOUR, 0b0011111)),
        ("{until: 09:00, on: [mon, sun]}", UntilLocal("w", "w", 9 * HOUR, 0b1000001)),
        ("{until: 09:00, on: tue}", UntilLocal("w", "w", 9 * HOUR, 0b0000010)),
        ("{until: {attribute: renewal_on, minus: 7d}}", UntilAttribute("w", "w", "renewal_on", -7 * DAY)),
        ("{until: {attribute: renewal_on, plus: 1h}}", UntilAttribute("w", "w", "renewal_on", HOUR)),
    ],
)
def test_wait__lasts_a_time_or_until_one(compiled: Compiled, wait: str, node: object) -> None:
    assert compiled(steps(f"- wait: {wait}\n  id: w")).nodes == (node,)


def test_wait__for_several_things_goes_by_the_first(compiled: Compiled) -> None:
    graph = compiled(
        steps("""
            - send: offer
              by: email
            - wait:
                for:
                  - {event: Order Completed, where: {total: {greater: 5}}, then: end}
                  - {message: offer, was: opened, then: [{send: more, by: email}]}
                timeout: 2d
                else: {send: last, by: sms}
              id: answer
            - wait: 1d
        """)
    )
    wait = graph.nodes[1]
    assert isinstance(wait, Wait)
    assert wait.timeout == 2 * DAY
    assert [each.match for each in wait.branches] == [
        EventMatch("Order Completed", (PropertyFilter("total", "greater", 5),)),
        EventMatch("Email Opened", (), "message:offer"),
        EventMatch("Message Opened", (), "message:offer"),
    ]
    assert leads(graph, "answer") == {
        "1": EXIT,
        "2": "message:more",
        "3": "message:more",
        "timeout": "message:last",
    }
    assert leads(graph, "message:last") == {"next": "wait:1d"} == leads(graph, "message:more")


def test_wait__for_one_event_says_both_ways_out(compiled: Compiled) -> None:
    graph = compiled(steps("- wait: {for: Order Completed, timeout: 3d, then: end}\n- wait: 1h"))
    assert leads(graph, graph.first) == {"1": EXIT, "timeout": "wait:1h"}


def test_branch__tries_its_cases_in_order(compiled: Compiled) -> None:
    graph = compiled(
        steps("""
            - branch:
                - {if: {segment: vip}, then: [{wait: 1d}]}
                - {if: [{attribute: country, is: GB}, {score: churn, at_least: 0.5}], then: end}
                - {if: {any: [{did: Viewed, within: 2h}, {did_not: Order Completed}]}, then: [{wait: 2d}]}
                - {else: [{wait: 3d}]}
              id: b
        """)
    )
    branch = graph.nodes[0]
    assert isinstance(branch, Branch)
    assert branch.branches == (
        (SegmentCondition("vip"),),
        (AttributeCondition("country", "is", "GB"), ScoreCondition("churn", "at_least", 0.5)),
        (EventCondition(EventMatch("Viewed"), 2 * HOUR),),
        (EventCondition(EventMatch("Order Completed"), None, False),),
    )
    assert leads(graph, "b") == {"1": "wait:1d", "2": EXIT, "3": "wait:2d", "4": "wait:2d", "else": "wait:3d"}


def test_condition__none_is_the_opposite_of_each(compiled: Compiled) -> None:
    graph = compiled(
        steps("""
            - branch:
                if: {none: [{segment: vip}, {attribute: age, between: [3, 5]}]}
                then: end
              id: b
        """)
    )
    branch = graph.nodes[0]
    assert isinstance(branch, Branch)
    out = SegmentCondition("vip", False)
    assert branch.branches == (
        (out, AttributeCondition("age", "less", 3)),
        (out, AttributeCondition("age", "greater", 5)),
        (out, AttributeCondition("age", "missing", True)),
    )


def test_split__draws_by_parts_of_ten_thousand(compiled: Compiled) -> None:
    graph = compiled(steps("- split: [{share: 33.33%, then: end}, {share: 66.67%}]\n  id: s\n- wait: 1d"))
    assert graph.nodes[0] == Split("s", "s", (3333, 6667))
    assert leads(graph, "s") == {"1": EXIT, "2": "wait:1d"}


def test_message__parks_where_the_path_depends_on_its_outcome(compiled: Compiled) -> None:
    asked = compiled(
        steps("""
            - send: offer
              by: email
            - branch: {if: {message: offer, was: withheld}, then: [{wait: 1d}]}
        """)
    )
    assert isinstance(asked.nodes[0], Message)
    assert asked.nodes[0].parks
    told = compiled(steps("- {send: offer, by: push, otherwise: [{send: other, by: email}]}"))
    assert leads(told, "message:offer") == {"sent": EXIT, "dropped": "message:other"}


def test_message__until_sent_goes_on_with_the_receipt(compiled: Compiled) -> None:
    graph = compiled(steps("- {send: offer, by: email, expires_after: 2h, until: sent}\n- wait: 1d"))
    receipt = graph.nodes[1]
    assert isinstance(receipt, Wait)
    assert (receipt.branches[0].match, receipt.timeout) == (
        EventMatch("Message Sent", (), "message:offer"),
        3 * HOUR,
    )
    assert leads(graph, "message:offer") == {"sent": receipt.node_id, "dropped": "wait:1d"}
    assert set(leads(graph, receipt.node_id).values()) == {"wait:1d"}
