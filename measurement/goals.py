"""Until when an order counts for a campaign: `goal.within` of the version under which a message was decided."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

from kith.times import parse_duration
from kith.warehouse import Warehouse


@dataclass(frozen=True)
class Goal:
    """One version of a campaign whose definition states a window."""

    campaign: str
    version: str
    within: timedelta


def read_goals(warehouse: Warehouse) -> list[Goal]:
    """The goals of all versions under which something was planned. Reads `lake_journeys_versions`."""
    rows = warehouse.rows(
        "SELECT DISTINCT name, version, body FROM lake_journeys_versions"
        " WHERE kind IN ('campaign', 'journey') ORDER BY name, version"
    )
    found = []
    for row in rows:
        goal = json.loads(row["body"]).get("goal")
        if isinstance(goal, dict) and goal.get("within"):
            found.append(Goal(row["name"], row["version"], parse_duration(str(goal["within"]))))
    return found
