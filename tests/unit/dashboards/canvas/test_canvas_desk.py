"""A visitor's desk: what the canvas asks for, where remarks and figures stand, and what is drawn of it."""

from __future__ import annotations

from dashboards.canvas.desk import Desk
from dashboards.canvas.remarks import field_keys, placed
from dashboards.canvas.sketch import ENTRY, Marks, node_id, sketch
from dashboards.canvas.tally import way_labels
from dashboards.canvas.writing import document_of
from dashboards.definition_kinds import Remark
from dashboards.editing import new_draft, open_draft
from kith.settings import Settings


def test_remark__stands_at_the_innermost_step_of_its_field() -> None:
    document = document_of(
        "steps:\n  - wait: 1d\n  - branch: {if: {segment: a}, then: {send: x, by: email}}\n"
    )
    remarks = [
        Remark("error", "one", 3, "steps[1].branch.then.send"),
        Remark("error", "two", 3, "steps[1].branch.if"),
        Remark("error", "three", 1, "enter"),
    ]
    found = placed(remarks, document)
    assert {keys: each[0].message for keys, each in found.items()} == {
        ("steps", 1, "branch", "then", 0): "one",
        ("steps", 1): "two",
        (ENTRY,): "three",
    }
    assert field_keys("steps[10].wait.for[2]") == ("steps", 10, "wait", "for", 2)


def test_ways__are_numbered_as_the_engine_numbers_them() -> None:
    step = {
        "branch": [
            {"if": {"any": [{"segment": "a"}, {"segment": "b"}]}, "then": "end"},
            {"if": {"message": "hello", "was": "opened"}, "then": []},
            {"else": "end"},
        ]
    }
    assert way_labels(step) == [["1", "2"], ["3"], ["else"]]
    assert way_labels({"wait": {"for": "Order Completed", "timeout": "1d"}}) == [["1"], ["timeout"]]
    assert way_labels({"split": [{"share": "40%"}, {"share": "60%"}]}) == [["1"], ["2"]]


def test_desk__undoes_and_redoes_and_gives_twins_ids_of_their_own(settings: Settings) -> None:
    desk = Desk.of(open_draft(settings, "journeys", "retention"))
    block, before = node_id(("steps",)), desk.text
    for _ in range(2):
        desk.asked({"kind": "insert", "block": block, "number": 0, "word": "wait"})
    assert desk.trouble == ""
    assert "- id: wait_2\n    wait: 1d\n  - wait: 1d\n" in desk.text
    desk.asked({"kind": "undo"})
    desk.asked({"kind": "undo"})
    assert desk.text == before
    desk.asked({"kind": "redo"})
    assert desk.text.count("wait: 1d") == 1
    desk.asked({"kind": "remove", "id": node_id(("steps", 0))})
    assert desk.text == before
    desk.asked({"kind": "undo"})  # to the text before, not to one that a later edit has overtaken
    assert desk.text.count("wait: 1d") == 1
    desk.asked({"kind": "redo"})
    desk.asked({"kind": "remove", "id": node_id(("steps", 99))})
    assert "no longer there" in desk.trouble
    assert desk.text == before


def test_desk__draws_a_journey_from_nothing_in_the_manner_of_the_files(settings: Settings) -> None:
    text = 'name: thanks\nstate: draft\nenter: {segment: ""}\nholdout: 10%\nsteps: []\n'
    desk = Desk.of(new_draft(settings, "journeys", "thanks", text))
    for number, word in enumerate(("wait", "send")):
        desk.asked({"kind": "insert", "block": node_id(("steps",)), "number": number, "word": word})
    desk.change(("steps", 1), {"send": "order_care", "by": "email"})
    assert desk.text == text.replace("[]", "\n  - wait: 1d\n  - send: order_care\n    by: email").replace(
        ": \n", ":\n"
    )


def test_sketch__draws_what_is_unfinished() -> None:
    text = "steps:\n  - wait:\n  - {nonsense: 1}\n  - branch:\n  - repeat: {}\n  - 7\n"
    drawn = sketch(document_of(text), Marks())
    assert [each["title"] for each in drawn["steps"]] == [
        "Wait",
        "Unknown step",
        "Condition",
        "Repeat",
        "Unknown step",
    ]
