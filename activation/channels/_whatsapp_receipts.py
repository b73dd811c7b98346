"""What WhatsApp tells of messages, and what people write: one call may hold many changes of many kinds."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from activation.channels._meta import read_events
from activation.channels._phones import from_digits
from activation.channels._receiving import (
    event_id,
    from_seconds,
    inner,
    objects,
    text_of,
    unread,
)
from activation.channels._verdicts import afterwards
from activation.channels._whatsapp_codes import CODES
from activation.channels.contract import Inbound, Reading, Receipt, Status, Unread

_STATUSES = {
    "sent": Status.ACCEPTED,
    "delivered": Status.DELIVERED,
    "read": Status.OPENED,
    "played": Status.OPENED,
}
# Where a message of this type keeps the words in it. Types that are not here are no answer to anything.
_WORDS = {
    "text": ("text", "body"),
    "button": ("button", "text"),
    "image": ("image", "caption"),
    "video": ("video", "caption"),
    "document": ("document", "caption"),
    "audio": ("audio", ""),
    "sticker": ("sticker", ""),
    "location": ("location", "name"),
    "contacts": ("contacts", ""),
    "order": ("order", "text"),
}
_CHOICES = {"button_reply": "title", "list_reply": "title", "nfm_reply": "body"}

Row = Receipt | Unread


def read(inbound: Inbound) -> Reading:
    """Every status, message and preference in a genuine call is a receipt or unread."""
    return read_events(inbound, "whatsapp_business_account", "changes", _rows)


def _rows(change: dict[str, Any], now: datetime) -> Iterator[Row]:
    field, value = text_of(change, "field"), inner(change, "value")
    if field == "messages":
        told = False
        for status in objects(value.get("statuses")):
            told = True
            yield _status(status, now)
        for message in objects(value.get("messages")):
            told = True
            yield _message(message, now)
        if not told:
            yield unread("no_message", change)
    elif field == "user_preferences":
        yield from (_preference(each, now) for each in objects(value.get("user_preferences")))
    else:
        # News of the account, of templates, of calls: nothing of a message.
        yield unread(f"about_{field[:60]}" if field.replace("_", "").isalnum() else "no_field", change)


def _status(told: dict[str, Any], now: datetime) -> Row:
    status, message = text_of(told, "status"), text_of(told, "id")
    error = next(objects(told.get("errors")), {})
    code = text_of(error, "code")
    verdict = CODES.get(code)
    failed = afterwards(verdict) if verdict else Status.FAILED
    known = failed if status == "failed" else _STATUSES.get(status)
    if known is None or not message:
        return unread("unknown_status", told)
    return Receipt(
        event_id("whatsapp", message, status, code, text_of(told, "recipient_participant_id")),
        known,
        from_seconds(told.get("timestamp"), now),
        message_id=text_of(told, "biz_opaque_callback_data"),
        provider_message_id=message,
        address=from_digits(text_of(told, "recipient_id")),
        detail=verdict.detail if verdict else status,
        provider_code=code,
        suppress_after=verdict.suppress_after if verdict else 0,
    )


def _message(told: dict[str, Any], now: datetime) -> Row:
    kind, message = text_of(told, "type"), text_of(told, "id")
    if not message or not text_of(told, "from"):
        return unread("no_sender", told)
    if kind == "reaction":
        answered, words = (
            text_of(inner(told, "reaction"), "message_id"),
            text_of(inner(told, "reaction"), "emoji"),
        )
        if not words:
            return unread("reaction_taken_back", told)
    else:
        answered, words = text_of(inner(told, "context"), "id"), _words(told, kind)
        if words is None:
            return unread(f"no_reply_{kind}" if kind.isidentifier() else "no_type", told)
    return Receipt(
        event_id("whatsapp", message, "received"),
        Status.REPLIED,
        from_seconds(told.get("timestamp"), now),
        provider_message_id=answered,
        address=from_digits(text_of(told, "from")),
        detail=kind,
        text=words,
    )


def _words(told: dict[str, Any], kind: str) -> str | None:
    """What was written or chosen; None where nothing was answered."""
    if kind == "interactive":
        chosen = inner(told, "interactive")
        choice = text_of(chosen, "type")
        return text_of(inner(chosen, choice), _CHOICES[choice]) if choice in _CHOICES else None
    if kind not in _WORDS or kind not in told:
        return None
    place, name = _WORDS[kind]
    return text_of(inner(told, place), name)


def _preference(told: dict[str, Any], now: datetime) -> Row:
    """Only the no is taken from here: a yes to marketing is given to us, in words that we keep."""
    value, person = text_of(told, "value").lower(), text_of(told, "wa_id")
    if value != "stop" or not person:
        return unread(f"marketing_{value[:20]}" if value.isidentifier() else "no_preference", told)
    return Receipt(
        event_id("whatsapp", "preference", person, text_of(told, "timestamp")),
        Status.UNSUBSCRIBED,
        from_seconds(told.get("timestamp"), now),
        address=from_digits(person),
        detail="marketing_stopped",
    )
