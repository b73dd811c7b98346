"""The portable evaluator: compiled SQL, a bounded number of segments a statement."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

import numpy as np
import pyarrow as pa

from activation.segments.asked_attributes import lay_asked_attributes
from activation.segments.audience import Audiences, Bits, pack
from activation.segments.catalogue import refuse_shared_names
from activation.segments.compiler import Moment, compile_segments
from activation.segments.grammar import SegmentBody
from activation.segments.normalisation import Normaliser
from activation.segments.ordering import closure, levels, refuse_depth
from activation.segments.percentiles import find_thresholds
from activation.segments.terms import Segment, Tree, references, terms_of
from activation.segments.world import World, profile_ids
from kith.definitions import Definition

# Beyond this, engines leave their fast path (Spark's generated methods grow past 64 KB).
SEGMENTS_A_STATEMENT = 250


def read_segments(
    world: World, definitions: Mapping[str, Definition[SegmentBody]], wanted: Iterable[str] | None = None
) -> dict[str, Segment]:
    """Definitions as engines take them, looked up in the world's catalogue and free of circles.

    The computed attributes that the `wanted` ask for (all, if not told) become columns of the world's profiles.
    """
    segments = look_up(world, definitions)
    asked = segments if wanted is None else closure(segments, list(wanted))
    lay_asked_attributes(world, asked)
    return segments


def look_up(
    world: World, definitions: Mapping[str, Definition[SegmentBody]], wanted: Iterable[str] | None = None
) -> dict[str, Segment]:
    """The same, without their attributes: of all definitions, or of the `wanted` and all that they ask for."""
    refuse_shared_names(world.catalogue, definitions)
    rules = Normaliser(world.catalogue, definitions.keys(), world.as_of)
    waiting, segments = deque(definitions if wanted is None else wanted), dict[str, Segment]()
    while waiting:
        name = waiting.popleft()
        if name in definitions and name not in segments:
            segments[name] = rules.segment(definitions[name])
            waiting += references(segments[name].tree) if wanted is not None else ()
    segments = {name: segments[name] for name in definitions if name in segments}
    refuse_depth(levels(segments, definitions), definitions)
    return segments


def evaluate_sql(world: World, segments: Mapping[str, Segment]) -> Audiences:
    """Evaluate segments by SQL; all profiles of the world are judged."""
    names, bits = list(segments), {}
    for start in range(0, len(names), SEGMENTS_A_STATEMENT):
        bits |= _evaluate(world, segments, names[start : start + SEGMENTS_A_STATEMENT])
    return Audiences(profile_ids(world), bits)


def _evaluate(world: World, segments: Mapping[str, Segment], wanted: list[str]) -> dict[str, Bits]:
    own = closure(segments, wanted)
    moment = moment_of(world, [each.tree for each in own.values()])
    statement = compile_segments(levels(own, {}), moment)
    answer = world.warehouse.arrow(statement.sql)
    return {name: pack(_truth(answer[statement.columns[name]])) for name in wanted}


def moment_of(world: World, trees: Iterable[Tree]) -> Moment:
    """What the trees are compiled for in this world."""
    terms = [term for tree in trees for term in terms_of(tree)]
    return Moment(world.as_of, world.zone, find_thresholds(world.warehouse, terms))


def _truth(column: pa.ChunkedArray) -> np.ndarray:
    return column.combine_chunks().to_numpy(zero_copy_only=False).astype(bool)


def analyst_audiences(world: World, ids: pa.Array) -> dict[str, Bits]:
    """The analysts' own segments, and those that the world is lent, as bits over the same profiles."""
    found: dict[str, Bits] = dict(world.lent)
    for name in world.catalogue.analyst_segments:
        if name in found:
            continue
        rows = world.warehouse.arrow(
            """
            SELECT analyst_members.segment IS NOT NULL AS is_member
            FROM profiles
            LEFT JOIN analyst_members
                ON profiles.profile_id = analyst_members.profile_id AND analyst_members.segment = ?
            ORDER BY profiles.profile_id
            """,
            [name],
        )
        found[name] = pack(_truth(rows.column(0)))
    return found
