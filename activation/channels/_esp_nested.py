"""Services that wrap their events in others, by their own documents of their webhooks."""

from collections.abc import Iterator, Mapping
from typing import Any

from activation.channels import _esp_words as words
from activation.channels._esp_reading import Row, Service, at, named, one_or_list

_MAILERSEND = Service(
    rows=one_or_list,
    word=named("type"),
    told=words.means(
        {
            words.SENT: "activity.sent",
            words.DELIVERED: "activity.delivered",
            words.HARD: "activity.hard_bounced",
            words.SOFT: "activity.soft_bounced",
            words.SPAM: "activity.spam_complaint",
            words.UNSUBSCRIBED: "activity.unsubscribed",
            words.LATER: "activity.deferred",
            words.MACHINE: "activity.survey_opened",
            words.OPENED: "activity.opened, activity.opened_unique",
            words.CLICKED: "activity.clicked, activity.clicked_unique",
            words.INBOUND: "inbound.message",
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
    told=words.means(
        {
            words.SENT: "accepted",
            words.DELIVERED: "delivered",
            words.HARD: "failed permanent",
            words.LATER: "failed temporary",
            words.DROPPED: "rejected",
            words.OPENED: "opened",
            words.CLICKED: "clicked",
            words.UNSUBSCRIBED: "unsubscribed",
            words.SPAM: "complained",
            words.INBOUND: "stored",
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
    told=words.means(
        {
            words.DELIVERED: "MessageSent",
            words.LATER: "MessageDelayed",
            words.DROPPED: "MessageHeld",
            words.SOFT: "bounced, MessageBounced",
            words.HARD: "MessageDeliveryFailed",
            words.CLICKED: "MessageLinkClicked",
            words.OPENED: "MessageLoaded",
            words.INBOUND: "incoming",
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
    told=words.means(
        {
            words.SENT: "email.sent, email.scheduled",
            words.DELIVERED: "email.delivered",
            words.LATER: "email.delivery_delayed",
            words.HARD: "email.bounced, email.bounced Permanent",
            words.SOFT: "email.bounced Transient, email.bounced Undetermined",
            words.DROPPED: "suppressed, email.suppressed",
            words.REFUSED: "email.failed",
            words.SPAM: "email.complained",
            words.OPENED: "email.opened",
            words.CLICKED: "email.clicked",
            words.INBOUND: "email.received",
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
    told=words.means(
        {
            words.SENT: "injection",
            words.DELIVERED: "delivery",
            words.LATER: "delay",
            words.HARD: "hard",
            words.SOFT: "soft",
            words.BLOCKED: "blocked",
            words.DROPPED: "policy_rejection, generation_rejection",
            words.REFUSED: "generation_failure",
            words.OPENED: "open, initial_open",
            words.CLICKED: "click",
            words.SPAM: "spam_complaint",
            words.PING: "ping",
            words.UNSUBSCRIBED: "list_unsubscribe, link_unsubscribe",
            words.INBOUND: "relay_injection",
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
