"""The builder says again what a file said: of all shipped definitions, of drawn ones, of texts that YAML mistakes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trials

from activation.segments.grammar import SegmentBody
from dashboards.answers.vocabulary import Vocabulary
from dashboards.builder.groups import act, add
from dashboards.builder.tree import (
    condition_of,
    doubled,
    every_node,
    is_complete,
    move,
    read_condition,
)
from dashboards.builder.writing import written
from kith.definitions import load_definition, read_yaml
from kith.settings import PROJECT
from tests.unit.segments.drawn_definitions import definitions

SHIPPED = sorted(
    [
        *(PROJECT / "activation" / "definitions" / "segments").glob("*.yml"),
        *(PROJECT / "tests").rglob("segments/*.yml"),
        *(PROJECT / "sandbox").rglob("segments/*.yml"),
    ]
)


def again(document: dict[str, Any], folder: Path) -> Any:
    """The document after it went through the builder and its text."""
    tree = read_condition(document["who"])
    path = folder / "again.yml"
    path.write_text(written({**document, "who": condition_of(tree)}))
    return read_yaml(path)[0]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda each: f"{each.parent.parent.name}/{each.stem}")
def test_builder__says_again_what_is_shipped(path: Path, tmp_path: Path) -> None:
    before = load_definition(path, SegmentBody)
    text = written({**before.document, "who": condition_of(read_condition(before.document["who"]))})
    (tmp_path / path.name).write_text(text)
    after = load_definition(tmp_path / path.name, SegmentBody)
    assert after.document == before.document
    assert after.version == before.version
    assert after.body == before.body


@given(condition=definitions)
@trials(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
def test_builder__says_again_whatever_the_grammar_has(condition: Any, tmp_path_factory: Any) -> None:
    folder = tmp_path_factory.getbasetemp()
    document = {"description": "Drawn: one.", "who": condition}
    assert again(document, folder) == document


@pytest.mark.parametrize(
    "text",
    ["NO", "on", "02134", "1e5", "12:30", "1_000", "0x1F", "null", "~", "", " a", "a: b", "# no", "- a", "'", '"',
     "2026-05-01", "=", "<<", "12", "-3.5", "true", ".inf", "[x]", "{x}", "*a", "&a", "!a", "%a", "@a", "`a", "é",
     "\u202eabc", "\ufeffx", "x" * 300, "long words " * 30, "?", "| a", "> a", "a #b", "NaN", "1.", "+1", ".5",
     "a\u2028b"],
)  # fmt: skip
def test_written__keeps_a_text_a_text(text: str, tmp_path: Path) -> None:
    document = {"who": {"any": [{"attribute": "city", "is": text}, {"attribute": "city", "in": [text, "x"]}]}}
    assert again(document, tmp_path) == document


@pytest.mark.parametrize("value", [1, 0, -5, 1.5, 0.6, 1e-9, 10**17, 1e16, True, False, 12.0])
def test_written__keeps_a_number_a_number(value: Any, tmp_path: Path) -> None:
    found = again({"who": {"attribute": "spent", "is": value}}, tmp_path)["who"]["is"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    "prose", ["Two\nlines.", "A tab\there", "  spaced ", "words " * 40, "trailing\n", "a\n\nb\n"]
)
def test_written__keeps_a_description(prose: str, tmp_path: Path) -> None:
    document = {"name": "a", "description": prose, "guard": False, "who": {"did": "A"}}
    assert again(document, tmp_path) == document


def test_tree__edits_keep_the_rest() -> None:
    tree = read_condition({"all": [{"did": "A"}, {"any": [{"did": "B"}, {"did": "C", "within": "2w"}]}]})
    tree.children[1].children[0].said["within"] = "7d"
    move(tree.children, tree.children[1], -1)
    move(tree.children, tree.children[0], -1)  # already the first
    twin = doubled(tree.children[1])
    tree.children.append(twin)
    twin.said["did"] = "Z"
    assert condition_of(tree) == {
        "all": [
            {"any": [{"did": "B", "within": "7d"}, {"did": "C", "within": "2w"}]},
            {"did": "A"},
            {"did": "Z"},
        ]
    }
    assert len({node.number for node, _ in every_node(tree)}) == 6


def test_tree__a_condition_alone_becomes_a_group_when_another_is_added() -> None:
    leaf = read_condition({"did": "A", "within": "2w"})
    assert condition_of(leaf) == {"did": "A", "within": "2w"}
    add(leaf, "segment", Vocabulary(segments={"vip": 3}))
    assert condition_of(leaf) == {"all": [{"did": "A", "within": "2w"}, {"segment": "vip"}]}


def test_tree__acts_on_the_one_of_two_equal_conditions() -> None:
    tree = read_condition({"all": [{"did": "A"}, {"did": "B"}, {"did": "A"}]})
    act("Move up", tree.children[2], tree.children)
    assert [each.said["did"] for each in tree.children] == ["A", "A", "B"]
    act("Remove", tree.children[1], tree.children)
    act("Put into a group", tree.children[1], tree.children)
    assert condition_of(tree) == {"all": [{"did": "A"}, {"any": [{"did": "B"}]}]}
    act("Duplicate", tree.children[1], tree.children)
    act("Dissolve the group", tree.children[1], tree.children)
    assert condition_of(tree) == {"all": [{"did": "A"}, {"did": "B"}, {"any": [{"did": "B"}]}]}


def test_tree__an_empty_group_is_no_condition_yet() -> None:
    assert not is_complete(read_condition({"all": [{"did": "A"}, {"none": []}]}))
    assert is_complete(read_condition({"all": [{"did": "A"}]}))
