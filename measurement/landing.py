"""The definitions of this room land as tables before the warehouse is built: dbt reads rows, never YAML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kith.definitions import Definition, load_kind
from kith.lake import Home, LakeTable, commit, commits
from kith.run import Run
from kith.settings import Settings
from kith.times import format_instant, to_utc_naive
from measurement.attribution import read_attribution, rule_rows, touch_rows
from measurement.funnel_rows import funnel_rows
from measurement.funnels import Funnel
from measurement.state import replace_tables
from measurement.tables import ATTRIBUTION, ATTRIBUTION_RULES, FUNNEL_STEPS, FUNNELS, TOUCH_KINDS


@dataclass(frozen=True)
class Landed:
    """How many definitions there are, how many versions were new, and the commit, None if nothing changed."""

    funnel_count: int
    attribution_count: int
    new_versions: int
    commit: str | None


def land_definitions(settings: Settings, run: Run) -> Landed:
    """Check and land funnels and attribution: their present rows, and each new version for good."""
    home = run.home(settings)
    funnels = load_kind(settings, "funnels", Funnel)
    attribution = read_attribution(settings)
    new = _append(home, FUNNELS, funnels, run.as_of) + _append(home, ATTRIBUTION, attribution, run.as_of)
    present = {
        FUNNEL_STEPS.name: funnel_rows(funnels),
        ATTRIBUTION_RULES.name: rule_rows(attribution),
        TOUCH_KINDS.name: touch_rows(attribution),
    }
    name = replace_tables(home, FUNNEL_STEPS.room, present, run.as_of)
    return Landed(len(funnels), len(attribution), new, name)


def _append(home: Home, table: LakeTable, definitions: Sequence[Definition[Any]], as_of: datetime) -> int:
    """A row for each version that isn't the latest of its name."""
    latest = _latest_versions(home, table)
    rows = [
        {
            "kind": table.name,
            "name": each.name,
            "version": each.version,
            "body": each.json,
            "path": f"{each.path.parent.name}/{each.path.name}",
            "effective_at": to_utc_naive(as_of),
        }
        for each in definitions
        if latest.get(each.name) != each.version
    ]
    if rows:
        with commit(home, table.room, {"as_of": format_instant(as_of), "kind": table.name}) as writer:
            writer.write(table.name, pa.Table.from_pylist(rows, schema=table.schema))
    return len(rows)


def _latest_versions(home: Home, table: LakeTable) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in commits(home, table.room):
        if (file := each.table(table.name)).exists():
            found |= {row["name"]: row["version"] for row in pq.read_table(file).to_pylist()}
    return found
