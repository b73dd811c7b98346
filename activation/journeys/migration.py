"""Moving people from older versions of a journey into the steps of the present one, by an explicit map.

A migration takes effect at the instant up to which the last run decided: where everybody is at it stands in the
log. It is one commit of the log itself, so that whatever reads the log, the rebuilt positions among them, knows
it. Who stands in a step comes into the step of the map, or into the one of the same id, and begins there anew. A
step that neither the map nor the present version has is a mistake, told before anything happens.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

from activation.journeys.controls import Control, record
from activation.journeys.engine.state import attach_state
from activation.journeys.graph import EXIT, Graph
from activation.journeys.horizon import POSITIONS
from activation.journeys.programme import load_programme
from activation.journeys.report import refuse_unknown, whereabouts
from activation.journeys.tables import TRANSITIONS, VERSIONS
from activation.journeys.versions import graph_row
from kith.errors import KithError
from kith.lake import Home, commit, latest_commit
from kith.settings import Settings
from kith.times import parse_instant, to_utc_naive
from kith.warehouse import Warehouse

OUT, MIGRATED = "out", "migrated"

_MOVED = """
    -- One row per enrolment of an older version that is in a step: its move into the present version, or out.
    WITH last AS (
        SELECT enrolment_id, any_value(journey) AS journey, arg_max(journey_version, depth) AS journey_version,
               arg_max(profile_id, depth) AS profile_id, arg_max(to_node_id, depth) AS node_id, max(depth) AS depth
        FROM lake_journeys_transitions
        WHERE journey = $journey
        GROUP BY enrolment_id
    )
    SELECT l.journey, $version AS journey_version, l.enrolment_id, l.profile_id, l.node_id,
           split_part(l.node_id, '#', 1) AS step_id, $label AS label, s.to_node_id,
           CASE s.to_node_id WHEN '' THEN 'exited' ELSE 'moved' END AS kind, $moment AS at, l.depth + 1 AS depth,
           CASE s.to_node_id WHEN '' THEN 'stopped' ELSE '' END AS reason, false AS is_late, $moment AS as_of
    FROM last AS l
    JOIN migration_steps AS s ON s.node_id = l.node_id
    WHERE l.journey_version <> $version
    ORDER BY l.enrolment_id
"""


def read_map(pairs: tuple[str, ...]) -> dict[str, str]:
    """`old=new` pairs; `old=out` lets those in the step leave."""
    found: dict[str, str] = {}
    for pair in pairs:
        old, equals, new = pair.partition("=")
        if not (old and equals and new) or old in found:
            raise KithError(
                f"'{pair}' is no pair of steps, or one too many", expected="such as wait:3d=wait:5d"
            )
        found[old] = EXIT if new == OUT else new
    return found


def foresee(settings: Settings, journey: str, steps: Mapping[str, str]) -> list[dict[str, Any]]:
    """One row per older version and step with people: where they would go. Raises KithError where that is nowhere."""
    refuse_unknown(settings, journey)
    present = load_programme(settings).graphs[journey]
    known = {*(node.node_id for node in present.nodes), *(node.step_id for node in present.nodes)}
    if unknown := sorted(new for new in steps.values() if new not in known and new != EXIT):
        raise KithError(f"{journey} has no step {unknown[0]}", expected=", ".join(sorted(known)))
    return [
        {
            "journey": journey,
            "from_version": row["version"],
            "step": row["node_id"],
            "enrolments": row["enrolments"],
            "to_step": _target(present, row, steps) or OUT,
        }
        for row in whereabouts(settings, journey)
        if row["node_id"] and row["version"] != present.version
    ]


def _target(present: Graph, row: Mapping[str, Any], steps: Mapping[str, str]) -> str:
    """The node of the present version, in the same lap where it has that lap; EXIT for who leaves."""
    node_id = str(row["node_id"])
    step, mark, lap = node_id.partition("#")
    nodes = {node.node_id for node in present.nodes}
    for wanted in (steps.get(node_id), steps.get(step), node_id, step):
        if wanted == EXIT:
            return EXIT
        for candidate in (f"{wanted}{mark}{lap}", wanted):
            if candidate in nodes:
                return str(candidate)
    raise KithError(
        f"{row['enrolments']} are in {node_id}, which the present version of {row['journey']} doesn't have",
        way_out=f"say where they go: --map '{node_id}=STEP', or '={OUT}'",
    )


def migrate(
    settings: Settings, journey: str, steps: Mapping[str, str], by: str, now: datetime
) -> list[dict[str, Any]]:
    """Moves them, and tells what it did. Raises KithError where there is nobody to move, or a run is on its way."""
    home = Home(settings.home)
    last = latest_commit(home, "journeys")
    with _between_runs(settings):
        rows = foresee(settings, journey, steps)
        if not rows or last is None:
            raise KithError(
                f"nobody is in an older version of {journey}", way_out="see 'kith journeys status --steps'"
            )
        present = load_programme(settings).graphs[journey]
        moment = to_utc_naive(parse_instant(last.meta["as_of"]))
        moved = _moved(settings, present, rows, moment)
        with commit(
            home, "journeys", {"as_of": last.meta["as_of"], "run_id": f"migration-{journey}", "by": by}
        ) as writer:
            writer.write(TRANSITIONS.name, moved)
            writer.write(
                VERSIONS.name, pa.Table.from_pylist([graph_row(present, moment)], schema=VERSIONS.schema)
            )
    told = {row["step"]: "" if row["to_step"] == OUT else str(row["to_step"]) for row in rows}
    record(home, Control(journey, "migrate", now, by, present.version, told))
    return rows


def _moved(settings: Settings, present: Graph, rows: list[dict[str, Any]], moment: datetime) -> pa.Table:
    targets = {row["step"]: "" if row["to_step"] == OUT else row["to_step"] for row in rows}
    table = pa.table({"node_id": list(targets), "to_node_id": list(targets.values())})
    named = {"journey": present.journey, "version": present.version, "label": MIGRATED, "moment": moment}
    with Warehouse(settings) as warehouse:
        warehouse.attach_lake("journeys")
        warehouse.connection.register("migration_steps", table)
        found = warehouse.arrow(_MOVED, named)
    return found.select(TRANSITIONS.schema.names).cast(TRANSITIONS.schema)


@contextmanager
def _between_runs(settings: Settings) -> Iterator[None]:
    """Holds the positions, which a run holds as long as it is at the journeys."""
    file = settings.home / POSITIONS
    file.parent.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect()
    try:
        attach_state(connection, file)
        yield
    except duckdb.IOException:
        raise KithError("a run is at the journeys right now", way_out="try again when it is done") from None
    finally:
        connection.close()
