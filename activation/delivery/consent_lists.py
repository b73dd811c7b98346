"""Lists of people who said yes or no elsewhere, and of addresses never to be written to, landed as events.

A list is a word like any other: it goes through the landing log, with its legal basis and its evidence, and a
rebuild finds it again. A value under the same legal basis and evidence, of the same date if one is given, is the
same event: importing a list twice changes nothing.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson

from activation.addresses import consent_type
from activation.delivery.identifiers import normal_phone
from kith.clock import Clock
from kith.errors import UsageError
from kith.ids import stable_id
from kith.lake import Home
from kith.landing import LandingLog
from kith.settings import Settings
from kith.times import format_instant

SOURCE = "consent_list"
STATUSES = ("granted", "withdrawn", "suppressed")
KINDS = ("email", "phone", "user_id")
_BATCH = 5_000


@dataclass(frozen=True)
class ConsentList:
    """What a whole list says, and of what kind its values are."""

    status: str
    purpose: str
    channel: str
    legal_basis: str
    evidence: str
    kind: str
    said_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.status == "granted" and not (self.evidence and self.legal_basis):
            raise UsageError(
                "a list of people who said yes needs its legal basis and its evidence",
                expected="--legal-basis consent --evidence 'form at the fair, 2026-04-01'",
            )
        if self.status == "suppressed" and self.kind == "user_id":
            raise UsageError("suppression is of addresses", expected="--kind email or phone")

    @classmethod
    def of_channel(cls, channel: str, kind: str | None, **said: object) -> ConsentList:
        """A list whose values are addresses of its channel unless `kind` says otherwise."""
        return cls(channel=channel, kind=kind or consent_type(channel), **said)  # type: ignore[arg-type]

    def line(self, value: str, now: datetime) -> bytes:
        """The event that one value of the list is; said now unless the list has a date."""
        is_suppression = self.status == "suppressed"
        said = {"channel": self.channel, "evidence": self.evidence or f"list: {self.status}"}
        if not is_suppression:
            said |= {"purpose": self.purpose, "status": self.status, "legal_basis": self.legal_basis}
        date = format_instant(self.said_at) if self.said_at else ""
        whole = [self.kind, value, *(f"{name}={said[name]}" for name in sorted(said)), date]
        event = {
            "type": "track",
            "event": "Address Suppressed" if is_suppression else "Consent Updated",
            "messageId": stable_id("consent_list", self.status, *whole),
            "timestamp": date or format_instant(now),
            **_bearer(self.kind, value),
            "properties": {**said, **({} if self.kind == "user_id" else {self.kind: value})},
        }
        return orjson.dumps(event)


@dataclass(frozen=True)
class ListCounts:
    """Rows of the file, and what became of them."""

    rows_in: int = 0
    landed: int = 0
    empty: int = 0
    repeated: int = 0


def import_list(
    settings: Settings, clock: Clock, file: Path, said: ConsentList, column: str | None
) -> ListCounts:
    """Land every value of the file's column as an event. UsageError where there is no such column."""
    log = LandingLog(Home(settings.home), SOURCE, clock)
    rows = empty = 0
    known: dict[str, None] = {}
    for raw in _values(file, said.kind, column):
        rows += 1
        value = _normal(said.kind, raw)
        empty += not value
        if value:
            known.setdefault(value)
    values = list(known)
    for start in range(0, len(values), _BATCH):
        log.append([said.line(value, clock.now()) for value in values[start : start + _BATCH]])
    log.close()
    return ListCounts(rows, len(values), empty, rows - empty - len(values))


def _values(file: Path, kind: str, column: str | None) -> Iterator[str]:
    """Of a CSV the named column, or the one named as the kind; of other files a value a line."""
    with file.open(encoding="utf-8-sig", newline="") as text:
        if file.suffix.lower() != ".csv":
            yield from (line.rstrip("\n") for line in text)
            return
        reader = csv.DictReader(text)
        wanted = column or kind
        if wanted not in (reader.fieldnames or ()):
            raise UsageError(
                f"no column '{wanted}' in {file.name}",
                expected=", ".join(reader.fieldnames or ()) or "a line of column names",
                way_out="name it with --column",
            )
        yield from (row[wanted] or "" for row in reader)


def _normal(kind: str, raw: str) -> str:
    value = raw.strip()
    if kind == "phone":
        return normal_phone(value)
    return value.lower() if kind == "email" else value


def _bearer(kind: str, value: str) -> dict[str, str]:
    """An event needs somebody: where only an address is known, an anonymous id of the list's own stands for it."""
    if kind == "user_id":
        return {"userId": value}
    return {"anonymousId": f"list:{stable_id(kind, value)[:16]}"}
