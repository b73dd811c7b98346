"""What journeys cause comes back as events: told once each, under the effect's own name.

A tick commits its effects with everything else of it; here they are landed, commit by commit, behind a cursor. A kill
between the two lands a commit again under the same ids, which the warehouse keeps once. What lands counts from its
arrival, which is past the horizon of the tick that caused it: nothing that a run causes acts in that run.

- `event`: a track event of the given name and properties.
- `traits`: an identify event with the given traits.
- `audience`: `Audience Entered` or `Audience Exited`, the property `audience` names it (Segment's own words for it).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from activation.journeys.tables import EFFECTS
from kith.clock import Clock, system_clock
from kith.durable import exclusive, write_durably
from kith.lake import Commit, Home, read_commit
from kith.lake.commit_folder import EMPTY
from kith.landing import LandingLog
from kith.run import Run
from kith.settings import Settings
from kith.times import format_instant, from_utc_naive
from kith.warehouse import Warehouse, literal

SOURCE = "journeys"
CURSOR = "effects.json"
_BATCH = 5_000
_CHANGES = {"add": "Audience Entered", "remove": "Audience Exited"}

_EFFECTS = """
    -- One row per effect, with the names under which its person is known by now: a user id, or else an anonymous one,
    -- or else an address.
    WITH owners AS (
        SELECT alias_id, any_value(profile_id) AS profile_id FROM profile_aliases GROUP BY alias_id
    ),
    owned AS (
        SELECT e.*, coalesce(a.profile_id, e.profile_id) AS present_id
        FROM read_parquet({file}) AS e
        LEFT JOIN owners AS a ON a.alias_id = e.profile_id
    ),
    names AS (
        SELECT i.profile_id,
               min(i.identifier_value) FILTER (i.identifier_type = 'user_id') AS user_id,
               min(i.identifier_value) FILTER (i.identifier_type = 'anonymous_id') AS anonymous_id,
               min(i.identifier_value) FILTER (i.identifier_type = 'email') AS email,
               min(i.identifier_value) FILTER (i.identifier_type = 'phone') AS phone
        FROM identities AS i
        SEMI JOIN owned AS o ON o.present_id = i.profile_id
        GROUP BY i.profile_id
    )
    SELECT o.*, n.user_id, n.anonymous_id, n.email, n.phone
    FROM owned AS o
    LEFT JOIN names AS n ON n.profile_id = o.present_id
    ORDER BY o."at", o.effect_id
"""


@dataclass(frozen=True)
class EffectCounts:
    """Commits that were read, and effects that landed out of them."""

    commits: int = 0
    landed: int = 0


def land_effects(settings: Settings, run: Run, clock: Clock | None = None) -> EffectCounts:
    """Land the effects of every commit behind the cursor. A replay lands nothing. Safe to kill, and to call twice at
    once."""
    home = Home(settings.home)
    if run.is_replay:
        return EffectCounts()
    with exclusive(home.locks / "journey-effects"):
        todo = _behind(home, _cursor(home))
        if not todo:
            return EffectCounts()
        log = LandingLog(home, SOURCE, clock or system_clock(settings))
        try:
            return EffectCounts(len(todo), sum(_land(settings, run, log, each) for each in todo))
        finally:
            log.close()


def _behind(home: Home, last: str) -> list[Commit]:
    """The commits after one; of those before not even their meta is read, there may be one a minute."""
    folder = home.lake / "journeys"
    names = sorted(each.name for each in folder.iterdir() if each.name > max(last, EMPTY))
    return [read_commit(folder / name) for name in names]


def _land(settings: Settings, run: Run, log: LandingLog, found: Commit) -> int:
    rows = _rows(settings, run, found)
    for start in range(0, len(rows), _BATCH):
        log.append([effect_line(row) for row in rows[start : start + _BATCH]])
    write_durably(_cursor_file(Home(settings.home)), json.dumps({"commit": found.name}).encode())
    return len(rows)


def effect_line(row: Mapping[str, Any]) -> bytes:
    """One event, without a time of its own: it happens as it lands."""
    payload = json.loads(row["payload"] or "{}")
    about = {
        "journey": row["journey"],
        "step_id": row["step_id"],
        "enrolment_id": row["enrolment_id"],
        "caused_at": format_instant(from_utc_naive(row["at"])),
    }
    line = {"messageId": row["effect_id"], **_bearer(row), "context": {"channel": "server", "effect": about}}
    if row["what"] == "traits":
        return orjson.dumps({"type": "identify", "traits": payload["traits"], **line})
    if row["what"] == "audience":
        event, said = _CHANGES[payload["change"]], {"audience": payload["audience"]}
    else:
        event, said = payload["event"], payload.get("properties") or {}
    properties = {**said, **_addresses(row)}
    return orjson.dumps({"type": "track", "event": event, "properties": properties, **line})


def _bearer(row: Mapping[str, Any]) -> dict[str, str]:
    """Who it is about. Where only an address is known, an anonymous id stands for its bearer."""
    if row["user_id"]:
        return {"userId": row["user_id"]}
    return {"anonymousId": row["anonymous_id"] or f"profile:{row['profile_id']}"}


def _addresses(row: Mapping[str, Any]) -> dict[str, str]:
    if row["user_id"] or row["anonymous_id"]:
        return {}
    return {name: row[name] for name in ("email", "phone") if row[name]}


def _rows(settings: Settings, run: Run, found: Commit) -> Sequence[Mapping[str, Any]]:
    file = found.table(EFFECTS.name)
    if not file.exists():  # committed before there were effects
        return ()
    with Warehouse(settings) as warehouse:
        if not warehouse.value(f"SELECT count(*) FROM read_parquet({literal(str(file))})"):
            return ()
        warehouse.attach_snapshot(run.snapshot)
        return warehouse.rows(_EFFECTS.format(file=literal(str(file))))


def _cursor_file(home: Home) -> Path:
    folder = home.root / "journeys"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / CURSOR


def _cursor(home: Home) -> str:
    """The last commit whose effects have landed. Without a cursor all are landed again, under their ids."""
    file = _cursor_file(home)
    return str(json.loads(file.read_text(encoding="utf-8"))["commit"]) if file.exists() else ""
