"""Services whose events are one flat object each, by their own documents of their webhooks."""

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
    INVALID,
    LATER,
    LIST_CHANGE,
    MACHINE,
    OPENED,
    PING,
    REFUSED,
    RESUBSCRIBED,
    SENT,
    SOFT,
    SPAM,
    UNSUBSCRIBED,
    means,
)


def _brevo_word(row: Row) -> str:
    return at(row, ("event",)) or ("inbound" if "Headers" in row or "MessageId" in row else "")


_BREVO = Service(
    rows=lambda body: body.get("items", [body]) if isinstance(body, dict) else body,
    word=_brevo_word,
    told=means(
        {
            SENT: "request",
            DELIVERED: "delivered",
            HARD: "hard_bounce",
            SOFT: "soft_bounce",
            DROPPED: "blocked",
            SPAM: "spam, complaint",
            INVALID: "invalid_email",
            REFUSED: "error",
            LATER: "deferred",
            OPENED: "opened, unique_opened",
            MACHINE: "proxy_open, unique_proxy_open",
            CLICKED: "click",
            UNSUBSCRIBED: "unsubscribe",
            INBOUND: "inbound",
        }
    ),
    at=("ts_epoch", "ts_event", "date"),
    provider_id=("message-id",),
    address=("email",),
    diagnosis=("reason",),
    url=("link",),
)


def _mailjet_word(row: Row) -> str:
    word = at(row, ("event",))
    if word == "bounce":
        return "hard" if row.get("hard_bounce") is True else "soft"
    if word == "open" and at(row, ("url",)):
        return "click"
    return word or ("inbound" if "Headers" in row else "")


_MAILJET = Service(
    rows=one_or_list,
    word=_mailjet_word,
    told=means(
        {
            DELIVERED: "sent",
            OPENED: "open",
            CLICKED: "click",
            HARD: "hard",
            SOFT: "soft",
            DROPPED: "blocked",
            SPAM: "spam",
            UNSUBSCRIBED: "unsub",
            INBOUND: "inbound",
        }
    ),
    at=("time",),
    provider_id=("MessageID",),
    address=("email",),
    diagnosis=("comment",),
    url=("url",),
)

_MAILTRAP = Service(
    rows=lambda body: body["events"],
    word=named("event"),
    told=means(
        {
            DELIVERED: "delivery",
            OPENED: "open",
            CLICKED: "click",
            HARD: "bounce",
            SOFT: "soft bounce",
            SPAM: "spam",
            UNSUBSCRIBED: "unsubscribe",
            LATER: "suspension",
            DROPPED: "reject",
        }
    ),
    at=("timestamp",),
    provider_id=("message_id",),
    event=("event_id",),
    address=("email",),
    diagnosis=("response",),
    url=("url",),
)

_MANDRILL = Service(
    rows=one_or_list,
    word=lambda row: at(row, ("event",)) or ("sync" if "type" in row and "action" in row else ""),
    told=means(
        {
            SENT: "send",
            DELIVERED: "delivered",
            LATER: "deferral",
            HARD: "hard_bounce",
            SOFT: "soft_bounce",
            OPENED: "open",
            CLICKED: "click",
            SPAM: "spam",
            UNSUBSCRIBED: "unsub",
            DROPPED: "reject",
            INBOUND: "inbound",
            LIST_CHANGE: "sync",
        }
    ),
    at=("ts",),
    provider_id=("_id",),
    address=("msg.email",),
    diagnosis=("msg.diag",),
    url=("url",),
)


def _postmark_word(row: Row) -> str:
    kind = at(row, ("RecordType",))
    if kind == "Bounce":
        return at(row, ("Type",))
    if kind == "SubscriptionChange":
        return (
            f"change {at(row, ('SuppressionReason',))}"
            if row.get("SuppressSending") is True
            else "resubscribed"
        )
    return kind or ("inbound" if "FromFull" in row else "")


_POSTMARK = Service(
    rows=one_or_list,
    word=_postmark_word,
    told=means(
        {
            DELIVERED: "Delivery",
            OPENED: "Open",
            CLICKED: "Click",
            SPAM: "SpamComplaint, SpamNotification, change SpamComplaint",
            INBOUND: "inbound, InboundError",
            HARD: "HardBounce, change HardBounce",
            INVALID: "BadEmailAddress",
            SOFT: "SoftBounce, DnsError, AddressChange, ChallengeVerification, Unknown, OpenRelayTest",
            LATER: "Transient",
            BLOCKED: "Blocked, DMARCPolicy, VirusNotification",
            PING: "AutoResponder",
            DROPPED: "ManuallyDeactivated",
            UNSUBSCRIBED: "Unsubscribe, change ManualSuppression",
            RESUBSCRIBED: "Subscribe, resubscribed",
            REFUSED: "SMTPApiError, TemplateRenderingFailed",
        }
    ),
    at=("BouncedAt", "DeliveredAt", "ReceivedAt", "ChangedAt"),
    provider_id=("MessageID",),
    address=("Email", "Recipient"),
    diagnosis=("Details",),
    url=("OriginalLink",),
)


def _unisender_rows(body: Any) -> Iterator[Any]:
    if "events_by_user" not in body:
        yield body
        return
    for user in body["events_by_user"]:
        for event in user["events"]:
            yield {"event_name": event.get("event_name"), **event["event_data"]}


_UNISENDER_GO = Service(
    rows=_unisender_rows,
    word=named("status"),
    told=means(
        {
            SENT: "accepted, sent",
            DELIVERED: "delivered",
            OPENED: "opened",
            CLICKED: "clicked",
            HARD: "hard_bounced",
            SOFT: "soft_bounced",
            SPAM: "spam",
            UNSUBSCRIBED: "unsubscribed",
            RESUBSCRIBED: "subscribed",
        }
    ),
    at=("event_time",),
    provider_id=("job_id",),
    address=("email",),
    diagnosis=("delivery_info.destination_response",),
    url=("url",),
)


FLAT: Mapping[str, Service] = {
    "brevo": _BREVO,
    "mailjet": _MAILJET,
    "mailtrap": _MAILTRAP,
    "mandrill": _MANDRILL,
    "postmark": _POSTMARK,
    "unisender_go": _UNISENDER_GO,
}
