"""What people tell running journeys: start, pause, stop, migrate. Each is a row with its own instant.

A pause lets nobody in from its instant on; those inside go on. A stop ends everybody inside at its instant too. A start
lifts both. Of a migration the row says who moved which steps where; the moves themselves are in the journeys' log
(migration.py). The file's own state holds besides: a draft or paused file lets nobody in whatever is told here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, cast

import pyarrow as pa
import pyarrow.parquet as pq

from kith.lake import Home, LakeTable, commit, commits
from kith.times import format_instant, from_utc_naive, to_utc_naive

Word = Literal["start", "pause", "stop", "migrate"]
FOREVER = 1 << 60

CONTROLS = LakeTable(
    room="definitions",
    name="journey_controls",
    schema=pa.schema(
        [
            ("journey", pa.string()),
            ("control", pa.string()),  # 'start' | 'pause' | 'stop' | 'migrate'
            ("at", pa.timestamp("us")),
            ("by", pa.string()),
            ("to_version", pa.string()),  # of a migration, else ''
            (
                "steps",
                pa.string(),
            ),  # of a migration: JSON object, step of an older version → step of the new one
        ]
    ),
)


@dataclass(frozen=True)
class Control:
    """One thing told to one journey. `steps` and `to_version` are a migration's."""

    journey: str
    control: Word
    at: datetime
    by: str = ""
    to_version: str = ""
    steps: Mapping[str, str] = field(default_factory=dict)


def record(home: Home, control: Control) -> None:
    """Lands one control; it counts from its own instant."""
    row = {
        "journey": control.journey,
        "control": control.control,
        "at": to_utc_naive(control.at),
        "by": control.by,
        "to_version": control.to_version,
        "steps": json.dumps(dict(control.steps), sort_keys=True),
    }
    with commit(
        home, CONTROLS.room, {"control": control.control, "at": format_instant(control.at)}
    ) as writer:
        writer.write(CONTROLS.name, pa.Table.from_pylist([row], schema=CONTROLS.schema))


def controls(home: Home) -> list[Control]:
    """Everything that was ever told, in the order of its instants."""
    found: list[Control] = []
    for each in commits(home, CONTROLS.room):
        file = each.table(CONTROLS.name)
        found += [_control(row) for row in pq.read_table(file).to_pylist()] if file.exists() else []
    return sorted(found, key=lambda each: each.at)


def _control(row: Mapping[str, object]) -> Control:
    at, steps = row["at"], json.loads(str(row["steps"] or "{}"))
    assert isinstance(at, datetime)
    word = cast(Word, row["control"])
    return Control(
        str(row["journey"]), word, from_utc_naive(at), str(row["by"]), str(row["to_version"]), steps
    )


def standing(told: Iterable[Control], journey: str) -> Word:
    """What was told last: `start` where nothing was."""
    last: Word = "start"
    for each in told:
        if each.journey == journey and each.control != "migrate":
            last = each.control
    return last


def closed(told: Iterable[Control]) -> list[tuple[str, datetime, datetime | None]]:
    """Spans [from, to) in which nobody may enter a journey; without an end, up to now."""
    open_: dict[str, datetime] = {}
    spans: list[tuple[str, datetime, datetime | None]] = []
    for each in told:
        if each.control in ("pause", "stop"):
            open_.setdefault(each.journey, each.at)
        elif each.control == "start" and each.journey in open_:
            spans.append((each.journey, open_.pop(each.journey), each.at))
    return [*spans, *((name, since, None) for name, since in open_.items())]


def stops(told: Iterable[Control]) -> list[tuple[str, datetime]]:
    """When everybody in a journey was made to leave."""
    return [(each.journey, each.at) for each in told if each.control == "stop"]
