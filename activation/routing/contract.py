"""What a router is asked and what it answers. There is one for each channel; vendors are called by their provider
(twilio, vonage), as the ledger calls them.

A worker asks for its messages of one channel, sends, and tells what came back:

    plan = router.assign(passages, now, seconds)
    for vendor, group in plan.leaving.items():
        answers = send(vendor, group)
        router.learn(vendor, answers, now, seconds)
        for passage, answer in zip(group, answers):
            step = router.follow(passage, vendor, answer)  # whose trail the ledger keeps

`now` is the rim's clock (it may stand still between two days of a sandbox) and decides what is written down;
`seconds` is a clock that only ever runs on, for buckets of tokens and for breakers.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from activation.channels.contract import Answer
from activation.contract import Reason


class Kind(StrEnum):
    """What an answer says about trying again."""

    DONE = "done"  # taken
    TRANSIENT = "transient"  # certainly not taken, may be taken later or by another vendor
    VENDOR = "vendor"  # certainly not taken, and never will be by this vendor: another may
    CHANNEL = "channel"  # certainly not taken: nobody is there on this channel
    PERMANENT = "permanent"  # certainly not taken, and by nobody ever
    UNKNOWN = "unknown"  # may have been taken: nobody else may be asked


@dataclass(frozen=True, slots=True)
class Trail:
    """Where a message has been, as the ledger keeps it (`to_text`, `trail_of`; empty text = nowhere yet).

    `tried` are the vendors that did not take it and might later, a name for each try; `barred` those
    that never will; `pinned` is the one whose answer was lost: it alone may be asked again. `left` are the channels
    that it came by before; `dead` the addresses there at which nobody is any more: (channel, address, at how many such
    answers it is written to no more, when).
    """

    tried: tuple[str, ...] = ()
    barred: tuple[str, ...] = ()
    pinned: str = ""
    left: tuple[str, ...] = ()
    dead: tuple[tuple[str, str, int, str], ...] = ()

    def to_text(self) -> str:
        """Canonical JSON of what is not empty."""
        said = {name: getattr(self, name) for name in (*_LISTS, "pinned", "dead")}
        told = {name: value for name, value in said.items() if value}
        return json.dumps(told, separators=(",", ":")) if told else ""


_LISTS = ("tried", "barred", "left")
NOWHERE_YET = Trail()


def trail_of(text: str) -> Trail:
    """Reads `Trail.to_text`."""
    if not text:
        return NOWHERE_YET
    said = json.loads(text)
    lists = {name: tuple(said.get(name, ())) for name in _LISTS}
    return Trail(
        **lists, pinned=said.get("pinned", ""), dead=tuple(tuple(each) for each in said.get("dead", ()))
    )


@dataclass(frozen=True, slots=True)
class Passage:
    """A message that wants to leave by `channel`, as far as routing needs to know it. `address_type` is the kind of
    identifier that the address is, where that is known: a device's token belongs to one vendor alone.
    """

    message_id: str
    channel: str
    address: str
    trail: Trail = NOWHERE_YET
    address_type: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """It can't leave now. Not before `seconds` from now is there any use in asking again."""

    passage: Passage
    seconds: float
    reason: Reason  # RATE_LIMITED or CHANNEL_UNAVAILABLE
    detail: str  # throttled, warming_up, domain_throttled, breaker_open


@dataclass(frozen=True, slots=True)
class Stranded:
    """No vendor will ever carry it on this channel. `channels` are those to try instead, the first first."""

    passage: Passage
    detail: str  # no_vendor_configured, no_vendor_for_address, no_vendor_for_country, vendors_exhausted, vendor_gone
    channels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """Every passage asked for stands in exactly one of these, in the order asked."""

    leaving: Mapping[str, Sequence[Passage]] = field(default_factory=dict)  # by vendor
    held: Sequence[Held] = ()
    stranded: Sequence[Stranded] = ()


@dataclass(frozen=True, slots=True)
class Settle:
    """The answer stands: settlement.py decides (an outcome, or another try later)."""

    trail: Trail


@dataclass(frozen=True, slots=True)
class NextVendor:
    """Ask again at once: certainly not taken, and somebody else may take it."""

    trail: Trail


@dataclass(frozen=True, slots=True)
class NextChannel:
    """Certainly not taken. Try these channels instead, the first that the person has an address and a consent for."""

    trail: Trail
    channels: tuple[str, ...]


Step = Settle | NextVendor | NextChannel


@dataclass(frozen=True)
class Tidings:
    """What was learned of one vendor since it was last written down: sums to add, so that two workers never overwrite
    each other. `amount` is money in `currency` over `priced` messages."""

    channel: str
    vendor: str
    taken: int = 0
    refused: int = 0  # by vendor or channel faults; a bad address says nothing of a vendor
    lost: int = 0
    delivered: int = 0
    undelivered: int = 0
    priced: int = 0
    amount: float = 0.0
    currency: str = ""


class Routing(Protocol):
    """One worker's router of one channel. Not safe between threads."""

    def assign(self, passages: Sequence[Passage], now: datetime, seconds: float) -> Plan:
        """Who carries which, taking tokens for those that leave."""
        ...

    def learn(self, vendor: str, answers: Sequence[Answer], now: datetime, seconds: float) -> None:
        """What a hand-over came back with: health, breaker, Retry-After."""
        ...

    def go_down(self, vendor: str, now: datetime, seconds: float) -> None:
        """The vendor could not be reached (ChannelDown): its breaker opens; nothing was handed over, so all that was
        assigned to it may be assigned anew."""
        ...

    def follow(self, passage: Passage, vendor: str, answer: Answer) -> Step:
        """Where a message goes after this answer."""
        ...

    def tidings(self) -> Sequence[Tidings]:
        """What was learned since the last call, for the state database; it is forgotten here."""
        ...

    def share(self, workers: int) -> None:
        """So many workers send at once: each takes that part of every limit."""
        ...
