"""SendGrid's account and the events that it tells (docs.sendgrid.com: Event Webhook).

A call is signed by ECDSA over the time and the raw body. A call that failed comes again for a day, so an old time alone
makes it no stranger: what it tells twice counts once, by its event id.
"""

from base64 import b64decode
from collections.abc import Iterator
from typing import Any

from pydantic import SecretStr

from activation.channels._esp_reading import Row, Service, at, read_rows
from activation.channels._esp_words import (
    BLOCKED,
    CLICKED,
    DELIVERED,
    DROPPED,
    HARD,
    INVALID,
    LATER,
    MACHINE,
    OPENED,
    RESUBSCRIBED,
    SENT,
    SPAM,
    UNSUBSCRIBED,
    means,
)
from activation.channels._receiving import check
from activation.channels.contract import Inbound, Reading
from kith.settings import Section

OLDEST_SECONDS = 25 * 3_600


class SendGridSettings(Section, prefix="KITH_SENDGRID_"):
    """An account. `public_key` is the verification key of its event webhook; without it no event is believed.
    `unsubscribe_group` is the number of a suppression group, 0 for none."""

    api_key: SecretStr
    sender: str
    sender_name: str = ""
    public_key: str = ""
    unsubscribe_group: int = 0
    base_url: str = "https://api.sendgrid.com"


def _rows(body: Any) -> Iterator[Any]:
    """Its message id begins with the X-Message-Id that our call was answered with."""
    for row in body:
        if isinstance(row, dict):
            yield {**row, "sg_message_id": at(row, ("sg_message_id",)).partition(".")[0]}
        else:
            yield row


def _word(row: Row) -> str:
    word = at(row, ("event",))
    if word == "bounce":
        return f"bounce {at(row, ('type',)) or 'bounce'}"
    if word == "dropped" and at(row, ("reason",)) == "Invalid":
        return "dropped invalid"
    return "machine open" if word == "open" and row.get("sg_machine_open") is True else word


EVENTS = Service(
    rows=_rows,
    word=_word,
    told=means(
        {
            SENT: "processed",
            LATER: "deferred",
            DELIVERED: "delivered",
            HARD: "bounce bounce",
            BLOCKED: "bounce blocked",
            DROPPED: "dropped",
            INVALID: "dropped invalid",
            OPENED: "open",
            MACHINE: "machine open",
            CLICKED: "click",
            SPAM: "spamreport",
            UNSUBSCRIBED: "unsubscribe, group_unsubscribe",
            RESUBSCRIBED: "group_resubscribe",
        }
    ),
    at=("timestamp",),
    provider_id=("sg_message_id",),
    event=("sg_event_id",),
    address=("email",),
    diagnosis=("reason", "response"),
    url=("url",),
)


def read_events(settings: SendGridSettings, inbound: Inbound) -> Reading:
    """The events of one genuine call. Raises BadSignature."""
    told = inbound.headers.get("x-twilio-email-event-webhook-timestamp", "")
    check(told.isascii() and told.isdigit() and len(told) < 12)
    check(abs(int(told) - inbound.received_at.timestamp()) <= OLDEST_SECONDS)
    signature = inbound.headers.get("x-twilio-email-event-webhook-signature", "")
    check(_is_genuine(settings.public_key, signature, told.encode() + inbound.body))
    return read_rows("sendgrid", EVENTS, inbound)


def _is_genuine(public_key: str, signature: str, signed: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        key = load_der_public_key(b64decode(public_key, validate=True))
        if not isinstance(key, EllipticCurvePublicKey):
            return False
        key.verify(b64decode(signature, validate=True), signed, ECDSA(SHA256()))
    except (ValueError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
