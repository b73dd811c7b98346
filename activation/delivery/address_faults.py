"""Events that tell of an address: it failed, or somebody complained. Whoever is on the list is written to no more."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from activation.addresses import ADDRESS_TYPES
from activation.contract import BOUNCES, COMPLAINTS, REFUSALS

FAULTS = (*COMPLAINTS, *BOUNCES, *REFUSALS, "Address Suppressed")


@dataclass(frozen=True)
class AddressFault:
    """An address failed or complained. At the `suppress_after`-th such event it is written to no more.

    `address` is empty when the event named only the message: the ledger knows it.
    """

    event_id: str
    channel: str
    address: str
    message_id: str
    reason: str
    suppress_after: int
    at: datetime


def fault_of(event_id: str, event: Any, properties: Mapping[str, Any], at: datetime) -> AddressFault | None:
    """What one event says of an address; None where it costs none its place."""
    reason, suppress_after = _severity(event, properties)
    channel = str(properties.get("channel") or "email").strip().lower()
    kinds = ADDRESS_TYPES.get(channel, ())
    address = next((str(found) for kind in kinds if (found := properties.get(kind))), "")
    message_id = str(properties.get("message_id") or "")
    if not suppress_after or not (address or message_id):
        return None
    return AddressFault(event_id, channel, address, message_id, reason, suppress_after, at)


def _severity(event: Any, properties: Mapping[str, Any]) -> tuple[str, int]:
    if event in COMPLAINTS:
        return "complaint", 1
    if event == "Address Suppressed":
        return "suppression_list", 1
    if event in BOUNCES or event in REFUSALS:
        times = properties.get("suppress_after")
        is_hard = event in BOUNCES and properties.get("bounce_type") == "hard"
        return "hard_bounce", times if isinstance(times, int) and times > 0 else int(is_hard)
    return "", 0
