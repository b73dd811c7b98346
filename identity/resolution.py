"""From the event log to profiles: each run counts what it had not counted, and commits if there was any."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from identity.changes import Changes, compare
from identity.cursor import Cursor, is_sound, lay_fresh, read_cursor
from identity.dictionary import Collision, key
from identity.diff import lay_comparison
from identity.exceptions import read_splits
from identity.full import FullResolution, resolve_evidence
from identity.increment import resolve_increment
from identity.matching.proposals import accepted_edges, is_matching
from identity.pairs import PREVIOUS, bearings, extract_pairs
from identity.rules import IdentityRules, load_rules
from identity.store import ROOM, attach_state, read_extent
from identity.touched import Retyped
from identity.writing import COUNTS, Counting, Resolution, write_full, write_step
from kith.lake import Home
from kith.log import get_logger
from kith.run import Run
from kith.settings import Settings
from kith.warehouse import Warehouse

log = get_logger(__name__)

EVENTS = "fresh_events"


def resolve(settings: Settings, run: Run) -> Resolution:
    """Resolve all that counts before `run.as_of`. A replay's answer is kept beside its own warehouse."""
    rules = load_rules(settings)
    previous = run.previous_commit(settings, ROOM)
    with Warehouse(settings) as warehouse:
        counting = Counting(settings, run, rules, previous, warehouse)
        cursor = _continued(counting)
        found = _resolve_fresh(counting, cursor) if cursor else _resolve_all(counting)
    log.info("resolved", extra={"profiles": found.profile_count, "conflicts": found.conflict_count})
    return found


def _continued(counting: Counting) -> Cursor | None:
    """The cursor to go on from; None if all must be resolved anew, as while merges are proposed: who looks
    like whom is a matter of everybody."""
    previous, run = counting.previous, counting.run
    if previous is None or run.is_replay or read_extent(previous.meta) is None:
        return None
    if is_matching(counting.settings) or previous.meta.get("matching_version"):
        return None
    told = (previous.meta.get("rules_version"), previous.meta.get("engine"))
    cursor = read_cursor(previous.meta)
    if cursor is None or told != (counting.rules.version, duckdb.__version__):
        return None
    return cursor if is_sound(Home(counting.settings.home), cursor, run.as_of) else None


def _resolve_fresh(counting: Counting, cursor: Cursor) -> Resolution:
    warehouse, previous, rules = counting.warehouse, counting.previous, counting.rules.body
    assert previous is not None
    home = Home(counting.settings.home)
    now = lay_fresh(warehouse, home, cursor, counting.run.as_of)
    row_count = int(warehouse.value(f"SELECT COUNT(*) FROM {EVENTS}"))
    if row_count == 0:
        told = {name: int(previous.meta[name]) for name in COUNTS}
        return Resolution(
            **told, row_count=0, changed_count=0, is_full=False, is_changed=False, commit=previous.name
        )
    attach_state(warehouse, home, previous)
    salt = int(previous.meta["salt"])
    try:
        extract_pairs(warehouse, rules, EVENTS, _known_users(rules, salt))
        splits = read_splits(warehouse, EVENTS, "SELECT * FROM known_splits")
        step = resolve_increment(warehouse, rules, splits, salt)
    except (Retyped, Collision):
        return _resolve_all(counting)
    warehouse.connection.register("splits_now", splits)
    is_split = warehouse.value("SELECT EXISTS (FROM splits_now EXCEPT FROM known_splits)")
    found = Resolution(
        identifier_count=int(previous.meta["identifier_count"]) + step.new_identifiers,
        profile_count=int(previous.meta["profile_count"]) + step.new_profiles,
        conflict_count=step.conflicts.num_rows,
        row_count=row_count,
        changed_count=step.identifiers.num_rows,
        is_full=False,
        is_changed=bool(step.identifiers.num_rows or step.is_conflict_changed or is_split),
        commit="",
    )
    return write_step(counting, now, step, splits, found)


def _resolve_all(counting: Counting) -> Resolution:
    warehouse, run, rules = counting.warehouse, counting.run, counting.rules
    home = Home(counting.settings.home)
    now = lay_fresh(warehouse, home, None, run.as_of)
    extract_pairs(warehouse, rules.body, EVENTS)
    splits = read_splits(warehouse, EVENTS)
    accepted = accepted_edges(counting.settings, run, warehouse, rules.body, EVENTS)
    counting = replace(counting, matching=accepted.version)
    full = resolve_evidence(warehouse, rules.body, splits, accepted=accepted.edges)
    changes = None if run.is_replay else _compared(counting, full)
    found = Resolution(
        identifier_count=full.identifier_count,
        profile_count=full.profile_count,
        conflict_count=full.conflicts.num_rows,
        row_count=int(warehouse.value(f"SELECT COUNT(*) FROM {EVENTS}")),
        changed_count=full.identifier_count,
        is_full=True,
        is_changed=changes is None or not changes.is_empty,
        commit="",
    )
    return write_full(counting, now, full, splits, found, changes)


def _compared(counting: Counting, full: FullResolution) -> Changes | None:
    """What differs from the state before; None if there was none."""
    previous, home = counting.previous, Home(counting.settings.home)
    if previous is None or read_extent(previous.meta) is None:
        return None
    attach_state(counting.warehouse, home, previous)
    has_segments = lay_comparison(counting.warehouse, counting.rules.body, full, home)
    changes = compare(counting.warehouse, has_segments)
    if previous.meta.get("rules_version") != counting.rules.version:
        log.info("the rules of identity changed", extra=vars(changes))
    return changes


def _known_users(rules: IdentityRules, salt: int) -> str:
    """SQL: of the ids that aliases leave behind, those known as ids of the most believed type."""
    [previous] = [each.column for each in bearings(rules) if each.kind == PREVIOUS]
    return f"""
        SELECT identifier_value FROM known_identifiers
        WHERE EXISTS (SELECT 1 FROM bearings WHERE {previous} IS NOT NULL) AND identifier_key IN (
            SELECT {key("0", previous, salt)} FROM bearings WHERE {previous} IS NOT NULL
        )
    """
