"""The whole lineage of one message, chapter by chapter."""

from __future__ import annotations

from collections.abc import Iterator

from activation.lineage.audience import audience_entries
from activation.lineage.entry import PARTS, Entry
from activation.lineage.handing import body_entry, delivery_entries
from activation.lineage.origin import event_entries
from activation.lineage.plan import (
    Row,
    definitions,
    enrolment,
    enrolment_entries,
    gate_entries,
    message_entry,
    message_row,
)
from activation.lineage.words import consent_entries, consent_rows
from kith.errors import KithError
from kith.lake import Home
from kith.settings import Settings
from kith.snapshot import current_snapshot
from kith.warehouse import Warehouse

_ROOMS = ("journeys", "segments", "scores", "models", "definitions", "events")


def lineage_of(settings: Settings, message_id: str) -> list[Entry]:
    """Everything that the message rests on. KithError where no plan ever named it."""
    home = Home(settings.home)
    present = current_snapshot(home)
    with Warehouse(settings) as warehouse:
        warehouse.attach_lake(*_ROOMS)
        row = message_row(warehouse, message_id)
        if row is None or present is None:
            raise KithError(
                f"no message {message_id} was ever planned",
                where="lake/journeys",
                expected="a message_id, 32 hex digits",
                way_out='kith query "SELECT message_id, campaign, outcome FROM messages"',
            )
        warehouse.attach_snapshot(present)
        planned = list(_planned(warehouse, home, row))
    told = [*planned, *delivery_entries(settings, message_id), body_entry(settings, message_id)]
    return sorted(told, key=lambda each: PARTS.index(each.part))


def _planned(warehouse: Warehouse, home: Home, row: Row) -> Iterator[Entry]:
    entered = enrolment(warehouse, row)
    words = consent_rows(warehouse, row)
    yield message_entry(home, row)
    yield from definitions(warehouse, row)
    yield from enrolment_entries(warehouse, row, entered)
    yield from audience_entries(warehouse, row, entered)
    yield from gate_entries(row)
    yield from consent_entries(words, row)
    trigger = (entered or {}).get("trigger_event_id") or ""
    yield from event_entries(warehouse, {trigger, *(each["event_id"] for each in words)} - {""})
