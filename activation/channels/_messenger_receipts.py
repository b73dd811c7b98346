"""What Messenger tells: messages, deliveries by id, and reads up to an instant.

`read` names no message but an instant: everything sent to that person until then was seen. Such a receipt has an
address and no message; whoever books it finds those messages.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from activation.channels._meta import read_events
from activation.channels._receiving import (
    event_id,
    from_milliseconds,
    inner,
    objects,
    text_of,
    unread,
)
from activation.channels.contract import Inbound, Reading, Receipt, Status, Unread

UP_TO = "all_until_then"
Row = Receipt | Unread


def read(inbound: Inbound) -> Reading:
    """Every event in a genuine call is a receipt or unread."""
    return read_events(inbound, "page", "messaging", _rows)


def _rows(event: dict[str, Any], now: datetime) -> Iterator[Row]:
    person, at = text_of(inner(event, "sender"), "id"), from_milliseconds(event.get("timestamp"), now)
    if not person:
        yield unread("no_sender", event)
    elif "delivery" in event:
        yield from _deliveries(inner(event, "delivery"), person, at)
    elif "read" in event:
        seen = from_milliseconds(inner(event, "read").get("watermark"), at)
        yield _up_to(Status.OPENED, person, seen)
    elif "message" in event and not inner(event, "message").get("is_echo"):
        yield _reply(inner(event, "message"), person, at, event)
    elif "postback" in event:
        told = inner(event, "postback")
        name = text_of(told, "mid") or at.isoformat()
        text = text_of(told, "title")
        yield Receipt(
            event_id("messenger", name, person, text),
            Status.REPLIED,
            at,
            address=person,
            detail="button",
            text=text,
        )
    else:
        kind = next((name for name in event if name not in ("sender", "recipient", "timestamp")), "nothing")
        yield unread("echo" if kind == "message" else f"about_{kind[:40]}", event)


def _deliveries(told: dict[str, Any], person: str, at: datetime) -> Iterator[Receipt]:
    named = [name for name in told.get("mids") or [] if isinstance(name, str)]
    if not named:
        yield _up_to(Status.DELIVERED, person, from_milliseconds(told.get("watermark"), at))
    for name in named:
        yield Receipt(
            event_id("messenger", name, "delivered"),
            Status.DELIVERED,
            at,
            provider_message_id=name,
            address=person,
        )


def _up_to(status: Status, person: str, at: datetime) -> Receipt:
    return Receipt(
        event_id("messenger", person, status, at.isoformat()), status, at, address=person, detail=UP_TO
    )


def _reply(told: dict[str, Any], person: str, at: datetime, event: dict[str, Any]) -> Row:
    name, text = text_of(told, "mid"), text_of(told, "text")
    attached = next(objects(told.get("attachments")), {})
    if not name or not (text or attached):
        return unread("no_message", event)
    return Receipt(
        event_id("messenger", name, "received"),
        Status.REPLIED,
        at,
        provider_message_id=text_of(inner(told, "reply_to"), "mid"),
        address=person,
        detail="" if text else text_of(attached, "type"),
        text=text,
    )
