"""People and definitions of attributes laid out for a test."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from activation.segments.computation import ComputedAttribute, lay_computed
from activation.segments.computation.laying import widen_profiles
from kith.settings import Settings, load_settings
from kith.times import to_utc_naive
from kith.warehouse import Warehouse
from tests.unit.segments.world import AS_OF, Person

EVENTS = pa.schema(
    [
        ("profile_id", pa.string()),
        ("event", pa.string()),
        ("effective_at", pa.timestamp("us")),
        ("properties", pa.string()),
    ]
)


def define(
    folder: Path, given: Mapping[str, Mapping[str, Any]], settings: Settings | None = None
) -> Settings:
    """Settings whose attributes are exactly these."""
    attributes = folder / "definitions" / "attributes"
    attributes.mkdir(parents=True, exist_ok=True)
    for old in attributes.glob("*.yml"):
        old.unlink()
    for name, body in given.items():
        # JSON is YAML, and quotes every text.
        text = json.dumps(dict(body), ensure_ascii=False, indent=1)
        (attributes / f"{name}.yml").write_text(text, encoding="utf-8")
    return (settings or load_settings()).model_copy(update={"definitions": folder / "definitions"})


def lay_people(warehouse: Warehouse, people: Iterable[Person]) -> None:
    """The relations `events` and `profiles` as a snapshot would have them."""
    people = list(people)
    rows = [
        {
            "profile_id": person.profile_id,
            "event": event,
            "effective_at": to_utc_naive(at),
            "properties": None if properties is None else json.dumps(properties, ensure_ascii=False),
        }
        for person in people
        for event, at, properties in person.events
    ]
    warehouse.connection.register("events", pa.Table.from_pylist(rows, schema=EVENTS))
    ids = pa.table({"profile_id": pa.array([each.profile_id for each in people], pa.string())})
    warehouse.connection.register("people", ids)
    warehouse.connection.execute("CREATE OR REPLACE TABLE memory.main.profiles AS FROM people")


def compute(
    settings: Settings, people: Iterable[Person], attributes: Iterable[ComputedAttribute], zone: str = "UTC"
) -> dict[str, dict[str, Any]]:
    """Every profile's values, defaults applied, by profile and attribute; instants are aware."""
    with Warehouse(settings) as warehouse:
        lay_people(warehouse, people)
        widen_profiles(warehouse, lay_computed(warehouse, attributes, AS_OF, zone))
        rows = warehouse.rows("SELECT * FROM profiles")
    return {row.pop("profile_id"): {name: _aware(value) for name, value in row.items()} for row in rows}


def _aware(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
