"""A journey's file, opened on the canvas, edited at random and written back: nothing that wasn't touched is lost."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboards.canvas.arms import arms_of, steps_in, walk
from dashboards.canvas.edits import Change, Edit, Insert, Move, Remove, applied
from dashboards.canvas.palette import KINDS
from dashboards.canvas.patching import edited
from dashboards.canvas.writing import Keys, document_of
from kith.errors import KithError
from kith.settings import PROJECT

FILES = sorted(
    [
        *(PROJECT / "activation" / "definitions" / "journeys").glob("*.yml"),
        *(PROJECT / "tests" / "scenarios").glob("*/_journey.yml"),
    ]
)
TEXTS = {f"{path.parent.name}/{path.name}": path.read_text() for path in FILES}
NEW_STEPS = [
    *(kind.start for kind in KINDS),
    {"send": "come_back", "by": ["push", "email"], "otherwise": [{"wait": "2d"}]},
    {"wait": {"for": [{"event": "A: b", "then": "end"}, {"message": "x", "was": "opened"}], "timeout": "3d"}},
    {"emit": "Kind # of", "properties": {"no": "no", "count": "12", "note": "two\nlines", "empty": ""}},
]
REMARKED = """\
# Why this journey is here.
name: remarked  # and under which name

steps:
  # The first letter.
  - send: hello  # not the winter one
    by: [push, email]  # push is cheaper

  # A pause, as agreed.
  - wait: 3d
  - branch:
      # Who reads goes on.
      - {if: {message: hello, was: opened}, then: [{wait: 1d}]}
      - else:
          # Who doesn't is left alone.
          - update_profile: {stage: cold}  # for the others
          - end
  # Nothing comes after this.
stop_when: {event: Order Completed}
"""


def normal(value: Any) -> Any:
    """A document in which every block is a list, as the engine reads it."""
    document = deepcopy(value)
    _open(document, "steps")
    return document


def _open(around: Any, key: Any) -> None:
    block = list(steps_in(around[key] if not isinstance(around, dict) else around.get(key)))
    around[key] = block
    for step in block:
        for arm in arms_of(step):
            if arm.is_told:
                inner = step
                for each in arm.keys[:-1]:
                    inner = inner[each]
                _open(inner, arm.keys[-1])


def blocks_of(document: Any) -> list[tuple[Keys, int]]:
    """Every block, told or not, with how many steps it has."""
    found: list[tuple[Keys, int]] = [(("steps",), len(steps_in(document["steps"])))]
    for keys, step in walk(steps_in(document["steps"]), ("steps",)):
        found += [((*keys, *arm.keys), len(arm.steps)) for arm in arms_of(step)]
    return found


@st.composite
def edits(draw: st.DrawFn, document: Any) -> Edit:
    """An edit that the canvas could ask for."""
    steps = [keys for keys, _ in walk(steps_in(document["steps"]), ("steps",))]
    block, count = draw(st.sampled_from(blocks_of(document)))
    kind = draw(st.sampled_from(["insert", "remove", "move", "change"])) if steps else "insert"
    if kind == "insert":
        return Insert(block, draw(st.integers(0, count)), draw(st.sampled_from(NEW_STEPS)))
    keys = draw(st.sampled_from(steps))
    if kind == "remove":
        return Remove(keys)
    if kind == "move":
        return Move(keys, block, draw(st.integers(0, count)))
    return Change(keys, draw(st.sampled_from(NEW_STEPS)))


@pytest.mark.parametrize("name", TEXTS)
def test_text__opened_and_not_touched_is_the_same(name: str) -> None:
    text = TEXTS[name]
    document = document_of(text)
    for keys, step in walk(steps_in(document["steps"]), ("steps",)):
        assert edited(text, Change(keys, step)) == text


@pytest.mark.parametrize("name", TEXTS)
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_edits__say_in_the_text_what_they_say_in_the_document(name: str, data: st.DataObject) -> None:
    text = TEXTS[name]
    expected = normal(document_of(text))
    for _ in range(data.draw(st.integers(1, 4))):
        edit = data.draw(edits(document_of(text)))
        if isinstance(edit, Move) and edit.block[: len(edit.keys)] == edit.keys:
            with pytest.raises(KithError, match="into itself"):
                edited(text, edit)
            continue
        expected = normal(applied(expected, edit))
        text = edited(text, edit)
        assert normal(document_of(text)) == expected


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_edits__keep_every_remark_that_stands_at_a_step_that_stays(data: st.DataObject) -> None:
    edit = data.draw(edits(document_of(REMARKED)))
    if isinstance(edit, Move) and edit.block[: len(edit.keys)] == edit.keys:
        return
    before, after = (remarks(text) for text in (REMARKED, edited(REMARKED, edit)))
    if isinstance(edit, Insert):
        assert before <= after
    else:
        # What a step or an arm that goes took along stood in its own lines.
        assert {"# Why this journey is here.", "# and under which name"} <= after


def test_move__takes_the_remarks_along_and_leaves_the_other_lines() -> None:
    text = edited(REMARKED, Move(("steps", 0), ("steps",), 2))
    assert (
        text
        == """\
# Why this journey is here.
name: remarked  # and under which name

steps:

  # A pause, as agreed.
  - wait: 3d
  # The first letter.
  - send: hello  # not the winter one
    by: [push, email]  # push is cheaper
  - branch:
      # Who reads goes on.
      - {if: {message: hello, was: opened}, then: [{wait: 1d}]}
      - else:
          # Who doesn't is left alone.
          - update_profile: {stage: cold}  # for the others
          - end
  # Nothing comes after this.
stop_when: {event: Order Completed}
"""
    )


def test_move__back_and_there_again_is_the_same_text() -> None:
    text = REMARKED.replace("\n  # A pause", "  # A pause")
    there = edited(text, Move(("steps", 1), ("steps",), 0))
    assert there.index("A pause") < there.index("The first letter")
    assert edited(there, Move(("steps", 0), ("steps",), 2)) == text


def test_change__of_a_whole_step_leaves_the_remarks_around_it() -> None:
    found = edited(REMARKED, Change(("steps", 0), {"emit": "a, b"}))
    assert found == REMARKED.replace(
        "  - send: hello  # not the winter one\n    by: [push, email]  # push is cheaper\n",
        "  - emit: a, b  # push is cheaper\n",
    )
    shared = edited("steps: [{wait: 1d}]\n", Insert(("steps",), 1, {"emit": "a, b}"}))
    assert shared == 'steps: [{wait: 1d}, {emit: "a, b}"}]\n'
    block = (
        "steps:\n  - branch:\n      - {if: {list: a}, then: end}\n      # below\n# and beside\n  - wait: 1d\n"
    )
    assert "# and beside" in edited(block, Change(("steps", 0, "branch"), "none"))


def test_insert__into_an_arm_that_was_not_told_tells_it() -> None:
    text = "steps:\n  - wait: {for: Order Completed, timeout: 2d}  # patience\n"
    found = edited(text, Insert(("steps", 0, "wait", "else"), 0, {"send": "last_call", "by": "email"}))
    assert found == (
        "steps:\n  - wait: {for: Order Completed, timeout: 2d, else: [{send: last_call, by: email}]}  # patience\n"
    )


def test_edits__refuse_what_anchors_would_break_and_change_nothing() -> None:
    text = "steps:\n  - {id: a, wait: &pause 1d}\n  - {id: b, wait: *pause}\n"
    with pytest.raises(KithError, match="can't be changed here"):
        edited(text, Remove(("steps", 0)))


def remarks(text: str) -> set[str]:
    """The comments of a text."""
    return {line[line.index("#") :].strip() for line in text.splitlines() if "#" in line}


def test_files__are_all_there() -> None:
    assert len(TEXTS) >= 14
    assert any("_journey" in name for name in TEXTS)
    assert Path(FILES[0]).exists()
