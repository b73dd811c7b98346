"""What a vendor told of a message, as an event under the spec's names (Email Delivered, Push Notification Tapped …);
channels for which the spec has none are told apart by `channel` (Message Delivered).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from activation.channels.contract import ChannelPlugin, Receipt, Status
from activation.contract import PlannedMessage
from activation.delivery.consent_events import address_key
from activation.delivery.identifiers import normal_phone
from activation.delivery.message_events import address_told, event_line
from kith.ids import stable_id
from kith.times import format_instant

_NAMES: Mapping[str, Mapping[Status, str]] = {
    "email": {
        Status.DELIVERED: "Email Delivered",
        Status.OPENED: "Email Opened",
        Status.CLICKED: "Email Link Clicked",
        Status.BOUNCED: "Email Bounced",
        Status.COMPLAINED: "Email Marked as Spam",
        Status.REPLIED: "Email Replied",
    },
    "sms": {
        Status.DELIVERED: "SMS Delivered",
        Status.CLICKED: "SMS Link Clicked",
        Status.REPLIED: "SMS Received",
    },
    "push": {
        Status.DELIVERED: "Push Notification Received",
        Status.CLICKED: "Push Notification Tapped",
        Status.BOUNCED: "Push Notification Bounced",
    },
}
_OTHERWISE: Mapping[Status, str] = {
    Status.DELIVERED: "Message Delivered",
    Status.OPENED: "Message Opened",
    Status.CLICKED: "Message Link Clicked",
    Status.BOUNCED: "Message Bounced",
    Status.COMPLAINED: "Message Marked as Spam",
    Status.REPLIED: "Message Replied",
    Status.UNSUBSCRIBED: "Unsubscribed",
}
#: A vendor that took a message and says later that it went nowhere: the spec's word for it is a bounce.
_BOUNCES = {
    Status.BOUNCED: Status.BOUNCED,
    Status.REJECTED: Status.BOUNCED,
    Status.FAILED: Status.BOUNCED,
    Status.UNREACHABLE: Status.BOUNCED,
}
_POLICY = ("policy", "block", "spam", "blocked", "reputation")


def event_name(channel: str, status: Status) -> str | None:
    """The event that tells of a status; None for those that change nothing (accepted, deferred, unknown)."""
    meant = _BOUNCES.get(status, status)
    return _NAMES.get(channel, {}).get(meant) or _OTHERWISE.get(meant)


def landed_id(plugin: str, receipt: Receipt) -> str:
    """The name of the event, the same however often a vendor tells it; vendors never share one."""
    return stable_id("receipt", plugin, receipt.event_id)


def receipt_line(
    name: str,
    plugin: ChannelPlugin,
    receipt: Receipt,
    message: PlannedMessage | None,
    received_at: datetime,
    more: Mapping[str, Any] | None = None,
) -> bytes | None:
    """The event's line for the landing log, or None where there is nothing to say, or nobody to say it of.

    Without a message it is about the address: a reply, a complaint and a bounce count all the same.
    """
    channel = plugin.channel  # the message itself may have gone on to another
    event = event_name(channel, receipt.status)
    if event is None or not (message or receipt.address):
        return None
    at = min(receipt.at, received_at)
    address = message.address if message and message.channel == channel else ""
    properties = {**_properties(plugin, channel, receipt, address), **(more or {})}
    event_id = landed_id(name, receipt)
    if message:
        return event_line(event_id, event, message, at, properties)
    line = {
        "type": "track",
        "event": event,
        "messageId": event_id,
        "timestamp": format_instant(at),
        "anonymousId": f"address:{address_key(channel, receipt.address)}",
        "properties": properties,
        "context": {"channel": "server"},
    }
    return orjson.dumps(line)


def bounce_type(receipt: Receipt) -> str:
    """`hard` costs the address its place at once, `block` is a policy of whoever receives, all else is `soft`."""
    if receipt.suppress_after == 1:
        return "hard"
    if receipt.status is Status.REJECTED or receipt.detail.startswith(_POLICY):
        return "block"
    return "soft"


def _properties(plugin: ChannelPlugin, channel: str, receipt: Receipt, address: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "channel": channel,
        "provider": plugin.provider,
        "provider_code": receipt.provider_code,
        "detail": receipt.detail,
        "url": receipt.url,
        "text": receipt.text,
        **_address(plugin.address_type, receipt.address),
    }
    if receipt.status in _BOUNCES:
        told |= address_told(channel, address)
        told |= {"bounce_type": bounce_type(receipt), "suppress_after": receipt.suppress_after}
    return {key: value for key, value in told.items() if value}


def _address(address_type: str, address: str) -> dict[str, str]:
    if address_type == "phone":
        return {"phone": normal_phone(address)}
    return {address_type: address.strip()}
