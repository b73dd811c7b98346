"""One world on every evaluator and on the oracle: what they see differently, made as small as it goes."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from activation.lists.reading import Entry
from activation.lists.uploading import Upload, publish
from activation.segments.bitsets.evaluator import evaluate_bits
from activation.segments.explain import judge
from activation.segments.grammar import SegmentBody
from activation.segments.person import Compiled, Facts
from activation.segments.person.reading import read_facts
from activation.segments.sql_evaluator import evaluate_sql, moment_of, read_segments
from activation.segments.terms import Segment
from activation.segments.verdict import Verdict
from activation.segments.world import World, open_world
from kith.definitions import Definition, Position
from kith.lake import Home
from kith.settings import Settings
from kith.times import to_utc_naive
from tests.unit.segments.oracle import Oracle
from tests.unit.segments.world import AS_OF, Person, begin, write_scores

PLAIN = {"s0": {"attribute": "order_count", "at_least": 2}, "s1": {"did": "Order Completed"}}
EXPLAINED = 3
#: Within the local day of the evaluation in every zone drawn.
EARLIER = AS_OF - timedelta(hours=3)
TRIES = 80


@dataclass(frozen=True)
class Case:
    """People with what they did, and conditions by name."""

    people: list[Person]
    definitions: dict[str, Any]
    scores: Mapping[str, float]
    listed: list[str]
    consents: Mapping[tuple[str, str, str], bool]
    zone: str

    @property
    def uploaded(self) -> list[str]:
        """Those whose number ends with 3 or 7, and one who may be nobody."""
        return ["p00", *(each.profile_id for each in self.people if each.profile_id[-1] in "37")]


@dataclass(frozen=True)
class Disagreement:
    """An evaluator sees other members than the oracle."""

    evaluator: str
    name: str
    expected: list[str]
    seen: list[str]


def check(template: Settings, case: Case) -> None:
    """Fails with the smallest case found that an evaluator sees otherwise."""
    found = disagreement(template, case)
    if found is None:
        return
    smallest = shrunk(template, case, found)
    told = disagreement(template, smallest) or found
    raise AssertionError(f"{told}\nof {smallest.definitions[told.name]}\nin {smallest}")


def disagreement(template: Settings, case: Case) -> Disagreement | None:
    """The first difference, None where all agree. `template` has an initialised home, of which a copy is used."""
    oracle = Oracle(
        AS_OF, case.zone, case.definitions, {"churn": case.scores}, {"listed": case.listed},
        case.consents, set(case.uploaded),
    )  # fmt: skip
    seen = members(template, case)
    for name, who in case.definitions.items():
        expected = sorted(each.profile_id for each in case.people if oracle.is_in(each, who))
        for evaluator, found in seen.items():
            if found.get(name, expected) != expected:
                return Disagreement(evaluator, name, expected, found[name])
    return None


def members(template: Settings, case: Case) -> dict[str, dict[str, list[str]]]:
    """By evaluator the members of each segment, in order; explanations are of one profile, and only of some."""
    with opened(template, case) as world:
        return _seen(world, case)


@contextmanager
def opened(template: Settings, case: Case) -> Iterator[World]:
    """The world of a case, in a copy of an initialised home."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(template.home, Path(folder) / "home")
        settings = template.model_copy(update={"home": Path(folder) / "home", "zone": case.zone})
        write_scores(Home(settings.home), "churn", AS_OF, {**case.scores, "nobody": 0.5})
        entries = [Entry(number, profile) for number, profile in enumerate(case.uploaded)]
        before = AS_OF - timedelta(microseconds=1)
        publish(settings, entries, Upload("uploaded", kind="profile_id"), "people.csv", before)
        run = begin(settings, AS_OF, case.people, lists={"listed": case.listed}, consents=case.consents)
        with open_world(settings, run.snapshot) as world:
            yield world


def definitions_of(case: Case) -> dict[str, Definition[SegmentBody]]:
    """Its conditions as their files would have been read."""
    return {name: definition(name, who) for name, who in case.definitions.items()}


def _seen(world: World, case: Case) -> dict[str, dict[str, list[str]]]:
    ids = [each.profile_id for each in case.people]
    definitions = definitions_of(case)
    segments = read_segments(world, definitions)
    by_sql, by_bits = evaluate_sql(world, segments), evaluate_bits(world, segments)
    moment = moment_of(world, [each.tree for each in segments.values()])
    one, facts = Compiled(segments, moment), read_facts(world, segments, ids)
    begun = Compiled(
        read_segments(replace(world, as_of=EARLIER), definitions), replace(moment, as_of=EARLIER)
    )
    for name in list(segments)[-EXPLAINED:]:
        told = judge(world, segments, segments[name].tree, ids[0])
        own = one.explain(facts[ids[0]], AS_OF, name)
        assert _shown(own) == _shown(told), "explanations differ"
        assert own.is_true == (name in one.members(facts[ids[0]], AS_OF)), "an explanation says otherwise"
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
    elif isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        value = f"{float(value):.12g}"
    return verdict.condition, verdict.is_true, value, [_shown(each) for each in verdict.children]


def definition(name: str, who: Any) -> Definition[SegmentBody]:
    """A definition as its file would have been read."""
    document, file = {"who": who}, Path(f"{name}.yml")
    body = SegmentBody.model_validate(document)
    return Definition(name, "segments", name, file, body, document, Position(file, {}))


def shrunk(template: Settings, case: Case, found: Disagreement) -> Case:
    """The same disagreement with fewer people and less of a condition, as far as so many tries lead."""
    kept = {**{name: case.definitions[name] for name in PLAIN if name in case.definitions}}
    kept[found.name] = case.definitions[found.name]
    smallest, tries = replace(case, definitions=kept), TRIES
    if disagreement(template, smallest) is None:
        return case
    while True:
        for smaller in _smaller(smallest, found.name):
            tries -= 1
            if tries < 0:
                return smallest
            if disagreement(template, smaller) is not None:
                smallest = smaller
                break
        else:
            return smallest


def _smaller(case: Case, name: str) -> Iterator[Case]:
    half = len(case.people) // 2
    for part in [case.people[:half], case.people[half:]] if half else []:
        yield replace(case, people=part)
    for who in _parts(case.definitions[name]):
        yield replace(case, definitions={**case.definitions, name: who})
    for number, person in enumerate(case.people):
        if person.events and len(case.people) <= 2:
            for events in (person.events[:-1], person.events[1:]):
                fewer = [*case.people[:number], replace(person, events=events), *case.people[number + 1 :]]
                yield replace(case, people=fewer)


def _parts(who: Mapping[str, Any]) -> Iterator[Any]:
    """Conditions with less in them."""
    for word in ("all", "any", "none"):
        if word in who:
            yield from who[word]
            if len(who[word]) > 1:
                yield from ({word: [each]} for each in who[word])
    if "fallback" in who:
        yield who["fallback"]
    for word in ("within", "where", "without", "gap"):
        if word in who:
            yield {key: value for key, value in who.items() if key != word}
