"""What the grammar and the catalogue refuse, each with file, line and field."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from activation.segments.evaluation import load_segments
from activation.segments.grammar import DEEPEST, SegmentBody, json_schema
from activation.segments.sql_evaluator import read_segments
from activation.segments.world import World, open_world
from kith.definitions import load_definition
from kith.errors import KithError
from kith.init import initialise
from kith.settings import load_settings
from tests.unit.segments.world import AS_OF, Person, begin


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A snapshot of one person."""
    settings = load_settings(home=tmp_path_factory.mktemp("grammar") / "home")
    initialise(settings)
    with open_world(settings, begin(settings, AS_OF, [Person("p1")]).snapshot) as opened:
        yield opened


def _read(world: World, tmp_path: Path, *texts: str) -> None:
    """Read files s1.yml, s2.yml … against the world."""
    folder = tmp_path / "definitions" / "segments"
    folder.mkdir(parents=True)
    for number, text in enumerate(texts, 1):
        (folder / f"s{number}.yml").write_text(text, encoding="utf-8")
    settings = load_settings().model_copy(update={"definitions": tmp_path / "definitions"})
    read_segments(world, load_segments(settings))


def _all(*leaves: str) -> str:
    return "name: s1\nwho:\n  all:\n" + "".join(f"    - {leaf}\n" for leaf in leaves)


REFUSED = {
    "{attribute: contry, is: GB}": "who.all[0].attribute: there is no attribute 'contry'; expected country",
    "{attribute: country, is: 5}": "who.all[0].is: 'country' is a text, but it is compared with the number 5",
    "{attribute: country, at_least: 5}": "who.all[0].at_least: 'country' is a text; expected one of is,",
    "{attribute: order_count, is: '5'}": "is a whole number, but it is compared with the text '5'",
    "{attribute: order_count, at_least: 1.5}": "expected a whole number",
    "{attribute: order_count, at_least: 99999999999999999999}": "expected at most 18 digits",
    "{attribute: order_amount, at_least: .inf}": "is inf; expected a finite number",
    "{attribute: order_amount, at_least: .nan}": "is nan; expected a finite number",
    "{attribute: order_amount, at_least: 0.0000000001}": "9 after",
    "{attribute: average_order_amount, is: 0.1}": "is a number; expected one of greater",
    "{attribute: is_bot, is: 'no'}": "expected true or false",
    "{attribute: birthday, greater: soon}": "expected a date such as 2026-05-01",
    "{attribute: birthday, within: 3h}": "'3h' is no number of local days",
    "{attribute: birthday, within: 0d}": "expected 1d to 36500d",
    "{attribute: last_order_at, at_least: 2026-13-01}": "expected a date or instant",
    "{attribute: country, within: 30d}": "'country' is a text; expected one of",
    "{attribute: profile_id, is: x}": "there is no attribute 'profile_id'",
    "{attribute: country}": "has no comparison; expected exactly one of is, is_not",
    "{attribute: country, is: GB, is_not: DE}": "has is and is_not; expected exactly one of",
    "{attribute: country, equals: GB}": "who.all[0].equals: no such field",
    "{attribute: country, in: []}": "who.all[0].in: is empty; expected at least one value",
    "{attribute: country, in: [GB, null]}": "is nothing; expected a number",
    "{attribute: country, in: GB}": "expected a list of values",
    "{attribute: country, contains: ''}": "is empty, which everything contains",
    '{attribute: country, is: "a\\0b"}': "holds the control character U+0000",
    '{attribute: country, is: "a\\nb"}': "holds the control character U+000A",
    "{event: Order Completed}": "who.all[0]: has no measure; expected exactly one of count, days",
    "{event: X, count: {is: 1}, sum: {of: total, less: 3}}": "has count and sum; expected exactly one of",
    "{event: X, sum: {at_least: 3}}": "who.all[0].sum.of: is missing",
    "{event: X, sum: {of: total, is: 3}}": "who.all[0].sum.is: no such field",
    "{event: X, average: {of: total, less: 0.00001}}": "at most four fractional digits",
    "{event: X, maximum: {of: total, less: 100000000000000}}": "expected a number below 10^14",
    "{message: any}": "has not exactly one of was and was_not",
    "{message: any, was: opened, was_not: clicked}": "has not exactly one of was and was_not",
    "{message: any, was: seen}": "who.all[0].was",
    "{message: any, was: opened, campaign: a, journey: b}": "has campaign and journey; expected one of them",
    "{message: any, was_not: opened, count: {at_least: 1}}": "expected was beside count",
    "{message: any, was: sent, of_last: 3}": "expected it beside an answer to a message, not sent",
    "{message: any, was: converted, of_last: 3}": "expected it beside an answer to a message, not converted",
    "{message: any, was: converted, count: {is: 1}}": "expected none beside converted",
    "{message: any, was: opened, gap: 3d}": "has by or gap; expected them beside converted alone",
    "{message: any, was: opened, by: Signed Up}": "has by or gap; expected them beside converted alone",
    "{message: any, was: opened, of_last: 0}": "who.all[0].of_last",
    "{message: any, was: opened, of_last: 101}": "who.all[0].of_last",
    "{message: any, was: opened, count: {of: url, is: 1}}": "who.all[0].count.of: no such field",
    "{event: X, first: {older_than: 3h}}": "'3h' is no number of local days",
    "{event: X, last: {at_least: soon}}": "expected a date or instant",
    "{event: X, distinct: {of: a..b, is: 1}}": "'a..b' is no path of a property",
    "{event: X, count: {is: 1}, in_each: 7d}": "has one of in_each and periods; expected both",
    "{event: X, count: {is: 1}, in_each: 7d, periods: 1}": "greater than or equal to 2",
    "{event: X, count: {is: 1}, in_each: 7d, periods: 4, within: 30d}": "has within and in_each",
    "{sequence: [{did: X}]}": "who.all[0].sequence",
    "{sequence: [{did: X}, {did: Y}, {did: Z}]}": "who.all[0].sequence",
    "{sequence: [{did: X}, {did: Y}], gap: 3}": "expected a span such as 3d, 12h or 30m",
    "{sequence: [{did: X}, {did: Y}], gap: 99999999999999999999d}": "is no span; expected one such as 3d",
    "{sequence: [{did: X}, {did: Y}], gap: 0d}": "is out of range; expected more than nothing",
    "{consent: marketing, channel: email, is: perhaps}": "who.all[0].is",
    "{consent: marketing, is: granted}": "who.all[0].channel: is missing",
    "{random_share: 0.6, from: 0.5, salt: a}": "is no share; expected random_share above 0",
    "{random_share: 0, salt: a}": "is no share",
    "{random_share: 0.1}": "who.all[0].salt: is missing",
    "{score: churn, top_percent: 101, fallback: {did: X}}": "expected more than 0 and at most 100",
    "{attribute: last_order_at, anniversary_within: 7d}": "'last_order_at' is a instant; expected one of",
    "{event: Order Completed, count: {at_least: -1}}": "greater than or equal to 0",
    "{event: Order Completed, count: {at_least: 1.5}}": "expected a whole number",
    "{event: Order Completed, count: 3}": "who.all[0].count",
    "{did: ''}": "is empty; expected a name",
    "{did: X, attribute: country, is: GB}": "who.all[0].did: no such field",
    "{did: X, where: {a..b: 1}}": "'a..b' is no path of a property",
    "{did: X, where: {a: {in: [1, x]}}}": "mixes types",
    "{did: X, where: {a: {within: 3d}}}": "who.all[0].where.a.within: no such field",
    "{score: churn, at_least: 0.5}": "who.all[0].fallback: is missing",
    "{score: churn, at_least: high, fallback: {did: X}}": "expected a number",
    "{score: churn, at_least: 1, fallback: {attribute: nope, is: x}}": "who.all[0].fallback.attribute",
    "{segment: nobody}": "s1.yml:4: who.all[0].segment: there is no segment 'nobody'",
    "{any: []}": "at least 1 item",
    "{any: {did: X}}": "who.all[0].any",
    "{nothing: 1}": "is no condition; expected a mapping with one of all, any, none, attribute",
    "just text": "is no condition",
    "[]": "is no condition",
}


@pytest.mark.parametrize(("leaf", "said"), REFUSED.items())
def test_grammar__refuses_with_file_line_and_field(
    world: World, tmp_path: Path, leaf: str, said: str
) -> None:
    with pytest.raises(KithError) as refused:
        _read(world, tmp_path, _all(leaf))
    assert said in str(refused.value)
    assert "s1.yml:4: who.all[0]" in str(refused.value)


def test_grammar__refuses_a_circle_where_it_begins(world: World, tmp_path: Path) -> None:
    texts = [
        "who:\n  any:\n    - {did: X}\n    - none: [{segment: s2}]\n",
        "who: {segment: s3}\n",
        "who: {segment: s1}\n",
    ]
    with pytest.raises(KithError, match=r"s1\.yml:4: who\.any\[1\]\.none\[0\]\.segment: .*s1 → s2 → s3 → s1"):
        _read(world, tmp_path, *texts)


def test_grammar__refuses_a_segment_that_asks_for_itself(world: World, tmp_path: Path) -> None:
    with pytest.raises(KithError, match=r"s1\.yml:1: who\.segment: .*s1 → s1"):
        _read(world, tmp_path, "who: {segment: s1}\n")


@pytest.mark.parametrize("depth", [DEEPEST * 3, 1_000, 5_000])
def test_grammar__refuses_any_depth_of_nesting_in_one_sentence(tmp_path: Path, depth: int) -> None:
    file = tmp_path / "deep.yml"
    file.write_text("who: " + "{all: [" * depth + "{did: X}" + "]}" * depth)
    with pytest.raises(KithError, match=r"deep\.yml.*(too large|too deeply)"):
        load_definition(file, SegmentBody)


def test_grammar__takes_the_depth_that_it_promises(world: World, tmp_path: Path) -> None:
    depth = DEEPEST - 1
    _read(world, tmp_path, "who: " + "{all: [" * depth + "{did: X}" + "]}" * depth)


def test_grammar__refuses_a_set_larger_than_it_promises(world: World, tmp_path: Path) -> None:
    values = ", ".join(str(n) for n in range(100_001))
    with pytest.raises(KithError, match="holds 100001 values; expected at most 100000"):
        _read(world, tmp_path, _all(f"{{attribute: order_count, in: [{values}]}}"))


NO_DEFINITIONS = (
    "", "who", "- who", "who:", "name: 5\nwho: {did: X}", "name: Big Name\nwho: {did: X}",
    "who: {did: X}\nwhat: 1", "who: {did: X}\nwho: {did: Y}", "who: {did: !!python/name:os.system}",
)  # fmt: skip


@pytest.mark.parametrize("text", NO_DEFINITIONS)
def test_grammar__refuses_what_is_no_definition(tmp_path: Path, text: str) -> None:
    file = tmp_path / "odd.yml"
    file.write_text(text)
    with pytest.raises(KithError, match=r"odd\.yml"):
        load_definition(file, SegmentBody)


def test_json_schema__describes_the_definitions_of_the_house() -> None:
    schema = json_schema()
    assert {"name", "description", "who"} <= set(schema["properties"])
    keys: set[str] = set()
    for file in sorted((load_settings().definitions / "segments").glob("*.yml")):
        keys |= _keys(yaml.safe_load(file.read_text())["who"])
    known = {key for each in schema["$defs"].values() for key in each.get("properties", {})}
    assert keys <= known
    json.dumps(schema)


def _keys(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {key for each in value.values() for key in _keys(each)}
    return {key for each in value for key in _keys(each)} if isinstance(value, list) else set()


def test_definitions_of_the_house__are_read() -> None:
    assert {"churn_risk", "new_browsers"} <= set(load_segments(load_settings()))
