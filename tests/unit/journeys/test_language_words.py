"""The words beyond the core: ranking, experiments, loops, effects, throttles, sub-journeys."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

import pytest

from activation.journeys.graph import (
    EXIT,
    Branch,
    Contest,
    Effect,
    Experiment,
    Graph,
    Message,
    Ranked,
    Window,
)
from activation.journeys.language.blocks import words
from activation.journeys.language.compilation import compile_journey
from activation.journeys.language.journey import JourneyBody
from kith.definitions import load_definition
from kith.errors import KithError

HOUR = 3_600_000_000


def compiled(folder: Path, text: str, head: str = "enter: {segment: s}", **parts: str) -> Graph:
    path = folder / "j.yml"
    path.write_text(f"{head}\nsteps:\n{indent(dedent(text).strip(), '  ')}\n")
    known = {}
    for name, part in parts.items():
        (folder / f"{name}.yml").write_text(dedent(part))
        known[name] = load_definition(folder / f"{name}.yml", JourneyBody)
    return compile_journey(load_definition(path, JourneyBody), parts=known)


def leads(graph: Graph, node_id: str) -> dict[str, str]:
    return {each.label: each.to for each in graph.edges if each.node_id == node_id}


def test_words__are_found_by_their_files() -> None:
    assert set(words()) == {
        *(
            "audience",
            "branch",
            "emit",
            "experiment",
            "flag",
            "journey",
            "only_between",
            "rank",
            "repeat",
            "send",
        ),
        *("split", "throttle", "update_profile", "wait"),
    }
    for word, grammar in words().items():
        assert word in grammar.model_fields, "the first field is named after the word"
        assert grammar.__doc__


def test_rank__goes_where_the_value_is_greatest(tmp_path: Path) -> None:
    graph = compiled(
        tmp_path,
        """
        - rank:
            - {score: shoes, then: [{wait: 1h}]}
            - {attribute: books, then: end}
            - {else: [{wait: 2h}]}
          id: r
        """,
    )
    assert graph.nodes[0] == Ranked("r", "r", (("score", "shoes"), ("attribute", "books")))
    assert leads(graph, "r") == {"1": "wait:1h", "2": EXIT, "else": "wait:2h"}


def test_experiment__names_its_variants(tmp_path: Path) -> None:
    graph = compiled(
        tmp_path,
        """
        - experiment: size
          variants:
            - {variant: ten, share: 25%, then: [{wait: 1h}]}
            - {variant: nothing, share: 75%}
          winner: {by: Order Completed}
        """,
    )
    assert graph.nodes[0] == Experiment(
        "experiment:size",
        "experiment:size",
        "size",
        (2500, 7500),
        ("ten", "nothing"),
        Contest("Order Completed", 7 * 24 * HOUR),
    )
    assert leads(graph, "experiment:size") == {"1": "wait:1h", "2": EXIT}


def test_repeat__is_written_out_lap_by_lap(tmp_path: Path) -> None:
    graph = compiled(
        tmp_path,
        """
        - repeat:
            at_most: 3
            until: {did: Order Completed, within: 7d}
            steps:
              - {send: reminder, by: email}
              - wait: 2d
        - wait: 1h
        """,
    )
    ids = [each.node_id for each in graph.nodes]
    assert len(ids) == len(set(ids)) == 3 * 2 + 2 + 1
    assert [each.node_id for each in graph.nodes if each.step_id == "message:reminder"] == [
        "message:reminder",
        "message:reminder#2",
        "message:reminder#3",
    ]
    asked = [each for each in graph.nodes if isinstance(each, Branch)]
    assert leads(graph, asked[0].node_id) == {"1": "wait:1h", "else": "message:reminder#2"}
    assert leads(graph, "wait:2d#3") == {"next": "wait:1h"}


def test_repeat__until_a_message_was_withheld_parks_it_in_every_lap(tmp_path: Path) -> None:
    graph = compiled(
        tmp_path,
        """
        - repeat:
            at_most: 2
            until: {message: reminder, was: withheld}
            steps: [{send: reminder, by: email}, {wait: 2d}]
        """,
    )
    messages = [each for each in graph.nodes if isinstance(each, Message)]
    assert [(each.parks, leads(graph, each.node_id)) for each in messages] == [
        (True, {"sent": "wait:2d", "dropped": "wait:2d"}),
        (True, {"sent": "wait:2d#2", "dropped": "wait:2d#2"}),
    ]


def test_repeat__inside_another_has_nodes_of_its_own_in_each_lap(tmp_path: Path) -> None:
    inner = "repeat: {at_most: 2, steps: [{wait: 1h}]}"
    graph = compiled(tmp_path, f"- repeat: {{at_most: 3, steps: [{{{inner}}}, {{wait: 2h}}]}}\n  id: outer")
    ids = [each.node_id for each in graph.nodes]
    assert len(ids) == len(set(ids)) == 3 * (2 + 1)


def test_only_between__is_a_window(tmp_path: Path) -> None:
    graph = compiled(tmp_path, "- only_between: [21:00, 00:00]\n  on: weekends\n  id: w")
    assert graph.nodes == (Window("w", "w", 21 * HOUR, 24 * HOUR, 0b1100000),)


def test_effects__say_what_they_cause(tmp_path: Path) -> None:
    graph = compiled(
        tmp_path,
        """
        - emit: Reminder Due
          properties: {kind: renewal, tries: [1, 2]}
        - update_profile: {stage: done}
        - audience: lookalikes
          change: remove
        - flag: new_checkout
        """,
    )
    found = [(each.what, each.payload) for each in graph.nodes if isinstance(each, Effect)]
    assert found == [
        ("event", {"event": "Reminder Due", "properties": {"kind": "renewal", "tries": [1, 2]}}),
        ("traits", {"traits": {"stage": "done"}}),
        ("audience", {"audience": "lookalikes", "change": "remove"}),
    ]


def test_throttle__is_shared_by_the_messages_inside(tmp_path: Path) -> None:
    graph = compiled(
        tmp_path,
        """
        - throttle: 500 per 1h
          steps:
            - {send: one, by: push, tags: [news]}
            - {send: two, by: email}
        - {send: three, by: email}
        """,
    )
    rates = [(each.rate, each.tags) for each in graph.nodes if isinstance(each, Message)]
    tag = "throttle:j:throttle:500 per 1h"
    assert rates == [("500 per 1h", ("news", tag)), ("500 per 1h", (tag,)), ("", ())]


PART = """
    arguments: {offer: thanks, hours: 2h}
    steps:
      - wait: ${hours}
      - {send: "${offer}", by: email}
      - branch: {if: {message: "${offer}", was: opened}, then: end}
"""


def test_sub_journey__is_written_out_in_its_place(tmp_path: Path) -> None:
    text = """
        - journey: review
        - journey: review
          id: again
          with: {offer: please, hours: 3h}
        - {send: last, by: email}
    """
    graph = compiled(tmp_path, text, review=PART)
    assert [each.node_id for each in graph.nodes] == [
        *("review/wait:2h", "review/message:thanks", "review/branch:thanks opened"),
        *("again/wait:3h", "again/message:please", "again/branch:please opened", "message:last"),
    ]
    assert leads(graph, "review/branch:thanks opened") == {"1": EXIT, "else": "again/wait:3h"}
    assert graph.version != load_definition(tmp_path / "j.yml", JourneyBody).version


@pytest.mark.parametrize(
    ("text", "parts", "line", "problem"),
    [
        ("- journey: nowhere", {}, 3, "there is no journey nowhere"),
        ("- journey: a", {"a": "steps: [{journey: a}]"}, 1, "holds itself: a in a in j"),
        ("- journey: a", {"a": "enter: {segment: s}\nsteps: end"}, 3, "a has a way in of its own"),
        ("- {journey: a, with: {b: 1}}", {"a": "steps: end"}, 3, "a takes no argument b"),
        (
            "- {journey: a, with: {b: 1}}",
            {"a": "arguments: {b: 2h}\nsteps: [{wait: '${b}'}]"},
            3,
            "a can't be told this",
        ),
        ("- journey: a\n- journey: a", {"a": "steps: [{wait: 1h}]"}, 4, "two steps have the id 'a'"),
    ],
)
def test_sub_journey__a_mistake_names_its_place(
    tmp_path: Path, text: str, parts: dict[str, str], line: int, problem: str
) -> None:
    with pytest.raises(KithError) as raised:
        compiled(tmp_path, text, **parts)
    assert raised.value.problem.startswith(problem)
    assert f".yml:{line}: steps" in (raised.value.where or "")


def test_hole__without_an_argument_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KithError, match="stands for no argument"):
        compiled(tmp_path, '- {send: "${offer}", by: email}')
