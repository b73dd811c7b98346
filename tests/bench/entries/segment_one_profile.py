"""`segment_one_profile`: all of a thousand definitions for one profile whose rows are in memory."""

from __future__ import annotations

import pickle
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.frame import Entry
from tests.bench.segment_definitions import draw_definitions
from tests.bench.segment_world import AS_OF, SegmentWorld

PROFILES, ROWS, DEFINITIONS = 100_000, 2_300_000, 1_000
RANDOM, HEAVIEST, HEAVY_ROWS, COMPARED = 3_000, 300, 600, 6
P99_MS, HEAVY_P99_MS = 5.0, 10.0
RELATIONS = ("profiles", "events", "consents_at", "scores_at", "analyst_members", "list_members")


@dataclass
class Held:
    """What a side has in memory before the clock starts."""

    segments: Mapping[str, Any]
    moment: Any
    facts: Mapping[str, Any]
    members: Mapping[str, frozenset[str]]
    heaviest: Sequence[str]
    others: Sequence[str]

    @property
    def compared(self) -> list[str]:
        """The profiles that both sides are asked for: random ones, and one of the heaviest."""
        return [*self.others[: COMPARED - 1], self.heaviest[0]]


HELD: dict[str, Any] = {}


def prepare(folder: Path) -> None:
    """A snapshot of people, the facts of those who are asked for, and what the bitsets say of them."""
    from activation.segments.bitsets.evaluator import evaluate_bits
    from activation.segments.person.reading import read_facts
    from activation.segments.sql_evaluator import moment_of, read_segments
    from activation.segments.world import open_world

    laid = SegmentWorld(folder / "home", PROFILES, ROWS)
    run = laid.lay()
    with open_world(laid.settings, run.snapshot) as world:
        segments = read_segments(world, _definitions())
        audiences = evaluate_bits(world, segments)
        heaviest, others = _drawn(world)
        moment = moment_of(world, [each.tree for each in segments.values()])
        facts = read_facts(world, segments, [*heaviest, *others])
        held = Held(segments, moment, facts, _members(audiences, segments, facts), heaviest, others)
        (folder / "held.pickle").write_bytes(pickle.dumps(held))
        _write_relations(world, folder, held.compared)


def _drawn(world: Any) -> tuple[list[str], list[str]]:
    """The heaviest profiles, and others drawn at random: their ids are hashes, so the first ones will do."""
    sql = f"""
        SELECT profile_id FROM profiles LEFT JOIN people_events USING (profile_id)
        GROUP BY profile_id HAVING COUNT(event_id) {{}} {HEAVY_ROWS} ORDER BY {{}} profile_id LIMIT {{}}
    """
    heaviest = world.warehouse.rows(sql.format(">=", "COUNT(event_id) DESC,", HEAVIEST))
    others = world.warehouse.rows(sql.format("<", "", RANDOM))
    return [row["profile_id"] for row in heaviest], [row["profile_id"] for row in others]


def _definitions() -> dict[str, Any]:
    from activation.segments.grammar import SegmentBody
    from kith.definitions import Definition, Position

    found = {}
    for name, who in draw_definitions(DEFINITIONS).items():
        document, file = {"who": who}, Path(f"{name}.yml")
        body = SegmentBody.model_validate(document)
        found[name] = Definition(name, "segments", name, file, body, document, Position(file, {}))
    return found


def _members(
    audiences: Any, segments: Mapping[str, Any], wanted: Mapping[str, Any]
) -> dict[str, frozenset[str]]:
    from activation.segments.audience import unpack

    ids = audiences.profile_ids.to_pylist()
    truths = {name: unpack(audiences.bits[name], len(ids)) for name in segments}
    return {
        profile: frozenset(name for name, truth in truths.items() if truth[place])
        for place, profile in enumerate(ids)
        if profile in wanted
    }


def _write_relations(world: Any, folder: Path, profiles: Sequence[str]) -> None:
    """Of each profile that both sides are asked for, its own rows of each relation that statements read."""
    connection = world.warehouse.connection
    named = ", ".join(f"'{each}'" for each in profiles)
    for relation in RELATIONS:
        connection.execute(
            f"CREATE TEMP TABLE held_{relation} AS SELECT * FROM {relation} WHERE profile_id IN ({named})"
        )
        for number, profile in enumerate(profiles):
            target = folder / f"p{number}-{relation}.parquet"
            own = f"SELECT * FROM held_{relation} WHERE profile_id = '{profile}'"
            connection.execute(f"COPY ({own}) TO '{target}' (FORMAT parquet)")


def ready(folder: Path, side: str) -> None:
    """Facts and compiled definitions here, native tables and the text of the statements there."""
    held: Held = pickle.loads((folder / "held.pickle").read_bytes())
    HELD["held"] = held
    if side == "baseline":
        HELD["connection"] = _native_tables(folder, len(held.compared))
        HELD["statements"] = _statements(held)
        return
    from activation.segments.person import Compiled

    begun = time.perf_counter()
    HELD["compiled"] = Compiled(held.segments, held.moment)
    HELD["compile_seconds"] = time.perf_counter() - begun


def _native_tables(folder: Path, count: int) -> Any:
    import duckdb

    connection = duckdb.connect()
    for number in range(count):
        connection.execute(f"CREATE SCHEMA p{number}")
        for relation in RELATIONS:
            file = folder / f"p{number}-{relation}.parquet"
            connection.execute(f"CREATE TABLE p{number}.{relation} AS FROM '{file}'")
    return connection


def _statements(held: Held) -> dict[str, tuple[str, str]]:
    """By definition a statement of its own, with all that it asks for, and the column of its answer."""
    from activation.segments.compiler import compile_segments
    from activation.segments.ordering import closure, levels

    found = {}
    for name in held.segments:
        statement = compile_segments(levels(closure(held.segments, [name]), {}), held.moment)
        found[name] = (statement.sql, statement.columns[name])
    return found


def ours(folder: Path) -> Mapping[str, Any]:
    """the compiled definitions over facts in memory"""
    held, compiled = HELD["held"], HELD["compiled"]
    return {"members": [sorted(compiled.members(held.facts[each], AS_OF)) for each in held.compared]}


def baseline(folder: Path) -> Mapping[str, Any]:
    """a DuckDB point query for each definition and profile, its rows alone in native tables"""
    connection, members = HELD["connection"], []
    for number in range(len(HELD["held"].compared)):
        connection.execute(f"USE p{number}")
        found = []
        for name, (sql, column) in HELD["statements"].items():
            row = connection.execute(sql).fetchone()
            if row[1 + int(column[1:])]:
                found.append(name)
        members.append(sorted(found))
    return {"members": members}


def tell(folder: Path, side: str, result: Mapping[str, Any]) -> Mapping[str, Any]:
    """Beside the members a digest of them; ours is also timed profile by profile and held against the bitsets."""
    from hashlib import md5

    digest = md5(repr(result["members"]).encode(), usedforsecurity=False).hexdigest()
    return {"digest": digest, **(_timed() if side == "ours" else {})}


def _timed() -> dict[str, Any]:
    import gc

    held, compiled = HELD["held"], HELD["compiled"]
    gc.collect()
    gc.freeze()
    seconds: dict[str, list[float]] = {"others": [], "heaviest": []}
    cpu_seconds: dict[str, list[float]] = {"others": [], "heaviest": []}
    decisions = 0
    for group, found in seconds.items():
        for profile in getattr(held, group):
            facts = held.facts[profile]
            begun, begun_cpu = time.perf_counter(), time.thread_time()
            members = compiled.members(facts, AS_OF)
            found.append(time.perf_counter() - begun)
            cpu_seconds[group].append(time.thread_time() - begun_cpu)
            if frozenset(members) != held.members[profile]:
                raise AssertionError(f"{profile}: {held.members[profile].symmetric_difference(members)}")
            decisions += len(held.segments)
    rows = [sum(map(len, held.facts[each].rows.values())) for each in held.others]
    return {
        "decisions_equal_to_bitsets": decisions,
        "mean_rows": round(sum(rows) / len(rows), 1),
        "heavy_rows": min(sum(map(len, held.facts[each].rows.values())) for each in held.heaviest),
        "compile_seconds": round(HELD["compile_seconds"], 3),
        "random_ms": _percentiles(seconds["others"]),
        "heavy_ms": _percentiles(seconds["heaviest"]),
        "random_cpu_ms": _percentiles(cpu_seconds["others"]),
        "heavy_cpu_ms": _percentiles(cpu_seconds["heaviest"]),
    }


def _percentiles(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    places = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999, "max": 1.0}
    return {
        name: round(1_000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3)
        for name, share in places.items()
    }


def further(ours: Mapping[str, Any], baseline: Mapping[str, Any]) -> Mapping[str, Any]:
    told = {key: value for key, value in ours.items() if key != "digest"}
    is_met = ours["random_ms"]["p99"] <= P99_MS and ours["heavy_ms"]["p99"] <= HEAVY_P99_MS
    targets = {"p99_target_ms": P99_MS, "heavy_p99_target_ms": HEAVY_P99_MS, "p99_met": is_met}
    return {**told, **targets, "profiles_compared": COMPARED}


ENTRY = Entry(
    name="segment_one_profile",
    work=f"{DEFINITIONS:,} definitions for one profile after another, their rows in memory",
    rounds=2,
    prepare=prepare,
    ready=ready,
    ours=ours,
    baseline=baseline,
    tell=tell,
    agree=lambda ours, baseline: ours["digest"] == baseline["digest"],
    further=further,
)
