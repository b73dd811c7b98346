"""What there is to see of syncs: the list, one diff, the dead letters."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from activation.destinations.contract import DestinationPlugin
from activation.syncs.grammar import find_sync, load_syncs
from activation.syncs.planning import PACKAGE, Consents, Look, destination_of
from activation.syncs.running import last_looks, published
from activation.syncs.tables import ROOM
from kith.registry import plugins
from kith.settings import Settings
from kith.snapshot import Snapshot
from kith.state import StateDatabase
from kith.warehouse import Warehouse

SHOWN = 20


def list_syncs(settings: Settings) -> list[dict[str, Any]]:
    """One row per definition, with what the last look at it found."""
    database = StateDatabase.open(settings)
    try:
        looks = last_looks(database)
    finally:
        database.close()
    known = plugins(PACKAGE, DestinationPlugin)
    rows = []
    for each in load_syncs(settings):
        look = looks.get(each.name, {})
        counts = json.loads(look["counts"]) if look else {}
        rows.append(
            {
                "sync": each.name,
                "to": each.body.to,
                "mode": each.body.mode.value,
                "schedule": each.body.schedule if each.body.is_active else "inactive",
                "configured": each.body.to in known and known[each.body.to].is_configured(),
                "state": look.get("state", "never run"),
                "looked_at": look.get("looked_at"),
                "outcomes": ", ".join(
                    f"{count} {name}" for name, count in counts.get("outcomes", {}).items()
                ),
                "detail": look.get("detail", ""),
            }
        )
    return rows


def diff(settings: Settings, name: str, snapshot: Snapshot | None = None) -> dict[str, Any]:
    """A dry run: what the next run would push, with a sample, and which guard would stop it. Changes nothing."""
    definition = find_sync(settings, name)
    with Warehouse(settings) as warehouse:
        look = Look(settings, definition, snapshot or published(settings), warehouse, Consents())
        why = look.held_back()
        destination_of(look.sync, definition.path.name, look.shape.types, settings.zone)
        if look.counts is None:
            return {"sync": name, "held_back": why or "", "rows": [], "operations": {}, "found": {}}
        operations = look.operations
        counted = warehouse.rows(
            "SELECT change, count(*) AS n FROM changes WHERE NOT is_duplicate GROUP BY change"
        )
        would = {operations[row["change"]].value: 0 for row in counted if row["change"] in operations}
        for row in counted:
            if row["change"] in operations:
                would[operations[row["change"]].value] += row["n"]
        sample = warehouse.rows(
            f"""
            SELECT change, row_key, content FROM changes
            WHERE change <> 'same' OR is_duplicate ORDER BY change, row_key LIMIT {SHOWN}"""
        )
        unfinished = look.history().unfinished
        return {
            "sync": name,
            "held_back": why or "",
            "unfinished_run": unfinished.run_id if unfinished else "",
            "found": asdict(look.counts),
            "operations": would,
            "rows": [
                {
                    **row,
                    "operation": operations[row["change"]].value if row["change"] in operations else "none",
                }
                for row in sample
            ],
        }


def dead_letters(settings: Settings, name: str, limit: int) -> list[dict[str, Any]]:
    """Rows whose last outcome is none that took effect, the newest first."""
    find_sync(settings, name)
    with Warehouse(settings) as warehouse:
        warehouse.attach_lake(ROOM)
        return warehouse.rows(
            """
            SELECT row_key, outcome, detail, provider_code, operation, attempts, is_uncertain, finished_at
            FROM lake_syncs_outcomes WHERE sync = $sync
            QUALIFY row_number() OVER (PARTITION BY row_key ORDER BY commit_name DESC, position DESC) = 1
                AND outcome NOT IN ('accepted', 'skipped')
            ORDER BY finished_at DESC, row_key LIMIT $limit""",
            {"sync": name, "limit": limit},
        )
