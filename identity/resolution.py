"""From the event log to profiles: complete state in one commit, and only if something changed."""

from __future__ import annotations

from dataclasses import dataclass

from identity.pairs import extract_pairs
from identity.rules import load_rules
from identity.state import State, differs, resolve_pairs
from kith.lake import commit
from kith.log import get_logger
from kith.run import Run
from kith.settings import Settings
from kith.times import format_instant
from kith.warehouse import Warehouse

log = get_logger(__name__)

EVENTS = "lake_events_events"
ROOM = "identity"


@dataclass(frozen=True)
class Resolution:
    """What one resolution found. `commit` is the commit that holds it, new or not."""

    identifier_count: int
    profile_count: int
    pair_count: int
    conflict_count: int
    alias_count: int
    is_changed: bool
    commit: str


def resolve(settings: Settings, run: Run) -> Resolution:
    """Resolve all that counts before `run.as_of`. A replay's answer is kept beside its own warehouse."""
    rules = load_rules(settings)
    previous = run.previous_commit(settings, ROOM)
    with Warehouse(settings) as warehouse:
        warehouse.attach_lake("events")
        extract_pairs(warehouse, rules.body, run.as_of, EVENTS)
        state = resolve_pairs(warehouse, rules.body, run.as_of, previous)
        pair_count = int(warehouse.value("SELECT COUNT(*) FROM pairs"))
        is_changed = run.is_replay or previous is None or differs(warehouse, previous, state)
    name = previous.name if previous and not is_changed else _write(settings, run, state, rules.version)
    found = Resolution(
        identifier_count=state.identifiers.num_rows,
        profile_count=len(state.identifiers["profile_id"].unique()),
        pair_count=pair_count,
        conflict_count=state.conflicts.num_rows,
        alias_count=state.aliases.num_rows,
        is_changed=is_changed,
        commit=name,
    )
    log.info("resolved", extra={"profiles": found.profile_count, "conflicts": found.conflict_count})
    return found


def _write(settings: Settings, run: Run, state: State, rules_version: str) -> str:
    meta = {"as_of": format_instant(run.as_of), "rules_version": rules_version}
    with commit(run.home(settings), ROOM, meta) as writer:
        for name, rows in state.tables().items():
            writer.write(name, rows)
    return writer.name
