"""Cases at the edges of meaning, each with a person of its own, seen by every evaluator and by the oracle."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from activation.segments.bitsets.evaluator import evaluate_bits
from activation.segments.evaluation import load_segments
from activation.segments.person import Compiled
from activation.segments.person.reading import read_facts
from activation.segments.sql_evaluator import evaluate_sql, moment_of, read_segments
from activation.segments.world import open_world
from kith.init import initialise
from kith.settings import Settings, load_settings
from tests.unit.segments.oracle import Oracle
from tests.unit.segments.world import AS_OF, Person, begin, define

ZONE = "Europe/Berlin"  # 2026-05-01T08:00Z is ten in the morning there; its midnights are at 22:00Z
DAY, TICK = timedelta(days=1), timedelta(microseconds=1)
NOON = AS_OF - DAY

Happened = tuple[str, datetime, Any]
Case = tuple[dict[str, Any], list[Happened], bool]


def midnight(back: int) -> datetime:
    return datetime(2026, 4, 30, 22, tzinfo=UTC) - back * DAY


def judged(cases: Mapping[str, Case], folder: Path) -> dict[str, dict[str, bool]]:
    """By case what each evaluator and the oracle say. One evaluation, a person a case, so that nobody's
    behaviour can be told for another's unseen."""
    settings: Settings = load_settings(home=folder / "home").model_copy(update={"zone": ZONE})
    initialise(settings)
    people = {name: Person(f"p{n:02d}", events=case[1]) for n, (name, case) in enumerate(cases.items())}
    bodies = {f"s{number}": case[0] for number, case in enumerate(cases.values())}
    settings = define(folder, settings, **bodies)
    with open_world(settings, begin(settings, AS_OF, people.values()).snapshot) as world:
        segments = read_segments(world, load_segments(settings))
        by_sql, by_bits = evaluate_sql(world, segments), evaluate_bits(world, segments)
        one = Compiled(segments, moment_of(world, [each.tree for each in segments.values()]))
        facts = read_facts(world, segments, [person.profile_id for person in people.values()])
    oracle = Oracle(AS_OF, ZONE, {}, {}, {})
    return {
        name: {
            "sql": person.profile_id in by_sql.members(segment).to_pylist(),
            "bits": person.profile_id in by_bits.members(segment).to_pylist(),
            "one profile": segment in one.members(facts[person.profile_id], AS_OF),
            "oracle": oracle.is_in(person, cases[name][0]),
        }
        for segment, (name, person) in zip(bodies, people.items(), strict=True)
    }
