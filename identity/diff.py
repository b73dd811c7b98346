"""What other rules would make of the same log; nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from identity.changes import Changes, compare, sample
from identity.cursor import lay_fresh
from identity.exceptions import read_splits
from identity.full import FullResolution, identifier_rows, resolve_evidence
from identity.matching.layer import MatchingRules, is_layer, load_layer
from identity.matching.proposals import merges_in_effect
from identity.pairs import extract_pairs
from identity.rules import IdentityRules, load_rules
from identity.store import attach_state, present_state
from identity.tables import IDENTIFIERS
from kith.definitions import load_definition
from kith.lake import Home, latest_commit
from kith.settings import Settings
from kith.times import parse_instant
from kith.warehouse import Warehouse


@dataclass(frozen=True)
class RulesDiff:
    """Counts, and a sample of merges, splits and touched memberships."""

    changes: Changes
    samples: dict[str, list[dict[str, Any]]]


def diff_rules(settings: Settings, path: Path) -> RulesDiff:
    """Resolve what the present state has counted under the rules of a file, and compare. The file is one of
    rules, or one that says how merges are proposed (`matching.yml`); the other is the workspace's own."""
    rules, layer = _read(settings, path)
    home = Home(settings.home)
    state = present_state(home)
    as_of = parse_instant(str(state.meta["as_of"]))
    with Warehouse(settings) as warehouse:
        attach_state(warehouse, home, state)
        lay_fresh(warehouse, home, None, as_of)
        extract_pairs(warehouse, rules, "fresh_events")
        accepted = merges_in_effect(warehouse, rules, layer, "fresh_events")
        splits = read_splits(warehouse, "fresh_events")
        full = resolve_evidence(warehouse, rules, splits, accepted=accepted.edges)
        has_segments = lay_comparison(warehouse, rules, full, home)
        return RulesDiff(compare(warehouse, has_segments), sample(warehouse, has_segments))


def _read(settings: Settings, path: Path) -> tuple[IdentityRules, MatchingRules | None]:
    if is_layer(path):
        return load_rules(settings).body, load_definition(path, MatchingRules, kind="identity").body
    layer = load_layer(settings)
    return load_definition(path, IdentityRules, kind="identity").body, layer.body if layer else None


def lay_comparison(warehouse: Warehouse, rules: IdentityRules, full: FullResolution, home: Home) -> bool:
    """The relations that `compare` reads, from the attached state to a full resolution; whether segments
    were ever evaluated."""
    parts = [IDENTIFIERS.conform(rows) for rows in identifier_rows(warehouse, rules, full)]
    after = pa.concat_tables(parts) if parts else IDENTIFIERS.schema.empty_table()
    warehouse.connection.register("after_identifiers", after)
    warehouse.connection.register("after_conflicts", full.conflicts)
    for name in ("identifiers", "conflicts"):
        warehouse.connection.execute(f"CREATE OR REPLACE TEMP VIEW before_{name} AS FROM known_{name}")
    if latest_commit(home, "segments") is None:
        return False
    warehouse.attach_lake("segments")
    return True
