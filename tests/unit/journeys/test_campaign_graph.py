"""Campaigns of every kind become graphs."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from activation.journeys.campaign import Campaign
from activation.journeys.campaign_graph import compile_campaign
from activation.journeys.graph import (
    EXIT,
    Contest,
    Delay,
    EventEntry,
    EventMatch,
    Experiment,
    Graph,
    LaunchEntry,
    Message,
    PropertyFilter,
    Reentry,
    ScheduleEntry,
    UntilLocal,
)
from activation.journeys.programme import load_programme
from activation.journeys.versions import kept_graphs
from kith.definitions import load_definition
from kith.errors import KithError
from kith.lake import Home
from kith.settings import Settings

DAY, HOUR = 86_400_000_000, 3_600_000_000
TAIL = """
    name: c
    state: live
    by: email
    goal: {event: Order Completed, within: 7d}
"""


def compiled(folder: Path, text: str, holdout: str = "holdout: 10%") -> Graph:
    path = folder / "c.yml"
    path.write_text(dedent(TAIL) + dedent(text) + holdout + "\n")
    return compile_campaign(load_definition(path, Campaign), "UTC", ("marketing",))


def leads(graph: Graph, node_id: str) -> dict[str, str]:
    return {each.label: each.to for each in graph.edges if each.node_id == node_id}


def test_winback__is_a_graph_of_one_message(settings: Settings) -> None:
    programme = load_programme(settings)
    graph = programme.graphs["winback"]
    assert [type(each) for each in graph.nodes] == [Message]
    assert (graph.first, leads(graph, graph.first)) == ("message:winback_offer", {"next": EXIT})
    launch = 1_777_622_400_000_000
    assert graph.entry == LaunchEntry("churn_risk", launch, launch + 24 * HOUR)
    assert (graph.holdout, graph.caps, graph.priority) == (0.1, ("marketing",), 100)
    assert {"winback", "cart_text"} <= {each.journey for each in programme.live_graphs()}


def test_recurring__comes_again_with_each_occurrence(tmp_path: Path) -> None:
    graph = compiled(tmp_path, "to: s\nschedule: monthly 1 09:00\nfrom: 1970-01-02\nsend: news\n")
    assert graph.entry == ScheduleEntry("s", "monthly 1 09:00", "UTC", DAY, 1 << 60)
    assert graph.reentry == Reentry("always")


def test_triggered__answers_an_event_of_the_audience(tmp_path: Path) -> None:
    graph = compiled(
        tmp_path, "to: s\nwhen: {event: Cart Left, where: {total: {greater: 9}}, key: cart}\nsend: news\n"
    )
    assert graph.entry == EventEntry(
        EventMatch("Cart Left", (PropertyFilter("total", "greater", 9),)), "cart"
    )
    assert leads(graph, "branch:s") == {"1": "message:news", "else": EXIT}


def test_transactional__holds_nobody_out_and_obeys_no_cap(tmp_path: Path) -> None:
    text = "when: {event: Order Completed, key: order_id}\nsend: receipt\npurpose: transactional\n"
    graph = compiled(tmp_path, text, holdout="")
    assert (graph.holdout, graph.caps, graph.reentry) == (0.0, (), Reentry("always"))
    assert isinstance(graph.nodes[0], Message)
    assert graph.nodes[0].is_transactional


def test_local_time__is_waited_for_with_each_person(tmp_path: Path) -> None:
    graph = compiled(tmp_path, "to: s\nlaunch_at: 1970-01-02\nat: 09:00\nsend: news\n")
    assert graph.nodes[0] == UntilLocal("wait:until", "wait:until", 9 * HOUR)
    best = compiled(tmp_path, "to: s\nlaunch_at: 1970-01-02\nat: best_hour\nwithin: 12h\nsend: news\n")
    assert isinstance(best.nodes[0], Message)
    assert (best.nodes[0].best_hour, best.nodes[0].best_within) == (True, 12 * HOUR)


VARIANTS = """
    to: s
    launch_at: 1970-01-02
    variants:
      - {variant: a, send: one, share: %s}
      - {variant: b, send: two, share: %s}
    winner: {by: Order Completed, within: 3h}
"""


def test_variants__are_an_experiment_before_the_messages(tmp_path: Path) -> None:
    graph = compiled(tmp_path, VARIANTS % ("50%", "50%"))
    assert graph.nodes[0] == Experiment(
        "experiment:c", "experiment:c", "c", (5000, 5000), ("a", "b"), Contest("Order Completed", 3 * HOUR)
    )
    assert leads(graph, "experiment:c") == {"1": "message:one", "2": "message:two"}


def test_variants__of_a_part_leave_the_rest_to_the_winner(tmp_path: Path) -> None:
    graph = compiled(tmp_path, VARIANTS % ("10%", "5%") + "    rest_after: 4h\n")
    first, wait, rest, *_ = graph.nodes
    told = Contest("Order Completed", 3 * HOUR, decided_after=4 * HOUR)
    assert first == Experiment("experiment:c", "experiment:c", "c", (1000, 500, 8500), ("a", "b", ""), told)
    assert wait == Delay("wait:rest", "wait:rest", 4 * HOUR)
    assert rest == Experiment("experiment:c:rest", "experiment:c", "c:rest", (6667, 3333), ("a", "b"), told)
    assert leads(graph, "experiment:c")["3"] == "wait:rest"
    assert leads(graph, "experiment:c:rest") == {"1": "message:one", "2": "message:two"}


def test_variants__of_a_part_need_their_result_before_the_rest_go_on(tmp_path: Path) -> None:
    with pytest.raises(KithError, match="no result is in after 3h"):
        compiled(tmp_path, VARIANTS % ("10%", "5%") + "    rest_after: 3h\n")


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("to: s\nsend: x\n", "launch_at"),
        ("to: s\nlaunch_at: 1970-01-02\nschedule: daily 09:00\nsend: x\n", "schedule"),
        ("launch_at: 1970-01-02\nsend: x\n", "to"),
        ("to: s\nlaunch_at: 1970-01-02\n", "send"),
        ("to: s\nlaunch_at: 1970-01-02\nsend: x\nrest_after: 1h\n", "rest_after"),
        ("to: s\nschedule: daily 09:00\nfrom: 1970-01-03\nuntil: 1970-01-02\nsend: x\n", "until"),
        ("when: {event: E, again: once, again_after: 2d}\nsend: x\n", "when"),
        (VARIANTS % ("50%", "40%"), "variants"),
        (VARIANTS % ("50%", "50%") + "    rest_after: 4h\n", "rest_after"),
        ((VARIANTS % ("50%", "50%")).replace("variant: b", "variant: a"), "variants"),
        ((VARIANTS % ("50%", "50%")).replace("send: two", "send: one"), "variants"),
        (
            (VARIANTS % ("50%", "50%")).replace("    winner: {by: Order Completed, within: 3h}\n", ""),
            "winner",
        ),
    ],
)
def test_campaign__that_can_t_run_is_told_by_file_and_field(tmp_path: Path, text: str, field: str) -> None:
    with pytest.raises(KithError) as raised:
        compiled(tmp_path, text)
    assert (raised.value.where or "").endswith(f": {field}")


def test_versions__keep_the_graph_under_which_people_entered(settings: Settings) -> None:
    assert kept_graphs(Home(settings.home)) == {}
