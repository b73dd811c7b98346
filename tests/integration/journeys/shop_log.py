"""What sixty days left behind, as plain rows: the journeys' log, what people said about consent, what arrived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import pyarrow.parquet as pq

from activation.journeys.deciding import Policy, load_policy
from activation.journeys.programme import Programme, load_programme
from kith.lake import Home, commits
from kith.settings import Settings
from kith.snapshot import current_snapshot
from kith.warehouse import Warehouse
from tests.journeys_reference.oracle import Sent, sent_of

Rows = Sequence[dict[str, Any]]
_WORDS = """
    SELECT identifier_type, identifier_value, purpose, channel, is_granted, known_from, known_to FROM consent_history
"""
_LIVING = """
    SELECT a.alias_id AS profile_id, a.profile_id AS now FROM profile_aliases AS a
    UNION ALL SELECT profile_id, profile_id FROM profiles
"""
_ZONES = """
    SELECT profile_id, effective_at, json_extract_string(traits, '$.time_zone') AS zone FROM events
    WHERE type = 'identify' AND profile_id IS NOT NULL AND json_extract_string(traits, '$.time_zone') IS NOT NULL
    ORDER BY effective_at
"""
_TOLD = """
    SELECT event, user_id, properties, effective_at
    FROM events WHERE event IN ('Consent Updated', 'Unsubscribed', 'Email Marked as Spam') ORDER BY effective_at
"""


@dataclass(frozen=True)
class ShopLog:
    """Everything that the oracle reads. `now` leads from a profile to whom it belongs today."""

    settings: Settings
    policy: Policy
    programme: Programme
    outbox: Rows
    transitions: Rows
    enrolments: Rows
    words: Rows
    told: Rows
    now: Mapping[str, str]
    zones: Mapping[str, Sequence[tuple[datetime, str]]]

    @property
    def sent(self) -> list[Sent]:
        """Sends under the people of today, in the order of their decisions, by the clock that was known of each as the
        run decided."""
        found: list[Sent] = []
        for row in self.outbox:
            person = self.now.get(row["profile_id"], row["profile_id"])
            told = [zone for at, zone in self.zones.get(person, ()) if at < row["as_of"]]
            zones = {person: told[-1]} if told else {}
            found += sent_of([{**row, "profile_id": person}], zones, self.settings.zone)
        return sorted(found, key=lambda each: (each.decided_at, each.message_id))


def read_log(settings: Settings) -> ShopLog:
    """The whole log of a home and its last snapshot."""
    home = Home(settings.home)
    present = current_snapshot(home)
    assert present is not None
    with Warehouse(settings) as warehouse:
        warehouse.attach_snapshot(present)
        words, told = warehouse.rows(_WORDS), warehouse.rows(_TOLD)
        now = {row["profile_id"]: row["now"] for row in warehouse.rows(_LIVING)}
        zones: dict[str, list[tuple[datetime, str]]] = {}
        for row in warehouse.rows(_ZONES):
            zones.setdefault(row["profile_id"], []).append((row["effective_at"], row["zone"]))
    tables = {name: _rows(home, name) for name in ("outbox", "transitions", "enrolments")}
    return ShopLog(
        settings, load_policy(settings), load_programme(settings), **tables,
        words=words, told=told, now=now, zones=zones,
    )  # fmt: skip


def _rows(home: Home, table: str) -> Rows:
    found = [
        pq.read_table(each.table(table)) for each in commits(home, "journeys") if each.table(table).exists()
    ]
    return [row for each in found for row in each.to_pylist()]


def refused_before(log: ShopLog) -> list[str]:
    """Marketing sends of which the raw events say otherwise: the last word before the decision about the person's user
    id or address on that channel, told by whoever, took consent back or never gave it."""
    granted: dict[tuple[str, str, str], list[tuple[datetime, bool]]] = {}
    for row in log.told:
        said = orjson.loads(row["properties"])
        channels = [said["channel"]] if "channel" in said else []
        yes = row["event"] == "Consent Updated" and said.get("status") == "granted"
        names = [("user_id", row["user_id"]), ("email", said.get("email"))]
        for kind, value in names:
            for channel in channels if value else ():
                granted.setdefault((kind, value, channel), []).append((row["effective_at"], yes))
    return [row["message_id"] for row in log.outbox if _is_against(row, granted)]


def _is_against(
    row: Mapping[str, Any], granted: Mapping[tuple[str, str, str], list[tuple[datetime, bool]]]
) -> bool:
    if row["decision"] != "send" or row["is_transactional"]:
        return False
    said = [
        max(
            (word for word in granted.get((kind, value, row["channel"]), ()) if word[0] <= row["decided_at"]),
            default=None,
        )
        for kind, value in orjson.loads(row["identifiers"])
        if kind in ("user_id", "email")
    ]
    words = [each for each in said if each is not None]
    return not words or not any(is_yes for _, is_yes in words)
