"""Services that wrap their events in others, by their own documents of their webhooks."""

from collections.abc import Iterator, Mapping
from typing import Any

from activation.channels._esp_reading import Row, Service, at, named, one_or_list
from activation.channels._esp_words import (
    BLOCKED,
    CLICKED,
    DELIVERED,
    DROPPED,
    HARD,
    INBOUND,
    LATER,
    MACHINE,
    OPENED,
    PING,
    REFUSED,
    SENT,
    SOFT,
    SPAM,
    UNSUBSCRIBED,
    means,
)

_MAILERSEND = Service(
    rows=one_or_list,
    word=named("type"),
    told=means(
        {
            SENT: "activity.sent",
            DELIVERED: "activity.delivered",
            HARD: "activity.hard_bounced",
            SOFT: "activity.soft_bounced",
            SPAM: "activity.spam_complaint",
            UNSUBSCRIBED: "activity.unsubscribed",
            LATER: "activity.deferred",
            MACHINE: "activity.survey_opened",
            OPENED: "activity.opened, activity.opened_unique",
            CLICKED: "activity.clicked, activity.clicked_unique",
            INBOUND: "inbound.message",
        }
    ),
    at=("data.created_at", "created_at"),
    provider_id=("data.email.message.id",),
    event=("data.id",),
    address=("data.email.recipient.email",),
    diagnosis=("data.morph.reason",),
    url=("data.morph.url",),
)


def _mailgun_word(row: Row) -> str:
    word, severity = at(row, ("event-data.event", "event")), at(row, ("event-data.severity",))
    return f"{word} {severity}".strip() if word == "failed" else word


_MAILGUN = Service(
    rows=one_or_list,
    word=_mailgun_word,
    told=means(
        {
            SENT: "accepted",
            DELIVERED: "delivered",
            HARD: "failed permanent",
            LATER: "failed temporary",
            DROPPED: "rejected",
            OPENED: "opened",
            CLICKED: "clicked",
            UNSUBSCRIBED: "unsubscribed",
            SPAM: "complained",
            INBOUND: "stored",
        }
    ),
    at=("event-data.timestamp",),
    provider_id=("event-data.message.headers.message-id",),
    event=("event-data.id",),
    address=("event-data.recipient",),
    diagnosis=("event-data.delivery-status.message", "event-data.delivery-status.description"),
    url=("event-data.url",),
)


def _postal_word(row: Row) -> str:
    """A bounce names the message it is about; mail that came in is not ours to follow."""
    if at(row, ("payload.message.direction",)) == "incoming":
        return "incoming"
    return "bounced" if "bounce" in _payload(row) else at(row, ("event",))


def _payload(row: Row) -> Mapping[str, Any]:
    found = row.get("payload")
    return found if isinstance(found, dict) else {}


_POSTAL = Service(
    rows=one_or_list,
    word=_postal_word,
    told=means(
        {
            DELIVERED: "MessageSent",
            LATER: "MessageDelayed",
            DROPPED: "MessageHeld",
            SOFT: "bounced, MessageBounced",
            HARD: "MessageDeliveryFailed",
            CLICKED: "MessageLinkClicked",
            OPENED: "MessageLoaded",
            INBOUND: "incoming",
        }
    ),
    at=("timestamp",),
    provider_id=("payload.message.message_id", "payload.original_message.message_id"),
    event=("uuid",),
    address=("payload.message.to", "payload.original_message.to"),
    diagnosis=("payload.output", "payload.details"),
    url=("payload.url",),
)


def _resend_word(row: Row) -> str:
    """A suppressed address is told as a bounce, with the difference in its text alone."""
    word = at(row, ("type",))
    if word != "email.bounced":
        return word
    kind, text = at(row, ("data.bounce.subType",)), at(row, ("data.bounce.message",))
    is_suppressed = kind == "Suppressed" or "suppression list" in text
    return "suppressed" if is_suppressed else f"{word} {at(row, ('data.bounce.type',))}".strip()


_RESEND = Service(
    rows=one_or_list,
    word=_resend_word,
    told=means(
        {
            SENT: "email.sent, email.scheduled",
            DELIVERED: "email.delivered",
            LATER: "email.delivery_delayed",
            HARD: "email.bounced, email.bounced Permanent",
            SOFT: "email.bounced Transient, email.bounced Undetermined",
            DROPPED: "suppressed, email.suppressed",
            REFUSED: "email.failed",
            SPAM: "email.complained",
            OPENED: "email.opened",
            CLICKED: "email.clicked",
            INBOUND: "email.received",
        }
    ),
    at=("created_at",),
    provider_id=("data.email_id",),
    address=("data.to",),
    diagnosis=("data.bounce.diagnosticCode",),
    url=("data.click.link",),
)


def _sparkpost_rows(body: Any) -> Iterator[Any]:
    """Each row wraps its event in its class: {msys: {message_event: {…}}}. An empty one is a ping."""
    for row in body:
        events = list(row["msys"].values())
        yield from events or [{"type": "ping"}]


#: Classes of SparkPost's own bounce table: what each costs the address.

_SPARKPOST_CLASSES = {
    **dict.fromkeys(("10", "30", "90"), "hard"),
    **dict.fromkeys(("25", "50", "51", "52", "53", "54", "60"), "blocked"),
}


def _sparkpost_word(row: Row) -> str:
    word = at(row, ("type",)).removeprefix("amp_")
    if word in ("bounce", "out_of_band"):
        return _SPARKPOST_CLASSES.get(at(row, ("bounce_class",)), "soft")
    return word


_SPARKPOST = Service(
    rows=_sparkpost_rows,
    word=_sparkpost_word,
    told=means(
        {
            SENT: "injection",
            DELIVERED: "delivery",
            LATER: "delay",
            HARD: "hard",
            SOFT: "soft",
            BLOCKED: "blocked",
            DROPPED: "policy_rejection, generation_rejection",
            REFUSED: "generation_failure",
            OPENED: "open, initial_open",
            CLICKED: "click",
            SPAM: "spam_complaint",
            PING: "ping",
            UNSUBSCRIBED: "list_unsubscribe, link_unsubscribe",
            INBOUND: "relay_injection",
        }
    ),
    at=("timestamp",),
    provider_id=("transmission_id", "message_id"),
    event=("event_id",),
    address=("raw_rcpt_to", "rcpt_to"),
    diagnosis=("raw_reason", "reason"),
    url=("target_link_url",),
)


NESTED: Mapping[str, Service] = {
    "mailersend": _MAILERSEND,
    "mailgun": _MAILGUN,
    "postal": _POSTAL,
    "resend": _RESEND,
    "sparkpost": _SPARKPOST,
}
