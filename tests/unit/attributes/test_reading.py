"""What a definition may not say; each refusal names file, line and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from activation.segments.catalogue import Catalogue
from activation.segments.computation import json_schema, load_attributes, read_attributes
from activation.segments.terms import Kind
from kith.errors import KithError
from kith.settings import Settings, load_settings
from tests.unit.segments.world import AS_OF

CATALOGUE = Catalogue({"country": Kind.TEXT}, (), columns=frozenset({"country", "profile_id", "tags"}))
GOOD = "type: amount\nevent: Order Completed\nmeasure: sum\nof: total\n"


def write(folder: Path, **texts: str) -> Settings:
    attributes = folder / "definitions" / "attributes"
    attributes.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (attributes / f"{name}.yml").write_text(text, encoding="utf-8")
    return load_settings().model_copy(update={"definitions": folder / "definitions"})


def read(folder: Path, **texts: str):
    return read_attributes(load_attributes(write(folder, **texts)).values(), CATALOGUE, AS_OF)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (GOOD + "colour: red\n", "a.yml:5: colour: no such field"),
        (GOOD.replace("measure: sum", "measure: median"), "a.yml:3: measure: Input should be 'count'"),
        (GOOD.replace("type: amount", "type: money"), "a.yml:1: type: Input should be 'text'"),
        (GOOD.replace("type: amount", "type: whole"), "a.yml:1: type: the sum is no whole; expected amount"),
        (GOOD.replace("event: Order Completed\n", ""), "event: is missing"),
        (GOOD.replace("of: total\n", ""), "of: is missing; expected the property that the sum is made of"),
        (GOOD.replace("sum", "count").replace("amount", "whole"), "a.yml:4: of: the count is made of the events"),
        (GOOD + "within: 3m\n", "a.yml:5: within: '3m' is no number of local days"),
        (GOOD + "within: 0d\n", "a.yml:5: within: '0d' is out of range"),
        (GOOD + "default: 5\n", "a.yml:5: default: the sum of no events is 0 and has no default"),
        (GOOD + "default: false\n", "a.yml:5: default: the sum of no events is 0"),
        (GOOD.replace("sum", "average") + "default: dear\n", "default: the attribute is a number of at most four"),
        (GOOD.replace("sum", "average") + "default: 0.00001\n", "expected a number below 10^14 with at most four"),
        (GOOD.replace("sum", "average") + "default: .nan\n", "a.yml:5: default: is nan; expected a finite number"),
        (GOOD + "where: {colour: {is: red, in: [red]}}\n", "where.colour: has is and in; expected exactly one"),
        (GOOD + "where: {colour: {at_least: red}}\n", "where.colour.at_least: it is compared as text"),
        (GOOD + "where: {'a..b': 1}\n", "where.a..b: 'a..b' is no path of a property"),
        (GOOD.replace("total", "cart..total"), "a.yml:4: of: 'cart..total' is no path"),
        (GOOD + "name: Sum\n", "a.yml:5: name: String should match pattern"),
        (GOOD + "name: country\n", "a.yml:5: name: 'country' is a column of profiles already"),
        (GOOD + "name: tags\n", "'tags' is a column of profiles already"),
        (GOOD + "type: amount\n", "a.yml:5: type: stands twice"),
        ("- 1\n", "holds no mapping"),
    ],
)  # fmt: skip
def test_definition__is_refused_with_file_line_and_field(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(KithError) as refused:
        read(tmp_path, a=text)
    assert told in str(refused.value)


@pytest.mark.parametrize("name", ["country", "profile_id"])
def test_file_name__counts_as_the_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(KithError, match=f"'{name}' is a column of profiles already"):
        read(tmp_path, **{name: GOOD})


def test_file_name__must_be_a_name(tmp_path: Path) -> None:
    with pytest.raises(KithError, match="is no name of an attribute; expected small letters"):
        read(tmp_path, **{"90 days": GOOD})


def test_two_definitions_of_one_name__are_refused(tmp_path: Path) -> None:
    with pytest.raises(KithError, match=r"b\.yml:5: name: attributes has another 'a' in a\.yml"):
        read(tmp_path, a=GOOD, b=GOOD + "name: a\n")


def test_zero__may_be_said_of_what_is_counted(tmp_path: Path) -> None:
    assert read(tmp_path, a=GOOD + "default: 0\n")["a"].default_text == "0.0000"


def test_version__is_of_the_parsed_form(tmp_path: Path) -> None:
    first = read(tmp_path, a=GOOD)["a"].version
    assert read(tmp_path, a="# a comment\n" + GOOD)["a"].version == first
    assert read(tmp_path, a=GOOD + "within: 7d\n")["a"].version != first


def test_schema__names_every_field_and_no_other() -> None:
    schema = json_schema()
    assert schema["additionalProperties"] is False
    assert set(schema["required"]) == {"type", "event", "measure"}
    assert {"name", "description", "of", "where", "within", "default"} <= set(schema["properties"])
