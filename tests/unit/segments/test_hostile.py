"""Hostile definitions: each is refused in one sentence that names file, line and field, or answered rightly by
every evaluator."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from activation.segments.bitsets.evaluator import evaluate_bits
from activation.segments.evaluation import load_segments
from activation.segments.explain import judge
from activation.segments.grammar import DEEPEST, SegmentBody
from activation.segments.grammar.segment import MOST_CONDITIONS
from activation.segments.ordering import DEEPEST_TOGETHER
from activation.segments.person.compiled import Compiled
from activation.segments.person.reading import read_facts
from activation.segments.sql_evaluator import evaluate_sql, moment_of, read_segments
from activation.segments.world import World, open_world
from kith.definitions import load_definition
from kith.errors import KithError
from kith.init import initialise
from kith.settings import Settings, load_settings
from tests.unit.segments.differential import definition
from tests.unit.segments.world import AS_OF, Person, begin, define

DAY = timedelta(days=1)
# One person for each text that could end a literal, hide its end, turn it around or be taken for something else.
TEXTS = [
    "'", "''", '"', "\\", "\\'", "'; DROP TABLE profiles; --", "/* x */", "--", "$1", "?", "{x}", "%s", "${HOME}",
    "\u202egnol", "\u2066x\u2069", "\u200b", "\ufeff", "a\u0301", "\u1e9e", "İ", "ﬁ", "👩\u200d👧", "\U0010ffff", "日本",
    "NO", "no", "null", "true", "02134", "1e3", "2026-05-01", ".inf", "12:30", "~", "*x", "&x", "!x", "|", ">", "- a",
    "a: b", "# a", " a", "a ", "\u00a0", "x" * 2_000,
]  # fmt: skip

# Landing keeps text in NFC; a definition may be written in any form.
LANDED = [unicodedata.normalize("NFC", text) for text in TEXTS]


def people() -> list[Person]:
    found = [
        Person(
            f"p{n:03d}", country=text, order_count=n, order_amount=Decimal(n) / 4,
            events=[(text, AS_OF - DAY, {"v": text}), ("X", AS_OF - DAY, {"v": text, text.replace(".", ""): n})],
        )
        for n, text in enumerate(LANDED)
    ]  # fmt: skip
    return [*found, Person("nobody")]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    settings = load_settings(home=tmp_path_factory.mktemp("hostile") / "home")
    initialise(settings)
    with open_world(settings, begin(settings, AS_OF, people()).snapshot) as opened:
        yield opened


def seen(world: World, definitions: dict[str, Any]) -> dict[str, list[str]]:
    """Whom every evaluator sees in each condition; that they see the same is asserted."""
    segments = read_segments(world, {name: definition(name, who) for name, who in definitions.items()})
    by_sql, by_bits = evaluate_sql(world, segments), evaluate_bits(world, segments)
    one = Compiled(segments, moment_of(world, [each.tree for each in segments.values()]))
    ids = by_sql.profile_ids.to_pylist()
    by_one = {id_: set(one.members(facts, AS_OF)) for id_, facts in read_facts(world, segments, ids).items()}
    found = {name: by_sql.members(name).to_pylist() for name in segments}
    assert {name: by_bits.members(name).to_pylist() for name in segments} == found
    assert {name: [id_ for id_ in ids if name in by_one[id_]] for name in segments} == found
    for name in list(segments)[:3]:
        assert judge(world, segments, segments[name].tree, "p000").is_true == ("p000" in found[name])
    return found


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
    import json

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


def nested(depth: int, word: str = "none") -> dict[str, Any]:
    who: dict[str, Any] = {"attribute": "country", "is": "NO"}
    for _ in range(depth - 1):
        who = {word: [who]}
    return who


def test_nesting__as_deep_as_promised_has_its_answer(world: World) -> None:
    found = seen(world, {"odd": nested(DEEPEST), "even": nested(DEEPEST - 1), "all": nested(DEEPEST, "all")})
    [norway] = found["all"]
    assert found["even"] == [norway]
    assert norway not in found["odd"]
    assert len(found["odd"]) == len(TEXTS)


@pytest.mark.parametrize("depth", [DEEPEST + 1, 100, 1_000, 10_000])
def test_nesting__beyond_it_is_refused(tmp_path: Path, depth: int) -> None:
    file = tmp_path / "deep.yml"
    for opening, closing in (("{none: [", "]}"), ("{score: s, less: 1, fallback: ", "}")):
        file.write_text("who:\n  " + opening * depth + "{did: X}" + closing * depth)
        with pytest.raises(KithError, match=r"deep\.yml:[12].* nested too deeply; expected at most"):
            load_definition(file, SegmentBody)


def test_nesting__through_other_segments_is_as_deep_as_if_they_were_one(world: World) -> None:
    def chain(length: int) -> dict[str, Any]:
        asked = {f"s{n}": {"none": [{"segment": f"s{n - 1}"}]} for n in range(1, length)}
        return {"s0": {"attribute": "country", "is": "NO"}, **asked}

    longest = 1 + (DEEPEST_TOGETHER - 1) // 2
    found = seen(world, chain(longest))
    assert len(found[f"s{longest - 1}"]) in (1, len(TEXTS))
    for length in (longest + 1, 1_000):
        with pytest.raises(
            KithError, match=rf"none\[0\].segment: nests \d+ levels.* at most {DEEPEST_TOGETHER}"
        ):
            seen(world, chain(length))


def test_explanation__of_segments_that_ask_twice_each_is_not_told_a_billion_times(world: World) -> None:
    asked = {f"s{n}": {"all": [{"segment": f"s{n - 1}"}, {"segment": f"s{n - 1}"}]} for n in range(1, 40)}
    found = seen(world, {"s0": {"attribute": "country", "is": "'"}, **asked})
    assert found["s39"] == ["p000"]
    segments = read_segments(world, {n: definition(n, w) for n, w in {"s0": {"did": "'"}, **asked}.items()})
    assert judge(world, segments, segments["s39"].tree, "p000").is_true


def test_circle__of_a_thousand_segments_is_refused(world: World) -> None:
    ring = {f"s{n}": {"segment": f"s{(n + 1) % 1_000}"} for n in range(1_000)}
    with pytest.raises(KithError, match="in a circle"):
        seen(world, ring)


def test_conditions__as_many_as_promised_and_no_more(world: World) -> None:
    many = [{"attribute": "order_count", "is": n} for n in range(MOST_CONDITIONS - 1)]
    assert len(seen(world, {"many": {"any": many}})["many"]) == len(TEXTS)
    with pytest.raises(ValueError, match="is too large; expected at most 2,000 conditions"):
        definition("more", {"any": [*many, {"did": "X"}]})


LARGE = 100_000


@pytest.mark.parametrize(
    "who",
    [
        {"attribute": "country", "in": ["NO", *(f"v{n}" for n in range(LARGE - 1))]},
        {"attribute": "country", "not_in": [*LANDED[1:], *(f"v{n}" for n in range(LARGE - len(TEXTS)))]},
        {"attribute": "order_count", "in": [5, *range(1_000, 1_000 + LARGE - 1)]},
        {"attribute": "order_amount", "in": [1.25, 1.25, *(n + 0.001 for n in range(LARGE - 2))]},
        {"did": "X", "where": {"v": {"in": ["NO", *(f"v{n}" for n in range(LARGE - 1))]}}},
    ],
)
def test_set__of_a_hundred_thousand_values_is_answered_fast(world: World, who: dict[str, Any]) -> None:
    start = time.process_time()
    assert len(seen(world, {"large": who})["large"]) == 1
    assert time.process_time() - start < 20


def test_set__that_names_a_value_twice_makes_no_row_twice(world: World) -> None:
    values = ["NO", "NO", "a\u0301", "\u00e1", *(f"v{n}" for n in range(300))]
    counted = {"event": "X", "count": {"is": 1}, "where": {"v": {"in": values}}}
    assert seen(world, {"one": counted})["one"] == sorted(
        f"p{TEXTS.index(text):03d}" for text in ("NO", "a\u0301")
    )


@pytest.mark.parametrize(
    "who",
    [
        {"all": [{"attribute": "order_count", "at_least": 5}, {"attribute": "order_count", "at_most": 3}]},
        {"attribute": "order_count", "between": [5, 3]},
        {"all": [{"attribute": "country", "is": "NO"}, {"none": [{"attribute": "country", "is": "NO"}]}]},
        {"attribute": "last_order_at", "between": ["2026-05-01", "2026-04-01"]},
    ],
)
def test_contradiction__holds_of_nobody(world: World, who: dict[str, Any]) -> None:
    assert seen(world, {"none": who})["none"] == []


def test_dates__at_the_edges_of_their_range_are_compared(world: World) -> None:
    found = seen(
        world,
        {
            "early": {"event": "X", "first": {"greater": "1600-01-02"}},
            "late": {"event": "X", "last": {"less": "8999-12-31T23:59:59.999999Z"}},
            "far": {"did": "X", "within": "36500d"},
            "farther": {"event": "X", "count": {"at_least": 0}, "in_each": "18250d", "periods": 2},
        },
    )
    assert {len(each) for each in found.values()} == {len(TEXTS), len(TEXTS) + 1}


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
