"""Which events tell of a message, by what they say became of it."""

from __future__ import annotations

from collections.abc import Mapping

from activation.contract import Status
from activation.segments.messages import ANSWERS, SENT

#: Status of a message → the events that say so. `sent` is the receipt; `withheld` is no event, the outbox has it.
FEEDBACK: Mapping[str, tuple[str, ...]] = {"sent": (SENT,), **ANSWERS}


def events_of_status(status: str) -> tuple[str, ...]:
    """The events by which a status is learned; none where it isn't learned from an event about the message."""
    return FEEDBACK.get(str(Status(status)) if status in set(Status) else status, ())
