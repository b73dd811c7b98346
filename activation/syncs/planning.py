"""From a definition and a snapshot to a plan: what would be pushed, or why nothing is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from activation.destinations.contract import (
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
from activation.syncs.held import Marks
from activation.syncs.history import PLAN, History, Plan, read_history, target_id
from activation.syncs.planned import lay_planned, write_plan
from activation.syncs.rows_sql import MARK, Shape, lay_source, marks_of
from activation.syncs.tables import ROOM
from kith.definitions import Definition
from kith.errors import KithError
from kith.ids import stable_id
from kith.lake import Home, commit
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
    is_narrow: bool = field(default=False, init=False)  # whether only rows whose marks differ were looked at

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
        self.counts, self.is_narrow = lay_changes(
            self.warehouse, history, target, self.shape.types, self.sync, marks
        )
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
    phases = lay_planned(look.warehouse, look.operations, batch_size)
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
        write_plan(look.warehouse, writer, phases)
    return Plan.of(read_commit(home.lake / ROOM / writer.name))


def shape_of(look: Look) -> dict[str, Any]:
    """What the next look is held against."""
    return {"definition": dict(look.sync.fields), "types": dict(look.shape.types)}


def write_marks(look: Look, file: Path) -> None:
    """The marks as they will be when every planned row was taken: of every row of the source.

    After a look by marks only what differed is exchanged. A key that is new and stands twice is left out, so that it
    stays new; any other doubt was settled by a look at every row.
    """
    present = look.marks().present(look.warehouse, look.history(), look.expression)
    columns = f"place, {MARK}"
    if look.is_narrow and present is not None:
        select = f"""
            SELECT {columns} FROM read_parquet({literal(str(present))}) ANTI JOIN candidates USING (place)
            UNION ALL
            SELECT {columns} FROM candidates WHERE row_key IS NOT NULL
            QUALIFY count(*) OVER (PARTITION BY place) = 1"""
    else:
        select = f"SELECT {marks_of(look.shape.types)} FROM source WHERE row_key IS NOT NULL"
    look.warehouse.connection.execute(
        f"COPY ({select}) TO {literal(str(file))} (FORMAT parquet, COMPRESSION snappy)"
    )


__all__ = [
    "Consents",
    "Look",
    "capabilities_of",
    "commit_plan",
    "destination_of",
    "write_marks",
]
