"""What RCS tells: events of messages, answers and taps, each in an envelope of Google's Pub/Sub.

X-Goog-Signature is the base64 of an HMAC-SHA512 with the webhook's client token. Google's page says "of the body",
its samples sign the decoded `data`: either is believed, since both need the token.
"""

import base64
import binascii
import hashlib
import hmac
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import SecretStr

from activation.channels._receiving import (
    check,
    event_id,
    inner,
    is_same,
    json_object,
    needed,
    nothing_but,
    text_of,
    unread,
)
from activation.channels.contract import Inbound, Reading, Receipt, Status, Unread

_EVENTS = {
    "DELIVERED": Status.DELIVERED,
    "READ": Status.OPENED,
    "TTL_EXPIRATION_REVOKED": Status.BOUNCED,
    "TTL_EXPIRATION_REVOKE_FAILED": Status.ACCEPTED,  # it may still arrive
    "UNSUBSCRIBE": Status.UNSUBSCRIBED,
}
_SUBSCRIPTION = "UNSUBSCRIBE"


def read(secret: SecretStr, inbound: Inbound) -> Reading:
    """One call holds one event. Raises contract.BadSignature."""
    told, client_token = json_object(inbound.body) or {}, needed(secret, "KITH_RCS_CLIENT_TOKEN")
    if "secret" in told and "clientToken" in told:
        check(is_same(client_token, text_of(told, "clientToken")))
        return Reading(reply=text_of(told, "secret").encode())  # the question at setting the webhook up
    data = _data(text_of(inner(told, "message"), "data"))
    signature = inbound.headers.get("x-goog-signature", "")
    check(any(is_same(_sign(client_token, part), signature) for part in (data, inbound.body) if part))
    event = json_object(data)
    if event is None:
        return nothing_but("not_json", inbound.body)
    row = _row(event, inbound.received_at)
    return Reading([row]) if isinstance(row, Receipt) else Reading(unread=[row])


def rcs_id(message_id: str) -> str:
    """Our id in the form that RBM wants: a UUID of the same 32 digits."""
    return str(UUID(hex=message_id))


def our_id(told: str) -> str:
    """The way back; empty where it is none of ours."""
    try:
        return UUID(told).hex
    except ValueError:
        return ""


def _row(event: dict[str, Any], now: datetime) -> Receipt | Unread:
    person, at = text_of(event, "senderPhoneNumber"), _moment(text_of(event, "sendTime"), now)
    kind, name = text_of(event, "eventType"), text_of(event, "messageId")
    if kind:
        return _event(event, kind, name, person, at)
    suggestion, text = inner(event, "suggestionResponse"), text_of(event, "text")
    if not person or not name:
        return unread("no_sender", event)
    postback = text_of(suggestion, "postbackData")
    attached = next((part for part in ("location", "userFile") if part in event), "")
    if not (text or suggestion or attached):
        return unread("no_message", event)
    return Receipt(
        event_id("rcs", name, "received"),
        Status.REPLIED,
        at,
        message_id=our_id(postback.partition(":")[0]),
        address=person,
        detail="button" if suggestion else attached,
        text=text or text_of(suggestion, "text"),
    )


def _event(event: dict[str, Any], kind: str, name: str, person: str, at: datetime) -> Receipt | Unread:
    status = _EVENTS.get(kind)
    if status is None or not (name or (kind == _SUBSCRIPTION and person)):
        return unread(f"about_{kind.lower()[:40]}" if kind.replace("_", "").isalpha() else "no_event", event)
    return Receipt(
        event_id("rcs", text_of(event, "eventId") or name, kind, person),
        status,
        at,
        message_id=our_id(name) if kind != _SUBSCRIPTION else "",
        provider_message_id=name if kind != _SUBSCRIPTION else "",
        address=person,
        detail=kind.lower(),
    )


def _data(told: str) -> bytes:
    try:
        return base64.b64decode(told, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _sign(token: str, content: bytes) -> str:
    return base64.b64encode(hmac.new(token.encode(), content, hashlib.sha512).digest()).decode()


def _moment(told: str, now: datetime) -> datetime:
    try:
        found = datetime.fromisoformat(told)
    except ValueError:
        return now
    return min(found, now) if found.tzinfo is not None else now
