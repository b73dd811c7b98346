"""Who would move if a file became the definition."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from activation.segments.bitsets.evaluator import evaluate_bits
from activation.segments.evaluation import KIND, load_segments
from activation.segments.explain import published
from activation.segments.grammar import SegmentBody
from activation.segments.membership.reading import present_state, read_members
from activation.segments.ordering import closure
from activation.segments.sql_evaluator import read_segments
from activation.segments.world import World, open_world
from kith.definitions import load_definition
from kith.settings import Settings


@dataclass(frozen=True)
class Comparison:
    """Who would enter and who would leave, against the membership of the last evaluation."""

    segment: str
    as_of: str
    before: int
    after: int
    entering: tuple[str, ...]
    leaving: tuple[str, ...]


def compare(settings: Settings, path: Path) -> Comparison:
    """Who would enter and leave; only what the definition needs is evaluated."""
    definition = load_definition(path, SegmentBody, kind=KIND)
    name, definitions = definition.name, {**load_segments(settings), definition.name: definition}
    with open_world(settings, published(settings)) as world:
        needed = closure(read_segments(world, definitions, [name]), [name])
        after = set(evaluate_bits(world, needed).members(name).to_pylist())
        before = _present_members(settings, world, name)
        return Comparison(
            segment=name,
            as_of=world.as_of.isoformat(),
            before=len(before),
            after=len(after),
            entering=tuple(sorted(after - before)),
            leaving=tuple(sorted(before - after)),
        )


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
