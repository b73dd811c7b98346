"""From a definition and a snapshot to a plan: what would be pushed, or why nothing is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from activation.destinations.contract import (
    REMOVALS,
    Capabilities,
    DestinationPlugin,
    Mode,
    Operation,
    Target,
    TargetError,
)
from activation.syncs import guards
from activation.syncs.difference import OPERATIONS, Counts, any_change, lay_changes
from activation.syncs.grammar import Sync
from activation.syncs.held import DUPLICATE, Marks
from activation.syncs.history import PLAN, History, Plan, read_history, target_id
from activation.syncs.rows_sql import Shape, lay_source, marks_of
from activation.syncs.tables import HELD, OUTCOMES, PLANS, ROOM
from kith.definitions import Definition
from kith.errors import KithError
from kith.ids import stable_id
from kith.lake import CommitWriter, Home, commit
from kith.lake.commit_folder import read_commit
from kith.registry import plugin
from kith.settings import Settings
from kith.snapshot import Snapshot
from kith.times import format_instant
from kith.warehouse import Warehouse, literal

PACKAGE = "activation.destinations"


@dataclass(frozen=True)
class Consents:
    """What a person has looked at and lets pass in this run."""

    removal: bool = False
    schema: bool = False


@dataclass
class Look:
    """One look at a sync over one snapshot, its tables in an open warehouse."""

    settings: Settings
    definition: Definition[Sync]
    snapshot: Snapshot
    warehouse: Warehouse
    consents: Consents = Consents()
    counts: Counts | None = field(default=None, init=False)
    shape: Shape = field(default=Shape({}), init=False)

    @property
    def sync(self) -> Sync:
        return self.definition.body

    def held_back(self) -> str | None:
        """Compare; answers why the run must not go on, or None. Leaves the table `changes` and the counts."""
        where = str(self.definition.path.name)
        self.warehouse.attach_snapshot(self.snapshot)
        self.shape = Shape(lay_source(self.warehouse, self.sync, where))
        history, target = self.history(), target_id(self.sync)
        if not self.consents.schema and (why := guards.drift(self.sync, self.shape, history.last_shape)):
            return why
        marks = self.marks().present(self.warehouse, history, self.expression)
        self.counts = lay_changes(self.warehouse, history, target, self.shape.types, self.sync.mode, marks)
        return guards.empty(self.sync, self.counts) or (
            None if self.consents.removal else guards.removal(self.sync, self.counts)
        )

    def history(self) -> History:
        return read_history(Home(self.settings.home), self.sync.name)

    @property
    def expression(self) -> str:
        """What marks are made of; marks of another mode say nothing of what this one would do."""
        return f"{self.sync.mode.value}: {marks_of(self.shape.types)}"

    def marks(self) -> Marks:
        return Marks.of(Home(self.settings.home), target_id(self.sync))

    @property
    def operations(self) -> Mapping[str, Operation]:
        """By kind of change; an unchanged content isn't placed anew."""
        if self.sync.mode is Mode.REPLACE and (self.counts is None or not any_change(self.counts)):
            return {}
        return OPERATIONS[self.sync.mode]


def destination_of(
    sync: Sync, where: str, types: Mapping[str, str], zone: str
) -> tuple[DestinationPlugin, Target]:
    """The plugin and what it is asked for. A mode or an option it doesn't know is refused aloud."""
    found, target = (
        plugin(PACKAGE, sync.to, DestinationPlugin),
        Target(sync.name, sync.mode, sync.key, types, sync.options, zone),
    )
    able = found.capabilities
    if sync.mode not in able.modes:
        raise KithError(
            f"{sync.to} can't {sync.mode.value}", where=where, expected=", ".join(sorted(able.modes))
        )
    if unknown := sorted(set(sync.options) - set(able.options)):
        raise KithError(
            f"{sync.to} has no option {', '.join(unknown)}",
            where=where,
            expected=", ".join(able.options) or "none",
        )
    if missing := sorted(able.required - set(sync.options)):
        raise KithError(f"{sync.to} needs the option {', '.join(missing)}", where=where)
    if able.needs_consent and sync.consent is None:
        raise KithError(
            f"{sync.to} takes people for advertising, and the definition names no consent",
            where=where,
            way_out="add consent: {purpose: advertising, channel: ads}",
        )
    return found, target


def capabilities_of(found: DestinationPlugin, target: Target, where: str) -> Capabilities:
    try:
        return found.refine(target, found.capabilities)
    except TargetError as error:
        raise KithError(str(error), where=where) from None


def commit_plan(look: Look, batch_size: int) -> Plan | None:
    """Write down what this look found, and the marks that hold once it is done. None where there is nothing to do."""
    assert look.counts is not None, "a look comes before its plan"
    home, sync, target = Home(look.settings.home), look.sync, target_id(look.sync)
    phases = _lay_planned(look, batch_size)
    set_aside = look.counts.duplicate_keys
    if not phases and not set_aside:
        return None
    run_id = stable_id(sync.name, look.snapshot.run_id, str(len(look.history().commits)))
    write_marks(look, look.marks().fresh(run_id))
    meta = {
        "kind": PLAN,
        "sync": sync.name,
        "target": target,
        "run_id": run_id,
        "version": look.definition.version,
        "definition": look.definition.document,
        "types": dict(look.shape.types),
        "shape": shape_of(look),
        "batch_size": batch_size,
        "phases": phases,
        "as_of": format_instant(look.snapshot.as_of),
        "zone": look.settings.zone,
        "set_aside": set_aside,
        "expression": look.expression,
    }
    with commit(home, ROOM, meta) as writer:
        copy_table(look.warehouse, writer, "plans", _PLAN)
        copy_table(look.warehouse, writer, "held", _SET_ASIDE)
    return Plan.of(read_commit(home.lake / ROOM / writer.name))


def shape_of(look: Look) -> dict[str, Any]:
    """What the next look is held against."""
    return {"definition": dict(look.sync.fields), "types": dict(look.shape.types)}


def _lay_planned(look: Look, batch_size: int) -> Sequence[tuple[str, int, int]]:
    """Leave the table `planned`, positions given. Each operation begins at a multiple of the batch size."""
    cases = " ".join(
        f"WHEN {literal(change)} THEN {literal(operation.value)}"
        for change, operation in look.operations.items()
    )
    operation = f"CASE change {cases} END" if cases else "CAST(NULL AS VARCHAR)"
    look.warehouse.connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE planned AS
        SELECT *, {operation} AS operation FROM changes WHERE NOT is_duplicate AND operation IS NOT NULL"""
    )
    found = look.warehouse.rows("SELECT operation, count(*) AS n FROM planned GROUP BY operation")
    counts = {Operation(row["operation"]): row["n"] for row in found}
    phases, first = [], 0
    for each in sorted(counts, key=lambda each: (each not in REMOVALS, each.value)):
        phases.append((each.value, first, counts[each]))
        first += -(-counts[each] // batch_size) * batch_size
    firsts = " ".join(f"WHEN {literal(name)} THEN {first}" for name, first, _count in phases)
    look.warehouse.connection.execute(
        f"""
        CREATE OR REPLACE TEMP VIEW positioned AS
        SELECT *, row_number() OVER (PARTITION BY operation) - 1 + CASE operation {firsts or "WHEN '' THEN 0"} END AS
        position
        FROM planned"""
    )
    return phases


#: A removal of an audience's member tells who it is by its key, which is all that was ever told of it.
_PLAN = """
    SELECT position, operation, row_key, row_hash, held_hash, remote_id,
        CASE WHEN operation = 'remove' THEN row_key ELSE COALESCE(content, '{}') END AS content
    FROM positioned ORDER BY position"""


#: Keys that stand more than once: in the plan's own `held`, which counts for nothing until its run is finished.
_SET_ASIDE = f"""
    SELECT row_key, any_value(held_hash) AS row_hash, '{DUPLICATE}' AS refused_hash, any_value(remote_id) AS remote_id
    FROM changes WHERE is_duplicate GROUP BY row_key"""


def copy_table(warehouse: Warehouse, writer: CommitWriter, table: str, select: str) -> None:
    """Write a table of the room straight from DuckDB: a first sync of ten million rows doesn't fit twice into
    memory."""
    schema = {"plans": PLANS, "outcomes": OUTCOMES, "held": HELD}[table].schema
    kinds = {"int64": "BIGINT", "string": "VARCHAR", "bool": "BOOLEAN", "timestamp[us]": "TIMESTAMP"}
    columns = ", ".join(f"CAST({each.name} AS {kinds[str(each.type)]}) AS {each.name}" for each in schema)
    file = literal(str(writer.path / f"{table}.parquet"))
    warehouse.connection.execute(
        f"COPY (SELECT {columns} FROM ({select})) TO {file} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)"
    )


def write_marks(look: Look, file: Path) -> None:
    """The marks as they will be when every planned row was taken."""
    present = look.marks().present(look.warehouse, look.history(), look.expression)
    kept = f"SELECT place, mark FROM read_parquet({literal(str(present))})" if present else None
    is_narrow = kept is not None and look.sync.mode is not Mode.REPLACE
    told = "SELECT place, mark FROM planned WHERE mark IS NOT NULL"
    rest = (
        f"SELECT * FROM ({kept}) ANTI JOIN changes USING (place)"
        if is_narrow
        else f"SELECT {marks_of(look.shape.types)} FROM source WHERE row_key IS NOT NULL"
    )
    both = f"{rest} UNION ALL {told}" if is_narrow else rest
    look.warehouse.connection.execute(
        f"COPY ({both}) TO {literal(str(file))} (FORMAT parquet, COMPRESSION snappy)"
    )


__all__ = [
    "DUPLICATE",
    "Consents",
    "Look",
    "capabilities_of",
    "commit_plan",
    "copy_table",
    "destination_of",
    "write_marks",
]
