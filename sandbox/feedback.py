"""What mailbox providers tell the sender of their own accord: complaints, late bounces, replies. And what apps tell of
the notifications that they show.

Providers know an address and a message, no customer number; the events say so.
"""

from __future__ import annotations

from typing import Any

import orjson

from kith.ids import stable_id
from kith.landing import LandingLog
from kith.times import format_instant
from sandbox.answers import Deed
from sandbox.calendar import from_ms

SOURCE = "mailbox"
DETAILS: dict[str, dict[str, str]] = {
    "Email Bounced": {
        "bounce_type": "hard",
        "status": "5.1.1",
        "diagnostic": "closed after acceptance",
    },
    "Email Marked as Spam": {"feedback_type": "abuse"},
}


class Feedback:
    """Lands reports at the instant of the deed: a clock that others may have moved on doesn't matter."""

    def __init__(self, log: LandingLog) -> None:
        self._log = log

    def report(self, event: str, deed: Deed) -> None:
        """One track event; its messageId is stable, so a report that is repeated is known again."""
        at = from_ms(deed.at)
        is_push = event.startswith("Push ")
        properties = {
            "message_id": deed.kith_id,
            "channel": "push" if is_push else "email",
            "purpose": "marketing",
            **({} if is_push else {"email": deed.recipient}),
            **DETAILS.get(event, {}),
        }
        line: dict[str, Any] = {
            "type": "track",
            "event": event,
            "messageId": stable_id(SOURCE, event, deed.kith_id, deed.recipient),
            "anonymousId": deed.recipient if is_push else f"{SOURCE}-{stable_id(deed.recipient)[:16]}",
            "timestamp": format_instant(at),
            "originalTimestamp": format_instant(at),
            "sentAt": format_instant(at),
            "properties": properties,
            "context": {"library": {"name": "sandbox-mailbox", "version": "1.0"}},
        }
        self._log.append([orjson.dumps(line)], at)
