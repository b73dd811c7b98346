"""Hostile texts and values: each is refused in one sentence that names file, line and field, or answered rightly
by every evaluator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from activation.segments.bitsets.evaluator import evaluate_bits
from activation.segments.evaluation import load_segments
from activation.segments.grammar import SegmentBody
from activation.segments.sql_evaluator import read_segments
from activation.segments.world import World, open_world
from kith.definitions import load_definition
from kith.errors import KithError
from kith.init import initialise
from kith.settings import Settings, load_settings
from tests.unit.segments.hostile_world import TEXTS, people, seen
from tests.unit.segments.world import AS_OF, begin, define


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    settings = load_settings(home=tmp_path_factory.mktemp("hostile") / "home")
    initialise(settings)
    with open_world(settings, begin(settings, AS_OF, people()).snapshot) as opened:
        yield opened


def test_text__finds_exactly_its_own_wherever_it_stands(world: World) -> None:
    places = {
        "attribute": lambda text: {"attribute": "country", "is": text},
        "set": lambda text: {"attribute": "country", "in": [text, "nobody's"]},
        "large_set": lambda text: {"attribute": "country", "in": [text, *(f"no {n}" for n in range(300))]},
        "event": lambda text: {"did": text},
        "value": lambda text: {"did": "X", "where": {"v": text}},
        "large_filter": lambda text: {"did": "X", "where": {"v": {"in": [text, *(f"no {n}" for n in range(300))]}}},
        "sequence": lambda text: {"sequence": [{"did": text}, {"did": text}]},
    }  # fmt: skip
    asked = {
        f"{place}_{n}": who(text)
        for place, who in places.items()
        for n, text in enumerate(TEXTS)
        if text.strip()
    }
    found = seen(world, {name: who for name, who in asked.items() if not name.startswith("sequence")})
    for name, members in found.items():
        assert members == [f"p{int(name.split('_')[-1]):03d}"], name
    assert not any(seen(world, {n: who for n, who in asked.items() if n.startswith("sequence")}).values())


def test_path__finds_a_property_whatever_its_name(world: World) -> None:
    paths = {f"s{n}": text for n, text in enumerate(TEXTS) if "." not in text and text.strip()}
    found = seen(
        world, {name: {"did": "X", "where": {path: {"missing": False}}} for name, path in paths.items()}
    )
    for name, path in paths.items():
        assert f"p{int(name[1:]):03d}" in found[name], path


@pytest.mark.parametrize("text", ["a\0b", "a\x1b[31m", "a\x7f", "a\x9bb", "a\nb", "a\tb"])
@pytest.mark.parametrize(
    "who", ["{{did: {}}}", "{{attribute: country, is: {}}}", "{{did: X, where: {{{}: 1}}}}", "{{list: {}}}",
            "{{random_share: 0.1, salt: {}}}", "{{event: X, sum: {{of: {}, less: 1}}}}"],
)  # fmt: skip
def test_text__with_a_control_character_is_refused(tmp_path: Path, who: str, text: str) -> None:
    file = tmp_path / "odd.yml"
    file.write_text("who:\n  " + who.format(json.dumps(text)))
    with pytest.raises(KithError, match=r"odd\.yml:2: who.* holds the control character U\+00"):
        load_definition(file, SegmentBody)


def test_description__holds_lines_but_no_control_characters(tmp_path: Path) -> None:
    file = tmp_path / "odd.yml"
    file.write_text('description: "two\\nlines\\t\\u202e"\nwho: {did: X}')
    assert load_definition(file, SegmentBody).body.description == "two\nlines\t\u202e"
    file.write_text('description: "a\\0b"\nwho: {did: X}')
    with pytest.raises(KithError, match=r"odd\.yml:1: description: holds the control character U\+0000"):
        load_definition(file, SegmentBody)


WRONG = {
    "{attribute: order_count, at_least: 1" + "0" * 400 + "}": "at_least: is 1000000000",
    "{attribute: order_count, at_least: 1" + "0" * 4000 + "}": "is a number of 4001 digits",
    "{attribute: order_amount, at_least: 1e400}": "is inf; expected a finite number",
    "{attribute: order_amount, at_least: -.inf}": "is -inf; expected a finite number",
    "{attribute: order_amount, between: [.nan, 1]}": "is nan; expected a finite number",
    "{attribute: birthday, greater: 0001-01-01}": "expected a year from 1600 to 9000",
    "{attribute: last_order_at, less: 9999-12-31T23:59:59-12:00}": "expected a date or instant",
    "{attribute: last_order_at, less: '0001-01-01'}": "who.less: 'last_order_at' is a instant",
    "{attribute: country, in: [GB, 5, DE]}": "who.in[1]: 'country' is a text, but it is compared with the number 5",
    "{attribute: country, in: [GB, true]}": "who.in[1]",
    "{attribute: country, in: [[GB]]}": "who.in: is a list; expected a number",
    "{attribute: country, in: {a: 1}}": "who.in: is a mapping; expected a list",
    "{attribute: order_count, in: [1, 1.5]}": "who.in[1]: 'order_count' is a whole number",
    "{attribute: is_bot, is: no}": "'is_bot' is a true or false, but it is compared with the text 'no'",
    "{attribute: order_count, at_least: 010}": "compared with the text '010'",
    "{attribute: order_count, at_least: 0x1F}": "compared with the text '0x1F'",
    "{did: X, where: {v: {in: [1, x, true]}}}": "who.where.v.in: mixes types",
    "{event: X, count: {at_least: 1}, in_each: 36500d, periods: 60}": "looks back 36500 × 60 days",
    "{did: X, where: {" + ", ".join(f"k{n}: 1" for n in range(51)) + "}}": "at most 50 items",
    "{random_share: 0.7, from: 0.30000001, salt: x}": "is no share",
    "{did: " + "x" * 2001 + "}": "who.did: is 2001 characters long; expected at most 2000",
    "{did: X, did: Y}": "who.did: stands twice",
    "&a {all: [*a]}": "*a holds itself",
    '{attribute: "\\u202eyrtnuoc", is: GB}': "there is no attribute '\\u202eyrtnuoc'",
}


@pytest.mark.parametrize(("who", "said"), WRONG.items(), ids=[each[:60] for each in WRONG])
def test_definition__is_refused_in_one_sentence(world: World, tmp_path: Path, who: str, said: str) -> None:
    file = tmp_path / "odd.yml"
    file.write_text(f"description: x\nwho: {who}\n", encoding="utf-8")
    with pytest.raises(KithError) as refused:
        read_segments(world, {"odd": load_definition(file, SegmentBody)})
    assert said in str(refused.value)
    assert "odd.yml:2: " in str(refused.value)
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize(
    "who", ["{attribute: country, is: NO}", "{did: X, where: {v: NO}}", "{did: no, within: 9d}"]
)
def test_norway__is_a_country(world: World, tmp_path: Path, who: str) -> None:
    file = tmp_path / "norway.yml"
    file.write_text(f"who: {who}")
    segments = read_segments(world, {"norway": load_definition(file, SegmentBody)})
    place = TEXTS.index("no" if "did: no" in who else "NO")
    assert evaluate_bits(world, segments).members("norway").to_pylist() == [f"p{place:03d}"]


@pytest.mark.parametrize(
    "name", ["Big.yml", "a'b.yml", "-x.yml", "x y.yml", "é.yml", "x" * 64 + ".yml", "1.yml"]
)
def test_file__whose_name_is_no_name_is_refused(world: World, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_text("who: {did: X}")
    with pytest.raises(KithError, match="is no name of a segment"):
        read_segments(world, {file.stem: load_definition(file, SegmentBody)})


def test_definitions__of_hostile_names_reach_their_files(settings: Settings, tmp_path: Path) -> None:
    """Through YAML as it is written, not only through parsed conditions."""
    asked = {f"s{n}": {"attribute": "country", "is": text} for n, text in enumerate(TEXTS)}
    settings = define(tmp_path, settings)
    for name, who in asked.items():
        text = yaml.safe_dump({"who": who}, default_style='"')
        (settings.definitions / "segments" / f"{name}.yml").write_text(text)
    with open_world(
        settings, begin(settings, datetime(2026, 5, 1, 8, tzinfo=UTC), people()).snapshot
    ) as opened:
        found = evaluate_bits(opened, read_segments(opened, load_segments(settings)))
    for n in range(len(TEXTS)):
        assert found.members(f"s{n}").to_pylist() == [f"p{n:03d}"], TEXTS[n]
