"""One run of one sync: finish what is unfinished, look, plan, push, write down."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import sqlalchemy as sa

from activation.destinations.contract import Destination, DestinationDown, TargetError
from activation.syncs.finishing import finish, sweep
from activation.syncs.grammar import KIND, Sync, find_sync, load_syncs
from activation.syncs.history import Plan, read_history, target_id
from activation.syncs.plan_rows import PlanRows
from activation.syncs.planning import (
    Consents,
    Look,
    capabilities_of,
    commit_plan,
    destination_of,
    write_marks,
)
from activation.syncs.progress import Progress
from activation.syncs.pushing import Pusher, Wait
from activation.syncs.schema import LOOKS
from activation.syncs.settlement import Policy
from activation.syncs.tables import DEFINITIONS
from kith.clock import Clock
from kith.definitions import Definition, land_versions
from kith.durable import exclusive
from kith.errors import KithError
from kith.lake import Home
from kith.settings import Settings
from kith.snapshot import Snapshot, current_snapshot
from kith.state import StateDatabase
from kith.times import parse_instant, to_utc_naive
from kith.warehouse import Warehouse

FINISHED, UNFINISHED, HELD, UNCHANGED, SKIPPED = "finished", "unfinished", "held", "unchanged", "skipped"


@dataclass(frozen=True)
class Report:
    """What one call did. `outcomes` counts rows of every run that it brought to an end."""

    sync: str
    state: str
    detail: str = ""
    run_id: str = ""
    found: Mapping[str, int] = field(default_factory=dict)
    outcomes: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_well(self) -> bool:
        return self.state in (FINISHED, UNCHANGED, SKIPPED)


@dataclass(frozen=True)
class Engine:
    """What a run is handed. `pause` sleeps; `told` hears how many rows were settled."""

    settings: Settings
    clock: Clock
    pause: Wait = time.sleep
    told: Callable[[int], None] = lambda count: None

    def run(self, name: str, consents: Consents = Consents(), snapshot: Snapshot | None = None) -> Report:
        """Bring the destination to what the snapshot says (the published one by default). One run of a sync at a
        time."""
        definition = find_sync(self.settings, name)
        home = Home(self.settings.home)
        with exclusive(home.locks / f"sync-{name}"):
            database = StateDatabase.open(self.settings)
            try:
                land_versions(home, DEFINITIONS, load_syncs(self.settings), self.clock.now())
                report = self._run(database, definition, consents, snapshot or published(self.settings))
                self._remember(database, report)
                return report
            finally:
                database.close()

    def _run(
        self, database: StateDatabase, definition: Definition[Sync], consents: Consents, snapshot: Snapshot
    ) -> Report:
        name, outcomes = definition.name, dict[str, int]()
        if plan := self._unfinished(database, name):
            report = self._push(database, plan)
            if report.state != FINISHED:
                return report
            outcomes = dict(report.outcomes)
        with Warehouse(self.settings) as warehouse:
            look = Look(self.settings, definition, snapshot, warehouse, consents)
            why = look.held_back()
            found = asdict(look.counts) if look.counts else {}
            if why:
                return Report(name, HELD, why, found=found, outcomes=outcomes)
            plan = self._plan(look)
        if plan is None:
            state = FINISHED if outcomes else UNCHANGED
            return Report(name, state, found=found, outcomes=outcomes)
        report = self._push(database, plan)
        both = {
            key: outcomes.get(key, 0) + report.outcomes.get(key, 0) for key in {*outcomes, *report.outcomes}
        }
        return Report(name, report.state, report.detail, plan.run_id, found, both)

    def _unfinished(self, database: StateDatabase, name: str) -> Plan | None:
        """The plan that a run left behind; what finished runs left is swept away."""
        history = read_history(Home(self.settings.home), name)
        for each in history.finished_plans:
            sweep(self.settings, name, Progress(database, each.meta["run_id"]))
        return history.unfinished

    def _plan(self, look: Look) -> Plan | None:
        """Refused before anything is written, where the destination can't take it."""
        where = look.definition.path.name
        found, target = destination_of(look.sync, where, look.shape.types, self.settings.zone)
        able = capabilities_of(found, target, where)
        _built(found.build, target, where)
        plan = commit_plan(look, able.batch_size)
        if plan is None and look.marks().present(look.warehouse, look.history(), look.expression) is None:
            _keep_marks(look)
        return plan

    def _push(self, database: StateDatabase, plan: Plan) -> Report:
        where = f"{KIND}/{plan.sync.name}.yml"
        found, target = destination_of(plan.sync, where, plan.types, plan.zone)
        policy = Policy(capabilities_of(found, target, where), plan.sync.when_unknown)
        progress = Progress(database, plan.run_id)
        stopped = ""
        try:
            with _opened(_built(found.build, target, where)) as destination:
                withdrawn = self._withdrawals(database, plan)
                pusher = Pusher(
                    PlanRows(plan), progress, destination, policy, self.pause, self.told, withdrawn
                )
                stopped = pusher.push()
                if not stopped:
                    destination.finish(plan.run_id, parse_instant(plan.as_of))
        except DestinationDown as down:
            stopped = str(down)
        if stopped:
            return Report(plan.sync.name, UNFINISHED, f"{plan.sync.to}: {stopped}", plan.run_id)
        counts = finish(self.settings, plan, progress, self.clock.now())
        return Report(plan.sync.name, FINISHED, run_id=plan.run_id, outcomes=counts)

    def _withdrawals(
        self, database: StateDatabase, plan: Plan
    ) -> Callable[[Sequence[str | None]], Sequence[int]] | None:
        if plan.sync.consent is None:
            return None
        from activation.syncs.withdrawals import Withdrawals

        return Withdrawals(self.settings, database, published(self.settings), plan, plan.sync.consent).among

    def _remember(self, database: StateDatabase, report: Report) -> None:
        values = {
            "sync": report.sync,
            "state": report.state,
            "detail": report.detail,
            "run_id": report.run_id,
            "counts": json.dumps({"found": dict(report.found), "outcomes": dict(report.outcomes)}),
            "looked_at": to_utc_naive(self.clock.now()),
        }
        with database.begin() as connection:
            connection.execute(LOOKS.delete().where(LOOKS.c.sync == report.sync))
            connection.execute(LOOKS.insert().values(values))


def published(settings: Settings) -> Snapshot:
    """The snapshot that the pointer leads to."""
    present = current_snapshot(Home(settings.home))
    if present is None:
        raise KithError("nothing was published yet", way_out="run 'kith run' first")
    return present


def last_looks(database: StateDatabase) -> dict[str, dict[str, Any]]:
    """What the last look at each sync found."""
    with database.read() as connection:
        return {row.sync: row._asdict() for row in connection.execute(sa.select(LOOKS))}


def _built(build: Callable[[Any], Destination], target: Any, where: str) -> Destination:
    try:
        return build(target)
    except TargetError as error:
        raise KithError(str(error), where=where) from None


@contextmanager
def _opened(destination: Destination):
    try:
        destination.open()
        yield destination
    finally:
        destination.close()


def _keep_marks(look: Look) -> None:
    """Nothing differs and there are no marks, or another DuckDB's: the next look is cheap again."""
    held = look.history().held(target_id(look.sync))
    if held:
        file = look.marks().fresh("again")
        write_marks(look, file)
        look.marks().adopt(look.warehouse, file, held[-1].name, look.expression)
