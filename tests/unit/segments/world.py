"""A snapshot written by hand, as dbt would have published it, for the tests of segments."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from kith.clock import FixedClock
from kith.events import EVENT_SCHEMA
from kith.lake import Home, commit
from kith.run import Run, begin_run, publish_run
from kith.settings import Settings
from kith.times import to_utc_naive

AS_OF = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)

PROFILES = pa.schema(
    [
        ("profile_id", pa.string()),
        ("country", pa.string()),
        ("email", pa.string()),
        ("order_count", pa.int64()),
        ("order_amount", pa.decimal128(18, 4)),
        ("average_order_amount", pa.float64()),
        ("is_bot", pa.bool_()),
        ("birthday", pa.date32()),
        ("last_order_at", pa.timestamp("us")),
    ]
)
CONSENTS = pa.schema(
    [
        ("profile_id", pa.string()),
        ("purpose", pa.string()),
        ("channel", pa.string()),
        ("is_granted", pa.bool_()),
    ]
)
EVENTS = pa.schema([*EVENT_SCHEMA, ("profile_id", pa.string())])


@dataclass
class Person:
    """A row of `profiles` and what the person did: (event, effective_at, properties)."""

    profile_id: str
    country: str | None = None
    email: str | None = None
    order_count: int | None = None
    order_amount: Decimal | None = None
    average_order_amount: float | None = None
    is_bot: bool | None = None
    birthday: date | None = None
    last_order_at: datetime | None = None
    events: list[tuple[str, datetime, dict[str, Any] | None]] = field(default_factory=list)


def write_snapshot(path: Path, people: Iterable[Person], lists: Mapping[str, list[str]] | None = None,
                   aliases: Mapping[str, str] | None = None,
               consents: Mapping[tuple[str, str, str], bool] | None = None) -> None:  # fmt: skip
    """profiles, events, consents (by profile, purpose, channel), profile_aliases and seg_* in one folder."""
    people = list(people)
    profiles = [{name: _plain(getattr(person, name)) for name in PROFILES.names} for person in people]
    pq.write_table(pa.Table.from_pylist(profiles, schema=PROFILES), path / "profiles.parquet")
    rows = [_event(person, n, *each) for person in people for n, each in enumerate(person.events)]
    pq.write_table(pa.Table.from_pylist(rows, schema=EVENTS), path / "events.parquet")
    led = {"alias_id": list(aliases or {}), "profile_id": list((aliases or {}).values())}
    pq.write_table(
        pa.table(led, schema=pa.schema([(n, pa.string()) for n in led])), path / "profile_aliases.parquet"
    )
    said = [(*key, is_granted) for key, is_granted in (consents or {}).items()]
    columns = {name: [row[n] for row in said] for n, name in enumerate(CONSENTS.names)}
    pq.write_table(pa.table(columns, schema=CONSENTS), path / "consents.parquet")
    for name, ids in (lists or {}).items():
        pq.write_table(pa.table({"profile_id": pa.array(ids, pa.string())}), path / f"seg_{name}.parquet")


def begin(settings: Settings, as_of: datetime, people: Iterable[Person], **more: Any) -> Run:
    """A run whose folder holds the people as they are."""
    run = begin_run(settings, FixedClock(as_of), as_of)
    write_snapshot(run.path, people, **more)
    return run


def publish(settings: Settings, run: Run) -> None:
    publish_run(settings, run)


def write_scores(home: Home, model: str, as_of: datetime, scores: Mapping[str, float]) -> None:
    """One scoring of a model."""
    rows = [
        {
            "profile_id": profile, "model": model, "score": score, "model_version": "1",
            "scored_at": to_utc_naive(as_of), "as_of": to_utc_naive(as_of), "reasons": None,
        }
        for profile, score in scores.items()
    ]  # fmt: skip
    with commit(home, "scores") as writer:
        writer.write("scores", pa.Table.from_pylist(rows, schema=writer.table("scores").schema))


@contextmanager
def definitions_in(folder: Path, settings: Settings, **bodies: Any):
    """Settings whose definitions are exactly these segments."""
    yield define(folder, settings, **bodies)


def define(folder: Path, settings: Settings, **bodies: Any) -> Settings:
    """Write the conditions as files, dropping those of before; answers settings that read them."""
    segments = folder / "definitions" / "segments"
    segments.mkdir(parents=True, exist_ok=True)
    for old in segments.glob("*.yml"):
        old.unlink()
    for name, who in bodies.items():
        text = yaml.safe_dump({"who": who}, allow_unicode=True, sort_keys=False)
        (segments / f"{name}.yml").write_text(text, encoding="utf-8")
    return settings.model_copy(update={"definitions": folder / "definitions"})


def _plain(value: Any) -> Any:
    return to_utc_naive(value) if isinstance(value, datetime) else value


def _event(
    person: Person, number: int, event: str, at: datetime, properties: dict[str, Any] | None
) -> dict[str, Any]:
    moment = to_utc_naive(at)
    return {
        **dict.fromkeys(EVENTS.names),
        "event_id": f"{person.profile_id}-{number:04d}",
        "type": "track",
        "event": event,
        "anonymous_id": person.profile_id,
        "occurred_at": moment,
        "received_at": moment,
        "effective_at": moment,
        "properties": None if properties is None else json.dumps(properties, ensure_ascii=False),
        "profile_id": person.profile_id,
    }
