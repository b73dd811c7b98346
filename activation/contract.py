"""What journeys and delivery agree on: the closed words, the outbox's columns, the names of effects.

Journeys write the outbox, delivery reads it; neither imports the other. Every word that both store is in a
closed set here, so an outcome nobody expected can't be written down.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import orjson
import pyarrow as pa

from kith.ids import stable_id
from kith.times import format_instant, parse_instant


class Decision(StrEnum):
    """What the plan gate decided about one planned message."""

    SEND = "send"
    WITHHOLD = "withhold"


class Outcome(StrEnum):
    """Where a planned message ends: exactly one of these, with a reason; `pending` until then."""

    WITHHELD = "withheld"  # plan gate
    SUPPRESSED = "suppressed"  # send gate: consent or suppression changed since the plan
    EXPIRED = "expired"  # send gate: past not_after
    ACCEPTED = "accepted"  # the channel took it
    REJECTED = "rejected"  # the channel refused it for good
    FAILED = "failed"  # we gave up, and know that it was not sent
    UNKNOWN = "unknown"  # the channel's answer was lost: it may or may not have been sent
    PENDING = "pending"


class Reason(StrEnum):
    """Why a message has its decision or outcome; `NONE` (empty) belongs to a send and to an accepted one."""

    NONE = ""
    # Plan gate, in gate order. NO_CONSENT and SUPPRESSED are the send gate's too.
    HOLDOUT = "holdout"
    NO_CONSENT = "no_consent"
    SUPPRESSED = "suppressed"
    UNREACHABLE = "unreachable"
    MISSING_VARIABLE = "missing_variable"
    FREQUENCY_CAP = "frequency_cap"
    BUDGET = "budget"
    THROTTLED = "throttled"
    # Send gate.
    EXPIRED = "expired"
    # Rendering and channels.
    RENDER_REFUSED = "render_refused"
    ADDRESS_REFUSED = "address_refused"
    CONTENT_REFUSED = "content_refused"
    POLICY_REFUSED = "policy_refused"
    RATE_LIMITED = "rate_limited"
    CHANNEL_UNAVAILABLE = "channel_unavailable"
    CHANNEL_MISCONFIGURED = "channel_misconfigured"
    ATTEMPTS_EXHAUSTED = "attempts_exhausted"
    ANSWER_LOST = "answer_lost"


class Status(StrEnum):
    """What happened to an accepted message afterwards; learned from events, never an outcome."""

    DELIVERED = "delivered"
    OPENED = "opened"
    CLICKED = "clicked"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"
    REPLIED = "replied"
    CONVERTED = "converted"


#: Events that cost an address its place: at once, or at the `suppress_after`-th.
BOUNCES = ("Email Bounced", "Push Notification Bounced", "Message Bounced")
COMPLAINTS = ("Email Marked as Spam", "Message Marked as Spam")
#: A message is refused at an address, or goes on to another channel from it: so too where they say `suppress_after`.
REFUSALS = ("Message Rejected", "Message Moved")

WITHHOLD_REASONS = (
    Reason.HOLDOUT,
    Reason.NO_CONSENT,
    Reason.SUPPRESSED,
    Reason.UNREACHABLE,
    Reason.MISSING_VARIABLE,
    Reason.FREQUENCY_CAP,
    Reason.BUDGET,
    Reason.THROTTLED,
)

_INSTANT = pa.timestamp("us")

OUTBOX_SCHEMA = pa.schema(
    [
        ("message_id", pa.string()),
        ("journey", pa.string()),
        ("journey_version", pa.string()),
        ("step_id", pa.string()),
        ("enrolment_id", pa.string()),
        (
            "profile_id",
            pa.string(),
        ),  # as it was decided; profile_aliases lead to the present id
        ("channel", pa.string()),
        ("purpose", pa.string()),
        ("tags", pa.list_(pa.string())),  # what caps and budgets count it by, besides purpose and channel
        ("template", pa.string()),
        ("template_version", pa.string()),
        ("address", pa.string()),  # NULL when unreachable
        (
            "identifiers",
            pa.string(),
        ),  # JSON [["user_id","u1"],…]: consent is kept per identifier
        ("locale", pa.string()),
        ("variables", pa.string()),  # JSON object: the frozen render context, so a body can be recomputed
        ("entered_at", _INSTANT),
        ("decided_at", _INSTANT),
        (
            "release_at",
            _INSTANT,
        ),  # the earliest at which it may leave: later than decided_at where a throttle holds it
        ("not_after", _INSTANT),
        ("decision", pa.string()),
        ("reason", pa.string()),  # '' for a send
        ("reason_detail", pa.string()),  # which cap, which variable; '' where the reason says it all
        ("is_holdout", pa.bool_()),
        (
            "is_eligible",
            pa.bool_(),
        ),  # every gate of the person's own but holdout passes: lift compares like with like
        ("is_transactional", pa.bool_()),
        (
            "lifted",
            pa.string(),
        ),  # JSON [["email","a@b.c","<instant>"],…]: refusals up to then that a later grant lifted
        ("as_of", _INSTANT),
    ]
)


def enrolment_id(journey: str, profile_id: str, entry_key: str, entered_at: datetime) -> str:
    """The name of one person's one pass through a journey (md5 hex)."""
    return stable_id(journey, profile_id, entry_key, format_instant(entered_at))


def message_id(journey: str, step_id: str, enrolment: str, step_entered_at: datetime) -> str:
    """The name of one planned message (md5 hex). The version has no part: a new one sends nothing twice."""
    return stable_id(journey, step_id, enrolment, format_instant(step_entered_at))


Identifier = tuple[str, str]  # (identifier_type, identifier_value)


@dataclass(frozen=True, slots=True)
class PlannedMessage:
    """One outbox row as delivery handles it; times are aware UTC."""

    message_id: str
    journey: str
    journey_version: str
    step_id: str
    enrolment_id: str
    profile_id: str
    channel: str
    purpose: str
    template: str
    template_version: str
    address: str
    identifiers: tuple[Identifier, ...]
    locale: str
    variables: Mapping[str, Any]
    decided_at: datetime
    not_after: datetime
    is_transactional: bool
    lifted: Mapping[Identifier, datetime] = field(default_factory=dict)
    """Whose refusals the permission rests on being lifted, and up to which instant."""

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "PlannedMessage":
        """Reads one row of OUTBOX_SCHEMA (Python values, naive UTC instants, JSON texts)."""
        texts = {name: row[name] or "" for name in _TEXTS}
        return cls(
            **texts,
            identifiers=tuple((kind, value) for kind, value in orjson.loads(row["identifiers"] or "[]")),
            variables=orjson.loads(row["variables"] or "{}"),
            decided_at=_aware(row["decided_at"]),
            not_after=_aware(row["not_after"]),
            is_transactional=bool(row["is_transactional"]),
            lifted=_lifted(row.get("lifted") or "[]"),
        )


@dataclass(frozen=True, slots=True)
class HelpAsked:
    """Somebody wrote HELP. `asked_id` names what they wrote; `about` is the last message to them, where there is one."""

    asked_id: str
    channel: str
    address: str
    at: datetime
    about: PlannedMessage | None = None


_TEXTS = (
    *("message_id", "journey", "journey_version", "step_id", "enrolment_id", "profile_id"),
    *("channel", "purpose", "template", "template_version", "address", "locale"),
)


def _lifted(text: str) -> Mapping[Identifier, datetime]:
    if text == "[]":
        return {}
    return {(kind, value): parse_instant(until) for kind, value, until in orjson.loads(text)}


def _aware(instant: datetime) -> datetime:
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
