"""What the lake knows of one sync: its unfinished plan, what its destination holds, which columns it had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from activation.destinations.contract import Target
from activation.syncs.grammar import Sync
from activation.syncs.tables import ROOM
from kith.definitions.loader import canonical
from kith.ids import stable_id
from kith.lake import Commit, Home, commits

PLAN, FINISH, REOPEN = "plan", "finish", "reopen"


def target_id(sync: Sync) -> str:
    """The name of the place that a sync fills (md5 hex). Another place begins empty; another mode goes on."""
    return stable_id(sync.name, sync.to, canonical(sync.options), canonical(list(sync.key)))


@dataclass(frozen=True)
class Plan:
    """One committed plan. `phases` are the operations with the position at which each begins; they begin at multiples
    of `batch_size`, so a batch has one operation."""

    run_id: str
    commit: str
    path: Path
    sync: Sync
    version: str
    types: Mapping[str, str]
    batch_size: int
    phases: Sequence[tuple[str, int, int]]  # operation, first position, count
    as_of: str
    zone: str
    set_aside: int
    expression: str
    target_id: str
    meta: Mapping[str, Any]

    @property
    def row_count(self) -> int:
        return sum(count for _operation, _first, count in self.phases)

    @property
    def target(self) -> Target:
        sync = self.sync
        return Target(sync.name, sync.mode, sync.key, self.types, sync.options, self.zone)

    @classmethod
    def of(cls, found: Commit) -> Plan:
        meta = found.meta
        return cls(
            run_id=meta["run_id"],
            commit=found.name,
            path=found.table("plans"),
            sync=Sync.model_validate(meta["definition"]),
            version=meta["version"],
            types=meta["types"],
            batch_size=meta["batch_size"],
            phases=[(operation, first, count) for operation, first, count in meta["phases"]],
            as_of=meta["as_of"],
            zone=meta["zone"],
            set_aside=meta["set_aside"],
            expression=meta["expression"],
            target_id=meta["target"],
            meta=meta,
        )


@dataclass(frozen=True)
class History:
    """All commits of one sync, in their order."""

    commits: Sequence[Commit]

    @property
    def unfinished(self) -> Plan | None:
        """The plan that has no finish yet; there is one at most."""
        done = {each.meta["run_id"] for each in self.commits if each.meta["kind"] == FINISH}
        open_plans = [each for each in self._of(PLAN) if each.meta["run_id"] not in done]
        return Plan.of(open_plans[-1]) if open_plans else None

    @property
    def finished_plans(self) -> list[Commit]:
        """Plans whose run is finished: their rows are in the outcomes, and their content is needed no more."""
        done = {each.meta["run_id"] for each in self.commits if each.meta["kind"] == FINISH}
        return [each for each in self._of(PLAN) if each.meta["run_id"] in done]

    @property
    def last_shape(self) -> Mapping[str, Any] | None:
        """Version, definition and types of the last plan or finish."""
        return self.commits[-1].meta["shape"] if self.commits else None

    def held(self, target: str) -> list[Commit]:
        """The commits that together say what a destination holds: the last base and what came after it."""
        told = [each for each in self.commits if each.meta["target"] == target and each.meta["kind"] != PLAN]
        bases = [place for place, each in enumerate(told) if each.meta.get("is_base")]
        return told[bases[-1] if bases else 0 :]

    def _of(self, kind: str) -> list[Commit]:
        return [each for each in self.commits if each.meta["kind"] == kind]


def read_history(home: Home, sync: str) -> History:
    return History([each for each in commits(home, ROOM) if each.meta.get("sync") == sync])
