"""One tick of the engine: who enters, what is planned for them, and the one commit that holds all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from activation.attributes.state import evaluations_of, lay_values
from activation.contract import Decision
from activation.gates.contract import PlanView
from activation.journeys import tables
from activation.journeys.entry import enter
from activation.journeys.facts import attach, lay_out_gate_facts
from activation.journeys.form import ENTRY_STEP, EXIT_STEP, journeys_table, message_steps_table
from activation.journeys.messages import decide, draft, judge
from activation.journeys.programme import Programme, load_programme
from activation.journeys.variables import attributes_asked
from activation.journeys.versions import new_versions
from kith.lake import commit
from kith.log import get_logger
from kith.run import Run
from kith.settings import Settings
from kith.times import format_instant, to_utc_naive
from kith.warehouse import Warehouse

log = get_logger(__name__)

_TRANSITIONS = f"""
    -- One row per move: in, through the message step, out; all due at the instant of entry.
    WITH moves AS (
        SELECT journey, journey_version, enrolment_id, profile_id, '{ENTRY_STEP}' AS step_id,
               'entered' AS kind, entered_at AS at, 0 AS depth, '' AS reason
        FROM entrants
        UNION ALL
        SELECT journey, journey_version, enrolment_id, profile_id, step_id,
               CASE decision WHEN '{Decision.SEND}' THEN 'sent' ELSE 'withheld' END AS kind,
               decided_at AS at, 1 AS depth, reason
        FROM outbox
        UNION ALL
        SELECT journey, journey_version, enrolment_id, profile_id, '{EXIT_STEP}' AS step_id,
               'exited' AS kind, entered_at AS at, 2 AS depth, 'completed' AS reason
        FROM entrants
    )
    SELECT *, $as_of AS as_of FROM moves ORDER BY journey, enrolment_id, depth
"""

_ENROLMENTS = """
    SELECT *, $as_of AS as_of FROM entrants ORDER BY journey, enrolment_id
"""


@dataclass(frozen=True)
class PlanCounts:
    """What one tick did. `withheld` counts by reason; `commit` is empty where nothing was new."""

    journeys: int = 0
    enrolled: int = 0
    holdout: int = 0
    planned: int = 0
    send: int = 0
    withheld: Mapping[str, int] = field(default_factory=dict)
    commit: str = ""
    is_replay: bool = False


class ConservationError(RuntimeError):
    """Somebody would end without a decision, or with two: a fault of ours, so nothing is committed."""


def plan(settings: Settings, run: Run) -> PlanCounts:
    """Enrols, decides and commits everything that falls due by the run's `as_of`; nothing new, no commit.

    A replay decides just so and commits into a lake in its own folder: the live log stays as it is.
    """
    programme = load_programme(settings)
    if not programme.journeys:
        return PlanCounts(is_replay=run.is_replay)
    with Warehouse(settings) as warehouse:
        tick = _tick(settings, warehouse, run, programme)
    counts = _count(tick, programme, run)
    if counts.enrolled:
        log.info("planned", extra={"enrolled": counts.enrolled, "send": counts.send, "run": run.run_id})
    return counts if not counts.enrolled else _keep(settings, run, programme, tick, counts)


def _tick(settings: Settings, warehouse: Warehouse, run: Run, programme: Programme) -> dict[str, pa.Table]:
    """The tables of this tick by name, all empty where nobody entered."""
    warehouse.connection.register("journeys", journeys_table(programme.journeys))
    steps = message_steps_table(programme.journeys, dict(programme.templates))
    warehouse.connection.register("message_steps", steps)
    attach(warehouse, run)
    if not enter(warehouse, run):
        return {table.name: table.schema.empty_table() for table in tables.TABLES}
    lay_out_gate_facts(warehouse, run)
    draft(warehouse, programme.templates, _attributes(settings, warehouse, run, programme))
    view = PlanView(warehouse.connection, programme.caps_in_use(), programme.obeys())
    as_of = {"as_of": to_utc_naive(run.as_of)}
    outbox = decide(warehouse, judge(view), as_of["as_of"])
    warehouse.connection.register("outbox", outbox)
    return {
        "transitions": _shaped(tables.TRANSITIONS.schema, warehouse.arrow(_TRANSITIONS, as_of)),
        "enrolments": _shaped(tables.ENROLMENTS.schema, warehouse.arrow(_ENROLMENTS, as_of)),
        "outbox": outbox,
    }


def _attributes(
    settings: Settings, warehouse: Warehouse, run: Run, programme: Programme
) -> Mapping[str, str]:
    """The computed attributes that templates read, as of this run; nothing is read where none does."""
    asked = attributes_asked(programme.templates.values())
    return lay_values(warehouse, evaluations_of(settings, run), asked) if asked else {}


def _shaped(schema: pa.Schema, table: pa.Table) -> pa.Table:
    return table.select(schema.names).cast(schema)


def _count(tick: Mapping[str, pa.Table], programme: Programme, run: Run) -> PlanCounts:
    """Counts, and proves that everyone who entered has exactly one decision per message step."""
    outbox, enrolments = tick["outbox"], tick["enrolments"]
    steps = {journey.name: len(journey.steps) for journey in programme.journeys}
    expected = sum(steps[name] * count for name, count in _counted(enrolments["journey"]).items())
    messages = len(outbox["message_id"].unique())
    if not (outbox.num_rows == messages == expected):
        raise ConservationError(
            f"{expected} messages were due, {outbox.num_rows} decided, {messages} of them different"
        )
    reasons = _counted(outbox["reason"])
    send = reasons.pop("", 0)
    return PlanCounts(
        journeys=len(programme.journeys),
        enrolled=enrolments.num_rows,
        holdout=_counted(enrolments["is_holdout"]).get(True, 0),
        planned=outbox.num_rows,
        send=send,
        withheld=dict(sorted(reasons.items())),
        is_replay=run.is_replay,
    )


def _counted(column: pa.ChunkedArray) -> dict[Any, int]:
    return {each["values"]: each["counts"] for each in column.value_counts().to_pylist()}


def _keep(
    settings: Settings, run: Run, programme: Programme, tick: Mapping[str, pa.Table], counts: PlanCounts
) -> PlanCounts:
    home = run.home(settings)
    meta = {"as_of": format_instant(run.as_of), "run_id": run.run_id}
    with commit(home, "journeys", meta) as writer:
        for name, rows in tick.items():
            writer.write(name, rows)
        writer.write("versions", new_versions(home, programme, run.as_of))
    return replace(counts, commit=writer.name)
