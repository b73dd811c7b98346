"""The contests of journeys and campaigns, as the versions kept with their plans state them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kith.warehouse import Warehouse

HOUR, DAY = 3_600_000_000, 86_400_000_000
_PARTS = 10_000


@dataclass(frozen=True)
class Contest:
    """One experiment of one version: who counts as a success, and how sure the winner has to be.

    Spans are microseconds. `variants` are the names by the number of their edge, from 1 on; one without a name is no
    part of the contest. It is looked at each hour where results come in within a day, else each day (UTC).
    """

    journey: str
    version: str
    step_id: str
    node_id: str
    variants: tuple[str, ...]
    goal: str
    within: int
    alpha: float
    fewest: int
    decided_after: int

    @property
    def key(self) -> tuple[str, str]:
        """What a winner is told for: all versions of a step share one."""
        return self.journey, self.step_id

    @property
    def every(self) -> int:
        """The grid of looks: instants that are multiples of it since 1970."""
        return HOUR if self.within < DAY else DAY


def read_contests(warehouse: Warehouse) -> list[Contest]:
    """All that were ever live, oldest version first. Reads `lake_journeys_versions`."""
    rows = warehouse.rows(
        "SELECT name, version, body FROM lake_journeys_versions WHERE kind = 'graph' ORDER BY as_of, name, version"
    )
    return [
        found for row in rows for found in _contests(row["name"], row["version"], json.loads(row["body"]))
    ]


def _contests(journey: str, version: str, graph: Mapping[str, Any]) -> Iterator[Contest]:
    for node in graph["fields"]["nodes"]:
        fields = node["fields"]
        told = fields.get("contest") if node["kind"] == "Experiment" else None
        if told is not None:
            rule = told["fields"]
            yield Contest(
                journey=journey,
                version=version,
                step_id=fields["step_id"],
                node_id=fields["node_id"],
                variants=tuple(fields["variants"]),
                goal=rule["goal"],
                within=rule["within"],
                alpha=1 - rule["confidence"] / _PARTS,
                fewest=rule["fewest"],
                decided_after=rule["decided_after"],
            )
