"""A world told day by day, as the warehouse would publish it: copies, late rows, merges, machines, imports."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kith.clock import FixedClock
from kith.events import EVENT_SCHEMA
from kith.run import Run, begin_run, publish_run
from kith.settings import Settings
from kith.times import to_utc_naive
from tests.unit.segments.world import PROFILES

EVENTS = pa.schema([*EVENT_SCHEMA, ("profile_id", pa.string()), ("is_machine", pa.bool_())])
IDENTITIES = pa.schema(
    [(name, pa.string()) for name in ("identifier_type", "identifier_value", "profile_id")]
)


@dataclass(frozen=True)
class Copy:
    """A row as it landed: of the copies of one id, the one received first is published."""

    event_id: str
    event: str
    user_id: str | None
    anonymous_id: str | None
    effective_at: datetime
    received_at: datetime
    properties: str | None


@dataclass
class ToldWorld:
    """What landed, who is who, and what machines are thought to have done by now."""

    settings: Settings
    landed: list[Copy] = field(default_factory=list)
    profile_of: dict[tuple[str, str], str] = field(default_factory=dict)
    machines: set[str] = field(default_factory=set)

    def tell(self, event_id: str, event: str, who: tuple[str | None, str | None], at: datetime,
             properties: dict[str, Any] | None, *, later: timedelta = timedelta(0),
             known_from: datetime | None = None) -> None:  # fmt: skip
        """One copy lands; `known_from`: when it counts from, else when it occurred."""
        text = None if properties is None else json.dumps(properties, ensure_ascii=False)
        self.landed.append(Copy(event_id, event, *who, known_from or at, at + later, text))

    def publish(self, as_of: datetime) -> Run:
        """A run's snapshot of what counts before an instant."""
        run = begin_run(self.settings, FixedClock(as_of), as_of)
        first: dict[str, Copy] = {}
        for each in self.landed:
            if each.effective_at < as_of and (
                each.event_id not in first or each.received_at < first[each.event_id].received_at
            ):
                first[each.event_id] = each
        rows = [self._row(each) for each in first.values()]
        pq.write_table(pa.Table.from_pylist(rows, schema=EVENTS), run.path / "events.parquet")
        ids = sorted(set(self.profile_of.values()))
        profiles = [{**dict.fromkeys(PROFILES.names), "profile_id": each} for each in ids]
        pq.write_table(pa.Table.from_pylist(profiles, schema=PROFILES), run.path / "profiles.parquet")
        led = [
            {"identifier_type": kind, "identifier_value": value, "profile_id": profile}
            for (kind, value), profile in self.profile_of.items()
        ]
        pq.write_table(pa.Table.from_pylist(led, schema=IDENTITIES), run.path / "identities.parquet")
        publish_run(self.settings, run)
        return run

    def _row(self, each: Copy) -> dict[str, Any]:
        profile = self.profile_of.get(("user_id", each.user_id or "")) or self.profile_of.get(
            ("anonymous_id", each.anonymous_id or "")
        )
        return {
            **dict.fromkeys(EVENTS.names),
            "event_id": each.event_id, "type": "track", "event": each.event, "user_id": each.user_id,
            "anonymous_id": each.anonymous_id, "occurred_at": to_utc_naive(each.effective_at),
            "received_at": to_utc_naive(each.received_at), "effective_at": to_utc_naive(each.effective_at),
            "properties": each.properties, "profile_id": profile, "is_machine": each.event_id in self.machines,
        }  # fmt: skip
