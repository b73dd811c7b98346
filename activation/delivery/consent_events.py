"""Events that change who may be written to, read into plain values.

Consent is recorded for every identifier that the event bore (user id, e-mail, phone; else the anonymous id).
A grant counts from when it was given and a withdrawal from when it counts for everything else
(`effective_at`), so a grant that arrives late never undoes a withdrawal made in between.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from activation.contract import Identifier
from kith.errors import KithError
from kith.events import corrected_occurred_at, effective_at
from kith.ids import stable_id
from kith.times import parse_instant

EVENTS = ("Consent Updated", "Unsubscribed", "Email Marked as Spam", "Email Bounced", "Message Rejected")
_MENTIONED = re.compile("|".join(EVENTS).encode())
_GRANTS = {"granted": True, "withdrawn": False}


@dataclass(frozen=True)
class ConsentChange:
    """One identifier's word about one purpose and channel, from `at` on."""

    event_id: str
    identifier: Identifier
    purpose: str
    channel: str
    is_granted: bool
    at: datetime
    legal_basis: str
    evidence: str


@dataclass(frozen=True)
class AddressFault:
    """An address failed or complained. At the `suppress_after`-th such event it is written to no more.

    `address` is empty when the event named only the message: the ledger knows it.
    """

    event_id: str
    channel: str
    address: str
    message_id: str
    reason: str
    suppress_after: int
    at: datetime


@dataclass(frozen=True)
class Learned:
    """What one event says."""

    event_id: str
    consents: tuple[ConsentChange, ...] = ()
    fault: AddressFault | None = None


def is_candidate(line: bytes) -> bool:
    """Whether a landed line may be one of these events: a quick look that spares parsing all others."""
    return _MENTIONED.search(line) is not None


def read_line(line: bytes, received_at: datetime, lateness: timedelta) -> Learned | None:
    """One landed Segment-spec line. None for every other event and for what can't be read (ingestion judges
    it).
    """
    try:
        event = orjson.loads(line)
        times = [_instant(event.get(name)) for name in ("originalTimestamp", "timestamp", "sentAt")]
    except (orjson.JSONDecodeError, KithError, AttributeError, TypeError):
        return None
    occurred = corrected_occurred_at(times[1] or times[0], times[2], received_at)
    identity = {"user_id": event.get("userId"), "anonymous_id": event.get("anonymousId")}
    properties = event.get("properties")
    if not isinstance(properties, dict) or event.get("event") not in EVENTS or not event.get("messageId"):
        return None
    effective = effective_at(occurred, received_at, lateness)
    return read_event(str(event["messageId"]), event["event"], identity, properties, occurred, effective)


def read_event(
    event_id: str,
    event: str,
    identity: Mapping[str, Any],
    properties: Mapping[str, Any],
    occurred_at: datetime,
    effective: datetime,
) -> Learned | None:
    """One event in the lake's terms; `identity` has user_id and anonymous_id. None if it changes nothing."""
    consents: tuple[ConsentChange, ...] = ()
    granted = _granted(event, properties)
    if granted is not None:
        at = min(occurred_at, effective) if granted else effective
        consents = tuple(
            _consent(event_id, event, identifier, properties, granted, at)
            for identifier in _identifiers(identity, properties)
        )
    fault = _fault(event_id, event, properties, effective)
    return Learned(event_id, consents, fault) if consents or fault else None


def address_key(channel: str, address: str) -> str:
    """How the suppression list knows an address: by a digest of its trimmed, case-folded spelling."""
    return stable_id(channel, address.strip().casefold())


def _granted(event: str, properties: Mapping[str, Any]) -> bool | None:
    if event == "Consent Updated":
        return _GRANTS.get(str(properties.get("status")))
    return False if event in ("Unsubscribed", "Email Marked as Spam") else None


def _consent(
    event_id: str,
    event: str,
    identifier: Identifier,
    properties: Mapping[str, Any],
    is_granted: bool,
    at: datetime,
) -> ConsentChange:
    return ConsentChange(
        event_id,
        identifier,
        _word(properties.get("purpose"), "marketing"),
        _word(properties.get("channel"), "email"),
        is_granted,
        at,
        _word(properties.get("legal_basis"), "consent"),
        str(properties.get("evidence") or event),
    )


def _identifiers(identity: Mapping[str, Any], properties: Mapping[str, Any]) -> list[Identifier]:
    known = [
        ("user_id", str(identity.get("user_id") or "").strip()),
        ("email", str(properties.get("email") or "").strip().lower()),
        ("phone", str(properties.get("phone") or "").strip()),
    ]
    found = [identifier for identifier in known if identifier[1]]
    anonymous = str(identity.get("anonymous_id") or "").strip()
    return found or ([("anonymous_id", anonymous)] if anonymous else [])


def _fault(event_id: str, event: str, properties: Mapping[str, Any], at: datetime) -> AddressFault | None:
    reason, suppress_after = _severity(event, properties)
    address, message_id = str(properties.get("email") or ""), str(properties.get("message_id") or "")
    if not suppress_after or not (address or message_id):
        return None
    channel = _word(properties.get("channel"), "email")
    return AddressFault(event_id, channel, address, message_id, reason, suppress_after, at)


def _severity(event: str, properties: Mapping[str, Any]) -> tuple[str, int]:
    if event == "Email Marked as Spam":
        return "complaint", 1
    if event == "Email Bounced" and properties.get("bounce_type") == "hard":
        return "hard_bounce", 1
    if event == "Message Rejected":
        times = properties.get("suppress_after")
        return "hard_bounce", times if isinstance(times, int) else 0
    return "", 0


def _word(value: Any, default: str) -> str:
    return str(value).strip() if value else default


def _instant(value: Any) -> datetime | None:
    return parse_instant(value) if isinstance(value, str) and value else None
