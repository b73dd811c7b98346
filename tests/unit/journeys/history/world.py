"""A small past: published tables and lake commits out of rows, and the relations laid from them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq

from activation.journeys.history import Archive, Needs, lay_history
from activation.journeys.history.archive import microseconds
from identity.tables import IDENTIFIERS
from kith.ids import stable_id
from kith.lake import Home, commit, find_table
from kith.run import RUN_SCHEMA
from kith.settings import Settings
from kith.snapshot import Snapshot
from kith.time_zones import lay_time_zones
from kith.times import format_instant
from kith.warehouse import Warehouse
from tests.scenarios import campaign_tables as tables

START = datetime(2026, 5, 1, tzinfo=UTC)
HOUR, DAY = 3_600_000_000, 86_400_000_000
NOON = microseconds(START) + 12 * HOUR
KNOWN = microseconds(START) - 400 * DAY
SCHEMAS = {
    "profiles": tables.PROFILES,
    "identities": tables.IDENTITIES,
    "profile_aliases": tables.ALIASES,
    "consent_history": tables.CONSENT_HISTORY,
    "profile_traits": tables.TRAITS,
    "addresses": tables.ADDRESSES,
    "events": tables.EVENTS,
}


def person(name: str) -> UUID:
    """Who founded a profile by the user id `name`."""
    return UUID(stable_id("user_id", name))


def naive(at: int) -> datetime:
    return datetime(1970, 1, 1) + timedelta(microseconds=at)


@dataclass
class Past:
    """Rows of published tables by table; instants in microseconds."""

    settings: Settings
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {name: [] for name in SCHEMAS})

    def __post_init__(self) -> None:
        lay_time_zones(self.home)

    @property
    def home(self) -> Home:
        return Home(self.settings.home)

    def know(
        self, name: str, *, of: str = "", since: int = KNOWN, kind: str = "user_id", **columns: Any
    ) -> None:
        """An identifier of the person that `of` founded (by default itself)."""
        owner = stable_id("user_id", of or name)
        self.rows["identities"].append(
            {
                "identifier_type": kind,
                "identifier_value": name,
                "profile_id": owner,
                "joined_at": naive(since),
            }
        )
        if of:
            alias = stable_id(kind, name)
            self.rows["profile_aliases"].append(
                {"alias_id": alias, "profile_id": owner, "since_at": naive(since)}
            )
        else:
            blank = dict.fromkeys(tables.PROFILES.names)
            self.rows["profiles"].append({**blank, "profile_id": owner, "user_id": name, **columns})

    def say(self, name: str, event: str, at: int, *, happened: int | None = None, **columns: Any) -> None:
        """An event of a user id that takes effect at `at`."""
        properties = columns.pop("properties", {})
        row = dict.fromkeys(tables.EVENTS.names) | {
            "event_id": f"e{len(self.rows['events'])}",
            "type": "track",
            "event": event,
            "user_id": name,
            "profile_id": self._owner(name),
            "properties": json.dumps(properties),
            "is_machine": False,
        }
        happened = at if happened is None else happened
        row |= {"occurred_at": naive(happened), "received_at": naive(at), "effective_at": naive(at)}
        self.rows["events"].append(row | columns)

    def tell(
        self, name: str, trait: str, value: str, at: int, until: int | None = None, priority: int = 100
    ) -> None:
        """A trait that counted from `at`, until another word of its priority did."""
        self.rows["profile_traits"].append(
            {
                "profile_id": self._owner(name),
                "trait": trait,
                "event_id": f"t{len(self.rows['profile_traits'])}",
                "trait_value": value,
                "priority": priority,
                "valid_from": naive(at),
                "valid_to": None if until is None else naive(until),
            }
        )

    def commit(
        self, room: str, at: int, meta: dict[str, str] | None = None, **written: Sequence[dict[str, Any]]
    ) -> str:
        """One commit of a room for an instant; answers its name."""
        with commit(self.home, room, {"as_of": format_instant(_aware(at)), **(meta or {})}) as writer:
            for name, rows in written.items():
                schema = find_table(room, name).schema
                blank = dict.fromkeys(schema.names)
                writer.write(name, pa.Table.from_pylist([{**blank, **row} for row in rows], schema=schema))
        return writer.name

    def resolve(self, at: int, owners: dict[str, str]) -> str:
        """A whole resolution of identity: user ids and whom they belong to."""
        rows = [
            {
                "identifier_type": "user_id",
                "identifier_value": name,
                "profile_id": stable_id("user_id", owner),
                "joined_at": naive(KNOWN),
            }
            for name, owner in owners.items()
        ]
        blank = dict.fromkeys(IDENTIFIERS.schema.names)
        table = pa.Table.from_pylist([{**blank, **row} for row in rows], schema=IDENTIFIERS.schema)
        with commit(self.home, "identity", {"as_of": format_instant(_aware(at))}) as writer:
            writer.meta["extent"] = {"base": writer.name}
            writer.write("identifiers", table)
        return writer.name

    def lay(self, begin: int, end: int, needs: Needs, **archive: Any) -> Facts:
        """The relations of a slice."""
        folder = self.home.published / "000001"
        folder.mkdir(parents=True, exist_ok=True)
        for name, schema in SCHEMAS.items():
            pq.write_table(pa.Table.from_pylist(self.rows[name], schema=schema), folder / f"{name}.parquet")
        moment = {"run_id": "000001", "as_of": naive(NOON + 100 * DAY), "previous_as_of": None, "zone": "UTC"}
        pq.write_table(pa.Table.from_pylist([moment], schema=RUN_SCHEMA), folder / "run.parquet")
        warehouse = Warehouse(self.settings)
        lay_history(
            warehouse, Archive(self.settings, Snapshot("000001", folder), begin, end, **archive), needs
        )
        return Facts(warehouse)

    def _owner(self, name: str) -> str | None:
        found = [row["profile_id"] for row in self.rows["identities"] if row["identifier_value"] == name]
        return found[0] if found else None


@dataclass(frozen=True)
class Facts:
    """What was laid."""

    warehouse: Warehouse

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.warehouse.connection.execute(sql).fetchall()


def _aware(at: int) -> datetime:
    return naive(at).replace(tzinfo=UTC)
