"""A world laid out as the relations that the engine reads, as they are known to one tick.

A tick [begin, end) is given what took effect before its end and no more: a spell that ends later is still open.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from tests.journeys_reference import wall_clock
from tests.journeys_reference.questions import is_member
from tests.journeys_reference.world import DAY, FOREVER, Person, Send, Spell, World

if TYPE_CHECKING:
    import duckdb

COLUMNS = {
    "world_events": "event_id TEXT, person UUID, event TEXT, effective_at BIGINT, properties TEXT, "
    "message_id UUID, is_late BOOLEAN, received_at BIGINT",
    "world_attributes": "person UUID, attribute TEXT, value TEXT, from_at BIGINT, to_at BIGINT",
    "world_segments": "person UUID, segment TEXT, from_at BIGINT, to_at BIGINT",
    "world_evaluations": 'segment TEXT, "at" BIGINT, member_count BIGINT',
    "world_scores": "person UUID, score TEXT, value DOUBLE, from_at BIGINT, to_at BIGINT",
    "world_consents": "person UUID, purpose TEXT, channel TEXT, is_granted BOOLEAN, legal_basis TEXT, lifted TEXT, "
    "from_at BIGINT, to_at BIGINT",
    "world_suppressed": "channel TEXT, address TEXT, cause TEXT, from_at BIGINT",
    "world_addresses": "person UUID, channel TEXT, address TEXT, from_at BIGINT, to_at BIGINT",
    "world_refusals": "person UUID, channel TEXT, address TEXT, purpose TEXT, from_at BIGINT, to_at BIGINT",
    "facts_affinity": "person UUID, channel TEXT, rank BIGINT",
    "facts_people": "person UUID, profile_id TEXT, zone TEXT, locale TEXT, best_hour INTEGER, best_hours TINYINT[]",
    "facts_identities": "identifier_type TEXT, identifier_value TEXT, person UUID",
    "facts_zones": "zone TEXT, from_at BIGINT, to_at BIGINT, offset_us BIGINT, local_from BIGINT, local_to BIGINT",
    "world_winners": "journey TEXT, step_id TEXT, label TEXT, from_at BIGINT",
    "facts_aliases": "alias UUID, person UUID",
    "past_sends": 'person UUID, channel TEXT, purpose TEXT, tags TEXT[], "at" BIGINT, local_day BIGINT',
}
#: What of each relation a tick [begin, end) knows; the others are the same for every tick.
_KNOWN = {
    "facts_events": "SELECT * EXCLUDE (received_at) FROM world_events "
    "WHERE effective_at >= {begin} AND effective_at < {end} AND received_at < {landed}",
    "facts_past_events": "SELECT * EXCLUDE (received_at) FROM world_events WHERE effective_at < {begin}",
    "facts_evaluations": 'SELECT * FROM world_evaluations WHERE "at" >= {begin} AND "at" < {end}',
    "facts_winners": "SELECT * FROM world_winners WHERE from_at < {end}",
    "facts_suppressed": "SELECT * FROM world_suppressed WHERE from_at < {end}",
    **{
        f"facts_{name}": f"SELECT * REPLACE (CASE WHEN to_at < {{end}} THEN to_at ELSE {FOREVER} END AS to_at) "
        f"FROM world_{name} WHERE from_at < {{end}}"
        for name in ("attributes", "segments", "scores", "consents", "addresses", "refusals")
    },
}


def lay_world(connection: duckdb.DuckDBPyConnection, world: World) -> None:
    """Everything that the world knows and ever will, as `world_…`; what no tick changes under its own name."""
    rows = {
        "facts_people": [(p.profile_id, p.profile_id, p.zone, "en", *_hours(p)) for p in world.people],
        "world_events": [row for person in world.people for row in _events(person)],
        "facts_zones": [
            row
            for zone in sorted({p.zone for p in world.people})
            for row in offsets(zone, world.start, world.end)
        ],
        "world_evaluations": list(_evaluations(world)),
        "world_winners": list(world.winners),
        "world_suppressed": [(*key, "hard bounce", at) for key, at in world.suppressed.items()],
        "facts_affinity": [
            (p.profile_id, c, rank) for p in world.people for rank, c in enumerate(p.likes, 1)
        ],
        "past_sends": [_send(*each) for each in _sent_before(world)],
        **_spells(world),
    }
    for name, columns in COLUMNS.items():
        _fill(connection, name, columns, rows.get(name, []))


def lay_tick(
    connection: duckdb.DuckDBPyConnection,
    begin: int,
    end: int,
    sends: Sequence[tuple[str, Send]],
    landed: int = FOREVER,
) -> None:
    """Makes every relation of the tick [begin, end); `sends` are (profile_id, send) of the tick before. Of the
    events those that had landed by then."""
    for name, known in _KNOWN.items():
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {name} AS {known.format(begin=begin, end=end, landed=landed)}"
        )
    _insert(connection, "past_sends", COLUMNS["past_sends"], [_send(*each) for each in sends])


def _fill(
    connection: duckdb.DuckDBPyConnection, name: str, columns: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} ({columns})")
    _insert(connection, name, columns, rows)


def _insert(
    connection: duckdb.DuckDBPyConnection, name: str, columns: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    if rows:
        names = [each.split()[0] for each in columns.split(", ")]
        held = zip(*rows, strict=True)
        laid = pa.table({name: pa.array(list(column)) for name, column in zip(names, held, strict=True)})
        connection.register("laid", laid)
        connection.execute(f"INSERT INTO {name} SELECT * FROM laid")
        connection.unregister("laid")


def _hours(person: Person) -> tuple[int | None, list[int] | None]:
    """The best hour, and all hours best first."""
    return next(iter(person.best_hours), None), list(person.best_hours) or None


def _events(person: Person) -> Iterable[tuple[Any, ...]]:
    for each in person.events:
        text = json.dumps(dict(each.properties))
        known = (each.message_id or None, each.is_late, each.received_at)
        yield each.event_id, person.profile_id, each.name, each.effective_at, text, *known


def _evaluations(world: World) -> Iterable[tuple[str, int, int]]:
    for segment, at in world.evaluations:
        yield segment, at, sum(is_member(each, segment, at) for each in world.people)


def _sent_before(world: World) -> list[tuple[str, Send]]:
    return [(person.profile_id, each) for person in world.people for each in person.past_sends]


def _send(profile_id: str, each: Send) -> tuple[Any, ...]:
    return profile_id, each.channel, each.purpose, list(each.tags), each.at, each.local_day


def _spells(world: World) -> dict[str, list[tuple[Any, ...]]]:
    people = world.people
    return {
        "world_attributes": [
            (p.profile_id, name, *row) for p in people for name, s in p.attributes.items() for row in _rows(s)
        ],
        "world_segments": [
            (p.profile_id, name, *row[1:])
            for p in people
            for name, s in p.segments.items()
            for row in _rows(s)
        ],
        "world_scores": [
            (p.profile_id, name, *row) for p in people for name, s in p.scores.items() for row in _rows(s)
        ],
        "world_addresses": [
            (p.profile_id, name, *row) for p in people for name, s in p.addresses.items() for row in _rows(s)
        ],
        "world_refusals": [
            (p.profile_id, *key, *row[1:])
            for p in people
            for key, s in p.refusals.items()
            for row in _rows(s)
        ],
        "world_consents": [
            (p.profile_id, *key, row[0].is_granted, row[0].legal_basis, "[]", *row[1:])
            for p in people
            for key, s in p.consents.items()
            for row in _rows(s)
        ],
    }


def _rows(spells: Iterable[Spell]) -> Iterable[tuple[Any, int, int]]:
    return ((each.value, each.since, each.until) for each in spells)


def offsets(zone: str, begin: int, end: int) -> list[tuple[str, int, int, int, int, int]]:
    """The zone's offsets from a month before a tick to two after it; on the local axis a change lies at the later of
    its two wall times, so that a gap is read with the offset before it and a fold as its first."""
    first = begin // DAY - 32
    jumps = list(wall_clock.jumps(first, end // DAY + 62, zone))
    starts = [first * DAY, *jumps]
    shifts = [wall_clock.offset(each, zone) // wall_clock.MICROSECOND for each in starts]
    bounds = [-FOREVER, *jumps, FOREVER]
    locals_ = [
        -FOREVER,
        *(j + max(a, b) for j, a, b in zip(jumps, shifts, shifts[1:], strict=False)),
        FOREVER,
    ]
    return [
        (zone, bounds[k], bounds[k + 1], shift, locals_[k], locals_[k + 1]) for k, shift in enumerate(shifts)
    ]
