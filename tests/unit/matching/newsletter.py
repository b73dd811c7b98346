"""A shop whose customers wrote to its newsletter under other addresses, and the optional layer switched on."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa

from kith.events import EVENT_SCHEMA
from kith.settings import Settings
from tests.unit.matching.people import people

START = datetime(2026, 1, 1)
TRAITS = {"first": "first_name", "last": "last_name", "born": "birthday", "town": "city"}
LAYER = """
enabled: {enabled}
threshold: {threshold}
traits: {{first_name: first_name, last_name: last_name, email: email, phone: phone, birthday: date, city: city}}
"""


def identify(
    number: int, user_id: str | None, email: str | None, traits: dict[str, str]
) -> dict[str, object]:
    at = START + timedelta(minutes=number)
    told = {**traits, **({"email": email} if email else {})}
    return {
        **dict.fromkeys(EVENT_SCHEMA.names),
        "event_id": f"e{number}",
        "type": "identify",
        "user_id": user_id,
        "anonymous_id": f"a{number}",
        "occurred_at": at,
        "received_at": at,
        "effective_at": at,
        "source": "test",
        "traits": json.dumps(told),
    }


def shop(count: int = 90) -> pa.Table:
    """Customers with an account, some of whom wrote to the newsletter before, under another address."""
    rows = people(count)
    told = []
    for number, row in enumerate(rows):
        traits = {name: row[key] for key, name in TRAITS.items() if row[key]}
        is_copy = number >= count
        mail = f"news{number}@example.net" if is_copy else row["mail"]
        told.append(identify(number, None if is_copy else row["key"], mail, traits))
    return pa.Table.from_pylist(told, schema=EVENT_SCHEMA)


def layered(settings: Settings, folder: Path) -> Settings:
    """Settings with a folder of definitions of their own, the layer on."""
    (folder / "identity").mkdir(parents=True)
    rules = (settings.definitions / "identity" / "rules.yml").read_text()
    (folder / "identity" / "rules.yml").write_text(rules)
    found = settings.model_copy(update={"definitions": folder})
    switch(found, "true")
    return found


def switch(settings: Settings, enabled: str, threshold: float = 0.9) -> None:
    """Turn the layer on or off, or set its threshold."""
    path = settings.definitions / "identity" / "matching.yml"
    path.write_text(LAYER.format(enabled=enabled, threshold=threshold))
