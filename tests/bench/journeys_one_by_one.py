"""The same store stepped one person at a time, by the reference of the tests."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from hashlib import md5
from pathlib import Path
from typing import Any

import duckdb

from tests.bench.journeys_store import END, RULES, START, graph
from tests.journeys_reference.interpreter import histories
from tests.journeys_reference.world import Event, Permission, Person, Spell, Transition, Verdict, World

#: What is asked of the store about each person; each relation has an index on `person`.
_SPELLS = {
    "attributes": "SELECT attribute, value, from_at, to_at FROM facts_attributes WHERE person = ?",
    "segments": "SELECT segment, true, from_at, to_at FROM facts_segments WHERE person = ?",
    "addresses": "SELECT channel, address, from_at, to_at FROM facts_addresses WHERE person = ?",
}
_CONSENTS = """
    SELECT purpose, channel, is_granted, legal_basis, from_at, to_at FROM facts_consents WHERE person = ?
"""
_EVENTS = """
    SELECT event_id, event, effective_at, properties, is_late FROM events WHERE person = ? ORDER BY effective_at
"""
_SUPPRESSED = "SELECT channel, address, from_at FROM facts_suppressed"
_INDEXED = ("facts_attributes", "facts_segments", "facts_addresses", "facts_consents", "events")
_LOG = """
    CREATE TABLE transitions (enrolment_id TEXT, "at" BIGINT, node_id TEXT, label TEXT, to_node_id TEXT);
    CREATE TABLE outbox (message_id TEXT, profile_id TEXT, reason TEXT)
"""


def index_store(store: Path) -> None:
    """What a look-up by person needs, and the tables of the log."""
    with duckdb.connect(str(store)) as connection:
        for relation in _INDEXED:
            connection.execute(f"CREATE INDEX {relation}_person ON {relation} (person)")
        connection.execute(_LOG)


def step_everybody(store: Path, journeys: int) -> tuple[list[Transition], list[Verdict]]:
    """Everybody's history: each person is read, stepped and written by themselves, in one transaction."""
    graphs = tuple(graph(number) for number in range(1, journeys + 1))
    moves: list[Transition] = []
    verdicts: list[Verdict] = []
    with duckdb.connect(str(store), config={"threads": 1}) as connection:
        suppressed = {
            (channel, address): at for channel, address, at in connection.execute(_SUPPRESSED).fetchall()
        }
        world = World((), graphs, RULES, START, END, suppressed=suppressed)
        names = connection.execute("SELECT person, profile_id, zone FROM facts_people").fetchall()
        connection.execute("BEGIN")
        for person, profile_id, zone in names:
            moved, decided = histories(world, [_person(connection, person, profile_id, zone)])
            if moved:
                rows = [(t.enrolment_id, t.at, t.node_id, t.label, t.to) for t in moved]
                _write(connection, "transitions", rows)
            if decided:
                _write(connection, "outbox", [(v.message_id, v.profile_id, v.reason) for v in decided])
            moves += moved
            verdicts += decided
        connection.execute("COMMIT")
    return moves, verdicts


def _write(connection: duckdb.DuckDBPyConnection, relation: str, rows: list[tuple[Any, ...]]) -> None:
    """All rows by one statement."""
    places = ", ".join([f"({', '.join('?' * len(rows[0]))})"] * len(rows))
    connection.execute(f"INSERT INTO {relation} VALUES {places}", [value for row in rows for value in row])


def _person(connection: duckdb.DuckDBPyConnection, person: object, profile_id: str, zone: str) -> Person:
    spells: dict[str, dict[str, list[Spell]]] = {}
    for name, sql in _SPELLS.items():
        found: dict[str, list[Spell]] = defaultdict(list)
        for key, value, since, until in connection.execute(sql, [person]).fetchall():
            found[key].append(Spell(value, since, until))
        spells[name] = found
    consents: dict[tuple[str, str], list[Spell]] = defaultdict(list)
    for purpose, channel, granted, basis, since, until in connection.execute(_CONSENTS, [person]).fetchall():
        consents[purpose, channel].append(Spell(Permission(granted, basis), since, until))
    events = tuple(
        Event(event_id, name, at, json.loads(properties), is_late=is_late)
        for event_id, name, at, properties, is_late in connection.execute(_EVENTS, [person]).fetchall()
    )
    return Person(
        profile_id,
        zone,
        events=events,
        consents=_tuples(consents),
        attributes=_tuples(spells["attributes"]),
        segments=_tuples(spells["segments"]),
        addresses=_tuples(spells["addresses"]),
    )


def _tuples(found: Mapping[Any, list[Spell]]) -> dict[Any, tuple[Spell, ...]]:
    return {key: tuple(each) for key, each in found.items()}


def digest(transitions: list[Transition], verdicts: list[Verdict]) -> dict[str, Any]:
    """As tests.bench.journeys_store.digest says it of a log."""
    moves = sum(
        int(md5(f"{t.enrolment_id}|{t.at}|{t.node_id}|{t.label}|{t.to}".encode()).hexdigest()[:12], 16)
        for t in transitions
    )
    outcomes: dict[str, list[int]] = {}
    for each in verdicts:
        counted = outcomes.setdefault(each.reason, [0, 0])
        counted[0] += 1
        counted[1] += int(each.message_id[:12], 16)
    told = [[reason, count, str(total)] for reason, (count, total) in sorted(outcomes.items())]
    return {"moves": [len(transitions), str(moves)], "outcomes": told}
