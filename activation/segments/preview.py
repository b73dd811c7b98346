"""What a definition would amount to before it is saved: its size, its reach, and who would move."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from activation.segments.audience import Audiences
from activation.segments.bitsets.evaluator import evaluate_bits
from activation.segments.evaluation import KIND, load_segments
from activation.segments.explain import published
from activation.segments.grammar import SegmentBody
from activation.segments.membership.reading import present_state, read_members
from activation.segments.ordering import closure
from activation.segments.sql_evaluator import read_segments
from activation.segments.terms import Segment, events_of, terms_of
from activation.segments.world import World, open_world
from kith.definitions import load_definition
from kith.ids import bucket
from kith.settings import Settings

SAMPLE = 10
PURPOSE = "marketing"
ADDRESSES = {"email": "email", "sms": "phone"}


@dataclass(frozen=True)
class Reach:
    """Of the members, how many gave consent on a channel, and how many of those have an address for it."""

    channel: str
    consented_count: int
    reachable_count: int


@dataclass(frozen=True)
class Preview:
    """The audience of a definition in the current snapshot."""

    segment: str
    as_of: str
    size: int
    share: float
    sample: tuple[str, ...]
    reach: tuple[Reach, ...]
    unseen_events: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """Who would enter and who would leave, against the membership of the last evaluation."""

    segment: str
    as_of: str
    before: int
    after: int
    entering: tuple[str, ...]
    leaving: tuple[str, ...]


def preview(settings: Settings, path: Path) -> Preview:
    """Evaluate a file in the current snapshot, writing nothing."""
    with _evaluated(settings, path) as (world, name, audiences, unseen):
        members = audiences.members(name)
        total = len(audiences.profile_ids)
        return Preview(
            segment=name,
            as_of=world.as_of.isoformat(),
            size=len(members),
            share=len(members) / total if total else 0.0,
            sample=tuple(_sample(members)),
            reach=tuple(_reach(world, members)),
            unseen_events=unseen,
        )


def compare(settings: Settings, path: Path) -> Comparison:
    """Who would enter and leave if a file became the definition."""
    with _evaluated(settings, path) as (world, name, audiences, _):
        after = set(audiences.members(name).to_pylist())
        before = _present_members(settings, world, name)
        return Comparison(
            segment=name,
            as_of=world.as_of.isoformat(),
            before=len(before),
            after=len(after),
            entering=tuple(sorted(after - before)),
            leaving=tuple(sorted(before - after)),
        )


@contextmanager
def _evaluated(settings: Settings, path: Path) -> Iterator[tuple[World, str, Audiences, tuple[str, ...]]]:
    """The file takes the place of the definition of its name; only what it needs is evaluated."""
    definition = load_definition(path, SegmentBody, kind=KIND)
    definitions = {**load_segments(settings), definition.name: definition}
    with open_world(settings, published(settings)) as world:
        segments = read_segments(world, definitions, [definition.name])
        needed = closure(segments, [definition.name])
        yield world, definition.name, evaluate_bits(world, needed), _unseen_events(world, needed)


def _sample(members: pa.Array) -> list[str]:
    """A few members, the same few each time, by a hash of their ids."""
    return sorted(members.to_pylist(), key=lambda each: (bucket(each, "sample"), each))[:SAMPLE]


def _reach(world: World, members: pa.Array) -> list[Reach]:
    if not world.warehouse.value("SELECT COUNT(*) FROM duckdb_views() WHERE view_name = 'consents'"):
        return []
    world.warehouse.connection.register("previewed", pa.table({"profile_id": members}))
    addresses = " ".join(
        f"WHEN '{channel}' THEN profiles.{column} IS NOT NULL"
        for channel, column in ADDRESSES.items()
        if column in world.catalogue.attributes
    )
    has_address = f"CASE consents.channel {addresses} ELSE TRUE END" if addresses else "TRUE"
    rows = world.warehouse.rows(
        f"""
        SELECT
            consents.channel,
            COUNT(*) AS consented_count,
            COUNT(*) FILTER ({has_address}) AS reachable_count
        FROM previewed
        INNER JOIN profiles ON previewed.profile_id = profiles.profile_id
        INNER JOIN consents ON previewed.profile_id = consents.profile_id
        WHERE consents.purpose = ? AND consents.is_granted
        GROUP BY consents.channel
        ORDER BY consents.channel
        """,
        [PURPOSE],
    )
    return [Reach(**row) for row in rows]


def _unseen_events(world: World, segments: Mapping[str, Segment]) -> tuple[str, ...]:
    """Event names that never occurred: right in a young shop, a slip of the pen elsewhere."""
    named = {event for each in segments.values() for term in terms_of(each.tree) for event in events_of(term)}
    if not named:
        return ()
    seen = world.warehouse.rows(
        "SELECT DISTINCT event FROM events WHERE list_contains(?, event)", [sorted(named)]
    )
    return tuple(sorted(named - {row["event"] for row in seen}))


def _present_members(settings: Settings, world: World, name: str) -> set[str]:
    stored = read_members(present_state(settings), name)
    world.warehouse.connection.register("stored", stored)
    rows = world.warehouse.rows(
        """
        SELECT DISTINCT COALESCE(aliases.profile_id, stored.profile_id) AS profile_id
        FROM stored LEFT JOIN aliases ON stored.profile_id = aliases.alias_id
        """
    )
    return {row["profile_id"] for row in rows}
