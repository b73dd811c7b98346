"""What people do with a push: the device shows it, and some tap it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.calendar import SECOND_MS
from sandbox.people import CHANNELS
from sandbox.reactions import Reaction

PUSH = CHANNELS.index("push")
#: The vendors of the sandbox whose notifications reach people.
PUSH_SERVICES = ("fcm", "apns", "webpush")
_SHOWN_MS = 2 * SECOND_MS


@dataclass(frozen=True)
class Push:
    """A notification that a device shows. `token` is what its vendor calls the device."""

    token: str
    message_id: str
    at: datetime


def push_of(vendor: str, row: Mapping[str, Any], at: datetime) -> Push | None:
    """The push that took effect at a vendor, or None for anything else that did."""
    if vendor not in PUSH_SERVICES or row["kind"] != "message":
        return None
    return Push(str(row["to"]), str(row["key"]), at)


def deeds_of(reaction: Reaction) -> list[tuple[str, int]]:
    """Kind and delay (ms) of each deed."""
    taps = [("push tap", reaction.clicks)] if reaction.clicks is not None else []
    return [("push show", _SHOWN_MS), *taps]
