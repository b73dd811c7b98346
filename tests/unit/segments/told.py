"""What the events of a person tell of messages, in plain Python."""

from __future__ import annotations

import json
from typing import Any

from tests.unit.segments.world import Person

_STATUSES = {
    "Message Sent": "sent", "Email Delivered": "delivered", "SMS Delivered": "delivered",
    "Push Notification Received": "delivered", "Email Opened": "opened", "Email Link Clicked": "clicked",
    "SMS Link Clicked": "clicked", "Push Notification Tapped": "clicked", "Email Bounced": "bounced",
    "Push Notification Bounced": "bounced", "Email Marked as Spam": "complained", "Email Replied": "replied",
    "Unsubscribed": "unsubscribed", "SMS Received": "replied", "SMS Replied": "replied",
    "Message Delivered": "delivered", "Message Opened": "opened", "Message Link Clicked": "clicked",
    "Message Bounced": "bounced", "Message Marked as Spam": "complained", "Message Replied": "replied",
}  # fmt: skip


def message_rows(person: Person) -> list[dict[str, Any]]:
    """Each message sent once; each answer with the facts of its sending, if that was before, where it has none."""
    sends: dict[str, dict[str, Any]] = {}
    answers = []
    for number, (event, at, properties) in sorted(
        enumerate(person.events), key=lambda each: (each[1][1], each[0])
    ):
        said = {
            key: text
            for key, value in (properties or {}).items()
            if (text := property_text(value)) is not None
        }
        row = {"status": _STATUSES.get(event), "at": at, "message_id": f"event {number}", **said}
        if row["status"] == "sent":
            sends.setdefault(row["message_id"], row)
        elif row["status"]:
            channel = {"Email": "email", "SMS": "sms", "Push": "push"}.get(event.split()[0])
            answers.append(({"channel": channel} if channel else {}) | row)
    for row in answers:
        send = sends.get(row["message_id"], {"at": row["at"]})
        if send["at"] <= row["at"]:
            row.update({key: value for key, value in send.items() if key not in row})
    return [*sends.values(), *answers]


def property_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return str(value).lower() if isinstance(value, bool) else str(value)
