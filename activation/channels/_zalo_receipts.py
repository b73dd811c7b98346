"""What Zalo tells of an official account: messages received and seen, follows, what people write.

Signature (X-ZEvent-Signature): SHA-256 of app id, raw body, the body's timestamp and the account's secret, one after
the other; no HMAC. Ids exceed 2^53: they are texts.
"""

import hashlib
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from activation.channels._receiving import (
    check,
    event_id,
    from_milliseconds,
    inner,
    is_same,
    json_object,
    needed,
    nothing_but,
    text_of,
    unread,
)
from activation.channels.contract import Inbound, Reading, Receipt, Status, Unread

_SENT = "user_send_"
_TOLD = {"user_received_message": Status.DELIVERED, "user_seen_message": Status.OPENED}


def read(app_id: str, account_secret: SecretStr, inbound: Inbound) -> Reading:
    """One call holds one event. Raises contract.BadSignature."""
    told, secret = json_object(inbound.body), needed(account_secret, "KITH_ZALO_ACCOUNT_SECRET")
    signed = f"{app_id}{inbound.body.decode('utf-8', 'replace')}{text_of(told or {}, 'timestamp')}{secret}"
    expected = hashlib.sha256(signed.encode()).hexdigest()
    check(is_same(f"mac={expected}", inbound.headers.get("x-zevent-signature", "").lower()))
    if told is None:
        return nothing_but("not_json", inbound.body)
    rows = _rows(told, from_milliseconds(told.get("timestamp"), inbound.received_at))
    return Reading(
        [row for row in rows if isinstance(row, Receipt)], [row for row in rows if isinstance(row, Unread)]
    )


def _rows(told: dict[str, Any], at: datetime) -> list[Receipt | Unread]:
    kind, message = text_of(told, "event_name"), inner(told, "message")
    if kind in _TOLD:
        person = text_of(inner(told, "recipient"), "id") or text_of(inner(told, "sender"), "id")
        return _told(told, kind, person, message, at)
    if kind == "unfollow":
        person = text_of(inner(told, "follower"), "id")
        name = event_id("zalo", kind, person, at.isoformat())
        gone = Receipt(name, Status.UNSUBSCRIBED, at, address=person, detail="opted_out")
        return [gone] if person else [unread("no_sender", told)]
    if kind.startswith(_SENT):
        return [_reply(told, kind, message, at)]
    return [unread(f"about_{kind[:40]}" if kind.isidentifier() else "no_event", told)]


def _told(
    told: dict[str, Any], kind: str, person: str, message: dict[str, Any], at: datetime
) -> list[Receipt | Unread]:
    listed = message.get("msg_ids")
    names = [text_of(message, "msg_id"), *(listed if isinstance(listed, list) else [])]
    found: list[Receipt | Unread] = [
        Receipt(
            event_id("zalo", name, kind),
            _TOLD[kind],
            at,
            provider_message_id=str(name),
            address=person,
            detail=kind,
        )
        for name in dict.fromkeys(str(name) for name in names if isinstance(name, str | int) and name)
    ]
    return found or [unread("no_message", told)]


def _reply(told: dict[str, Any], kind: str, message: dict[str, Any], at: datetime) -> Receipt | Unread:
    name, person = text_of(message, "msg_id"), text_of(inner(told, "sender"), "id")
    if not name or not person:
        return unread("no_sender", told)
    return Receipt(
        event_id("zalo", name, "received"),
        Status.REPLIED,
        at,
        provider_message_id=text_of(message, "quote_msg_id"),
        address=person,
        detail=kind.removeprefix(_SENT)[:40],
        text=text_of(message, "text"),
    )
