"""Events that tell of a message, as Segment-spec lines for the landing log. Used for outcomes, opens, clicks
and unsubscribes alike, so that all of them bear the same identifiers and names."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from activation.addresses import IDENTIFIER_TYPES, address_type
from activation.contract import PlannedMessage
from kith.ids import stable_id
from kith.times import format_instant


def event_line(
    event_id: str,
    event: str,
    message: PlannedMessage,
    at: datetime,
    properties: Mapping[str, Any] | None = None,
    context: Mapping[str, Any] | None = None,
) -> bytes:
    """One track event about `message`, without a line end.

    It bears the person's identifiers as the outbox froze them: user id and anonymous id as the event's own,
    e-mail and phone as properties.
    """
    known = dict(reversed(message.identifiers))  # of several values of a type the first counts
    line = {
        "type": "track",
        "event": event,
        "messageId": event_id,
        "timestamp": format_instant(at),
        "userId": known.get("user_id"),
        "anonymousId": known.get("anonymous_id"),
        "properties": {**_about(message, known), **(properties or {})},
        "context": {"channel": "server", **(context or {})},
    }
    return orjson.dumps({key: value for key, value in line.items() if value is not None})


def moved_event_id(message_id: str, channel: str) -> str:
    """The name of the event that a message left a channel, nobody being there."""
    return stable_id("left", message_id, channel)


def address_told(channel: str, address: str) -> dict[str, str]:
    """The address of a device or a chat as an event tells it; others are among the identifiers."""
    kind = address_type(channel, address)
    return {kind: address} if address and kind and kind not in IDENTIFIER_TYPES else {}


def _about(message: PlannedMessage, known: Mapping[str, str]) -> dict[str, Any]:
    about = {
        "message_id": message.message_id,
        "campaign": message.journey,
        "channel": message.channel,
        "purpose": message.purpose,
        "template": message.template,
        "step_id": message.step_id,
        "email": known.get("email"),
        "phone": known.get("phone"),
    }
    return {key: value for key, value in about.items() if value}
