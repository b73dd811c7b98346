"""What a judgement may look at: the published snapshot on one side, the hidden truth on the other.

The platform never sees this: it is read by whoever made the world, after the fact.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from kith.errors import KithError
from kith.lake import Home
from kith.settings import Settings, load_settings
from kith.snapshot import current_snapshot
from kith.warehouse import Parameters, Warehouse
from sandbox.settings import SandboxSettings
from sandbox.world import World


@dataclass(frozen=True)
class Evidence:
    """One snapshot and the world it tells of. `persons` leads from a profile to the index of its person in
    `world`; profiles of nobody known, or of two people at once, are not in it."""

    world: World
    warehouse: Warehouse
    as_of: datetime
    persons: Mapping[str, int]

    def rows(self, sql: str, parameters: Parameters = None) -> list[dict[str, Any]]:
        """Rows of the published tables, by SQL. A KithError where one of them isn't published."""
        return self._arrow(sql, parameters).to_pylist()

    def columns(self, sql: str, parameters: Parameters = None) -> dict[str, np.ndarray]:
        """The same as one array per column."""
        table = self._arrow(sql, parameters)
        return {name: table[name].to_numpy(zero_copy_only=False) for name in table.column_names}

    def whose(self, profiles: np.ndarray) -> np.ndarray:
        """The person of each profile (n), −1 where there is none or more than one."""
        return np.array([self.persons.get(profile, -1) for profile in profiles.tolist()], np.int64)

    def _arrow(self, sql: str, parameters: Parameters) -> pa.Table:
        try:
            return self.warehouse.arrow(sql, parameters)
        except duckdb.CatalogException as error:
            told = str(error).splitlines()[0]
            raise KithError(f"the snapshot lacks a table: {told}", way_out="run 'kith run'") from error


@contextmanager
def gather(settings: SandboxSettings, platform: Settings | None = None) -> Iterator[Evidence]:
    """Open the present snapshot of KITH_HOME and the world under SANDBOX_HOME."""
    platform = platform or load_settings()
    world = World.open(settings.state)
    if world is None:
        raise KithError(
            "there is no world here", where=str(settings.home), way_out="run 'kith sandbox world'"
        )
    snapshot = current_snapshot(Home(platform.home))
    if snapshot is None:
        raise KithError("nothing was published yet", where=str(platform.home), way_out="run 'kith run'")
    with Warehouse(platform) as warehouse:
        warehouse.attach_snapshot(snapshot)
        yield Evidence(world, warehouse, snapshot.as_of, _persons(world, warehouse))


def _persons(world: World, warehouse: Warehouse) -> dict[str, int]:
    """By user id and e-mail address, which the world gives to one person each."""
    identity = world.shop.people.identity
    known = {("user_id", name): person for person, name in enumerate(identity.user_id)}
    known |= {("email", address): person for person, address in enumerate(identity.email)}
    found: dict[str, int] = {}
    for row in warehouse.rows(
        "SELECT profile_id, identifier_type, identifier_value FROM identities"
        " WHERE identifier_type IN ('user_id', 'email')"
    ):
        person = known.get((row["identifier_type"], row["identifier_value"]))
        if person is not None and found.setdefault(row["profile_id"], person) != person:
            found[row["profile_id"]] = -1
    return {profile: person for profile, person in found.items() if person >= 0}
