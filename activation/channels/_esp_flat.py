"""Services whose events are one flat object each, by their own documents of their webhooks."""

from collections.abc import Iterator, Mapping
from typing import Any

from activation.channels import _esp_words as words
from activation.channels._esp_reading import Row, Service, at, named, one_or_list


def _brevo_word(row: Row) -> str:
    return at(row, ("event",)) or ("inbound" if "Headers" in row or "MessageId" in row else "")


_BREVO = Service(
    rows=lambda body: body.get("items", [body]) if isinstance(body, dict) else body,
    word=_brevo_word,
    told=words.means(
        {
            words.SENT: "request",
            words.DELIVERED: "delivered",
            words.HARD: "hard_bounce",
            words.SOFT: "soft_bounce",
            words.DROPPED: "blocked",
            words.SPAM: "spam, complaint",
            words.INVALID: "invalid_email",
            words.REFUSED: "error",
            words.LATER: "deferred",
            words.OPENED: "opened, unique_opened",
            words.MACHINE: "proxy_open, unique_proxy_open",
            words.CLICKED: "click",
            words.UNSUBSCRIBED: "unsubscribe",
            words.INBOUND: "inbound",
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
    told=words.means(
        {
            words.DELIVERED: "sent",
            words.OPENED: "open",
            words.CLICKED: "click",
            words.HARD: "hard",
            words.SOFT: "soft",
            words.DROPPED: "blocked",
            words.SPAM: "spam",
            words.UNSUBSCRIBED: "unsub",
            words.INBOUND: "inbound",
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
    told=words.means(
        {
            words.DELIVERED: "delivery",
            words.OPENED: "open",
            words.CLICKED: "click",
            words.HARD: "bounce",
            words.SOFT: "soft bounce",
            words.SPAM: "spam",
            words.UNSUBSCRIBED: "unsubscribe",
            words.LATER: "suspension",
            words.DROPPED: "reject",
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
    told=words.means(
        {
            words.SENT: "send",
            words.DELIVERED: "delivered",
            words.LATER: "deferral",
            words.HARD: "hard_bounce",
            words.SOFT: "soft_bounce",
            words.OPENED: "open",
            words.CLICKED: "click",
            words.SPAM: "spam",
            words.UNSUBSCRIBED: "unsub",
            words.DROPPED: "reject",
            words.INBOUND: "inbound",
            words.LIST_CHANGE: "sync",
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
    told=words.means(
        {
            words.DELIVERED: "Delivery",
            words.OPENED: "Open",
            words.CLICKED: "Click",
            words.SPAM: "SpamComplaint, SpamNotification, change SpamComplaint",
            words.INBOUND: "inbound, InboundError",
            words.HARD: "HardBounce, change HardBounce",
            words.INVALID: "BadEmailAddress",
            words.SOFT: "SoftBounce, DnsError, AddressChange, ChallengeVerification, Unknown, OpenRelayTest",
            words.LATER: "Transient",
            words.BLOCKED: "Blocked, DMARCPolicy, VirusNotification",
            words.PING: "AutoResponder",
            words.DROPPED: "ManuallyDeactivated",
            words.UNSUBSCRIBED: "Unsubscribe, change ManualSuppression",
            words.RESUBSCRIBED: "Subscribe, resubscribed",
            words.REFUSED: "SMTPApiError, TemplateRenderingFailed",
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
    told=words.means(
        {
            words.SENT: "accepted, sent",
            words.DELIVERED: "delivered",
            words.OPENED: "opened",
            words.CLICKED: "clicked",
            words.HARD: "hard_bounced",
            words.SOFT: "soft_bounced",
            words.SPAM: "spam",
            words.UNSUBSCRIBED: "unsubscribed",
            words.RESUBSCRIBED: "subscribed",
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
