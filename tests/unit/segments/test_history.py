"""What entered and left adds up, day by day, to who is in by an evaluation of that day alone."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random

import pyarrow.parquet as pq

from activation.segments.evaluation import evaluate, load_segments
from activation.segments.sql_evaluator import evaluate_sql, read_segments
from activation.segments.world import open_world
from kith.lake import commits
from kith.run import Run, publish_run
from kith.settings import Settings
from tests.unit.segments.room import Room
from tests.unit.segments.shifting import BODIES, Shifting, pass_days
from tests.unit.segments.world import AS_OF

DAY = timedelta(days=1)
DAYS = 60
Members = set[tuple[str, str]]


def test_history__over_sixty_days_equals_sixty_full_evaluations(settings: Settings, tmp_path: Path) -> None:
    """People come, merge and vanish, and some events are heard of late."""
    world, room = Shifting(Random(60)), Room(settings, tmp_path)
    world.come(18)
    bodies = {name: BODIES[name] for name in ("buyers", "lapsed", "keen", "british", "rest")}
    folded: Members = set()
    as_of, read, moved, merged = AS_OF, 0, 0, 0
    for _ in range(DAYS):
        run = room.begin(as_of, world.seen(), bodies, aliases=world.aliases)
        evaluate(room.told, run)
        folded = {(name, world.aliases.get(who, who)) for name, who in folded}
        rows = _rows(room)
        for name, who, change in rows[read:]:
            assert ((name, who) in folded) == (change == "left")
            folded ^= {(name, who)}
        assert folded == set(room.members()) == _alone(room, run, list(bodies))
        moved, merged, read = moved + len(rows) - read, len(world.aliases), len(rows)
        publish_run(room.told, run)
        as_of = pass_days(world, as_of, DAY)
    assert moved > 200
    assert merged > 10


def _rows(room: Room) -> list[tuple[str, str, str]]:
    """Every change in order, under the ids with which it was evaluated."""
    found = [pq.read_table(each.table("history")) for each in commits(room.home, "segments")]
    return [(row["segment"], row["profile_id"], row["change"]) for each in found for row in each.to_pylist()]


def _alone(room: Room, run: Run, names: list[str]) -> Members:
    """Who is in at one instant, evaluated from nothing."""
    with open_world(room.told, run.snapshot) as world:
        found = evaluate_sql(world, read_segments(world, load_segments(room.told)))
    return {(name, who) for name in names for who in found.members(name).to_pylist()}
