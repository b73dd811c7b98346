"""The evaluators against the plain-Python oracle, over random definitions and histories.

`check_evaluators(place, count, seed)` is the one entrance: so many cases (a definition over a world of people),
drawn from a seed. `pytest -m soak --count 1000000` asks for as many as one likes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as budget
from hypothesis import strategies as st

from activation.lists.reading import Entry
from activation.lists.uploading import Upload, publish
from activation.segments.bitsets.evaluator import evaluate_bits
from activation.segments.evaluation import load_segments
from activation.segments.explain import judge
from activation.segments.person import Compiled, Facts
from activation.segments.person.reading import read_facts
from activation.segments.sql_evaluator import evaluate_sql, moment_of, read_segments
from activation.segments.terms import Segment
from activation.segments.verdict import Verdict
from activation.segments.world import open_world
from kith.init import initialise
from kith.lake import Home
from kith.settings import Settings, load_settings
from kith.times import to_utc_naive
from tests.unit.segments import drawn_definitions, drawn_people
from tests.unit.segments.oracle import Oracle
from tests.unit.segments.world import AS_OF, Person, begin, define, write_scores

CASES = 1_000
SOAKED = 20_000
DEFINITIONS_A_WORLD = 100
EXPLAINED = [f"s{number}" for number in range(0, DEFINITIONS_A_WORLD, 10)]
MOST_PEOPLE = 25
#: Within the local day of the evaluation in every zone drawn.
EARLIER = AS_OF - timedelta(hours=3)
_PLAIN = [{"attribute": "order_count", "at_least": 2}, {"did": "Order Completed"}]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Path]:
    folder = tmp_path_factory.mktemp("differential")
    found = load_settings(home=folder / "home")
    initialise(found)
    return found, folder


def test_evaluators__agree_with_the_oracle(place) -> None:
    check_evaluators(place, CASES, 20260501)


@pytest.mark.soak
def test_evaluators__agree_with_the_oracle_at_length(place, strikes) -> None:
    check_evaluators(place, strikes or SOAKED, 1)


def check_evaluators(place: tuple[Settings, Path], count: int, number: int) -> None:
    """Draw `count` cases from the seed `number`; the first that somebody sees otherwise fails."""
    worlds = -(-count // DEFINITIONS_A_WORLD)
    health = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
    bounds = budget(
        max_examples=worlds,
        deadline=None,
        phases=[Phase.generate],
        database=None,
        suppress_health_check=health,
    )
    drawn = given(
        people=st.lists(drawn_people.people, min_size=1, max_size=MOST_PEOPLE),
        bodies=st.lists(
            drawn_definitions.definitions, min_size=DEFINITIONS_A_WORLD, max_size=DEFINITIONS_A_WORLD
        ),
        scores=_by_person(drawn_people.maybe(drawn_definitions.scores | st.just(float("nan")))),
        listed=_by_person(st.booleans()),
        said=drawn_people.consents,
        zone=st.sampled_from(
            ["UTC", "Europe/Berlin", "Pacific/Auckland", "America/St_Johns", "America/Santiago"]
        ),
    )
    seed(number)(bounds(drawn(lambda **case: _check(place, **case))))()


def _by_person(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(values, min_size=MOST_PEOPLE, max_size=MOST_PEOPLE)


def _check(
    place: tuple[Settings, Path],
    people: list[Person],
    bodies: list[Any],
    scores: list[float | None],
    listed: list[bool],
    said: dict[tuple[str, str, str], bool],
    zone: str,
) -> None:
    settings, folder = place
    settings = settings.model_copy(update={"zone": zone})
    for number, person in enumerate(people):
        person.profile_id = f"p{number:02d}"
    ids = [person.profile_id for person in people]
    known = {profile: score for profile, score in zip(ids, scores, strict=False) if score is not None}
    lists = {"listed": [profile for profile, is_in in zip(ids, listed, strict=False) if is_in]}
    definitions = {f"s{number}": who for number, who in enumerate([*_PLAIN, *bodies])}
    settings = define(folder, settings, **definitions)
    write_scores(Home(settings.home), "churn", AS_OF, {**known, "nobody": 0.5})
    uploaded = _upload(settings, ids)
    found = _evaluated(settings, people, ids, lists=lists, consents=said)
    oracle = Oracle(AS_OF, zone, definitions, {"churn": known}, lists, said, uploaded)
    for name, who in definitions.items():
        expected = sorted(person.profile_id for person in people if oracle.is_in(person, who))
        for evaluator, members in found.items():
            assert members.get(name, expected) == expected, (evaluator, who)


def _upload(settings: Settings, ids: list[str]) -> set[str]:
    uploaded = ["p00", *(profile for profile in ids if profile[-1] in "37")]
    entries = [Entry(number, profile) for number, profile in enumerate(uploaded)]
    before = AS_OF - timedelta(microseconds=1)
    publish(settings, entries, Upload("uploaded", kind="profile_id"), "people.csv", before)
    return set(uploaded)


def _evaluated(
    settings: Settings, people: list[Person], ids: list[str], **more: Any
) -> dict[str, dict[str, list[str]]]:
    """By evaluator the members of each segment; explanations are of one profile, and only of some."""
    run = begin(settings, AS_OF, people, **more)
    with open_world(settings, run.snapshot) as world:
        segments = read_segments(world, load_segments(settings))
        by_sql, by_bits = evaluate_sql(world, segments), evaluate_bits(world, segments)
        moment = moment_of(world, [each.tree for each in segments.values()])
        facts = read_facts(world, segments, ids)
        told = {name: judge(world, segments, segments[name].tree, "p00") for name in EXPLAINED}
        before = read_segments(replace(world, as_of=EARLIER), load_segments(settings))
    one = Compiled(segments, moment)
    begun = Compiled(before, replace(moment, as_of=EARLIER))
    own = {name: one.explain(facts["p00"], AS_OF, name) for name in EXPLAINED}
    assert [_shown(each) for each in own.values()] == [_shown(each) for each in told.values()]
    return {
        "sql": {name: by_sql.members(name).to_pylist() for name in segments},
        "bits": {name: by_bits.members(name).to_pylist() for name in segments},
        "one profile": _by_segment(one, facts, segments),
        "one profile, compiled before": _by_segment(begun, facts, segments),
    }


def _by_segment(
    compiled: Compiled, facts: Mapping[str, Facts], segments: Mapping[str, Segment]
) -> dict[str, list[str]]:
    found = {id_: set(compiled.members(each, AS_OF)) for id_, each in facts.items()}
    return {name: [id_ for id_ in sorted(found) if name in found[id_]] for name in segments}


def _shown(verdict: Verdict) -> Any:
    """The verdict without the spelling of its values, which is each engine's own."""
    value = verdict.value
    if isinstance(value, datetime):
        value = to_utc_naive(value if value.tzinfo else value.replace(tzinfo=UTC))
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        value = round(float(value), 6)
    told = value if verdict.value is not None else None
    return verdict.condition.split(" ")[0], verdict.is_true, told, [_shown(each) for each in verdict.children]
