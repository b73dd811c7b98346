"""What a channel is: one module of this package whose `plugin` says what it can do and builds a connection.

The worker hands over at most `capabilities.batch_size` messages at a time and writes a durable mark before
and an outcome after each hand-over, so that number is also how many messages may share one lost
acknowledgement.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from activation.contract import Reason
from activation.gates.contract import Permission


class Status(StrEnum):
    """What the channel knows about one message after handing it over: the closed vocabulary of answers."""

    ACCEPTED = "accepted"  # the vendor took responsibility for it
    DEFERRED = "deferred"  # not taken, may be taken later; certainly not sent
    REJECTED = "rejected"  # refused for good because of this recipient or a policy
    FAILED = "failed"  # refused for good because of what we sent or how we are set up
    UNKNOWN = "unknown"  # handed over, and the answer never came: it may or may not have been sent


class WhenUnknown(StrEnum):
    """What to do with a message whose acknowledgement was lost, if the vendor honours no idempotency key."""

    RESEND = "resend"  # at least once: a duplicate is possible, every such message is listed as uncertain
    STOP = "stop"  # at most once: its outcome is `unknown`, a person decides


@dataclass(frozen=True)
class Capabilities:
    """What the channel can carry. Whatever is not declared here is refused before anything is handed over."""

    content: frozenset[str]  # of "text", "html", "amp"
    batch_size: int = 1
    honours_key: bool = False
    when_unknown: WhenUnknown = WhenUnknown.RESEND


@dataclass(frozen=True)
class Request:
    """One rendered message with the leave to send it.

    `message_id` is the idempotency key and, for mail, the left side of Message-ID. `dated_at` is when it was
    decided: with it, sending again makes the same bytes.
    """

    message_id: str
    permission: Permission
    address: str
    dated_at: datetime
    subject: str
    text: str
    html: str | None = None
    amp: str | None = None
    unsubscribe_url: str | None = None

    def __post_init__(self) -> None:
        if self.permission.message_id != self.message_id:
            raise ValueError("the permission belongs to another message")


@dataclass(frozen=True)
class Answer:
    """What became of one request.

    `detail` is a snake_case word from the channel's own table, never vendor text (which may hold an address).
    `suppress_after` = n: the address goes on the suppression list at its n-th such answer; 0 = never for
    this. `is_halt`: every further message would be refused alike (our login, our reputation), so the channel
    stops.
    """

    message_id: str
    status: Status
    reason: Reason = Reason.NONE
    detail: str = ""
    provider_code: str = ""
    provider_message_id: str = ""
    suppress_after: int = 0
    is_halt: bool = False


class ChannelDown(Exception):
    """The vendor can't be reached at all; nothing was handed over. The text names the setting to look at."""


class Refused(ValueError):
    """This request can't be carried (an unsupported part, a line break in a header). `detail` is one word."""

    def __init__(self, detail: str, explanation: str) -> None:
        super().__init__(explanation)
        self.detail = detail


class Channel(Protocol):
    """A connection to one vendor, owned by one worker, kept open between batches."""

    def open(self) -> None:
        """Be ready to send (connect, greet, log in) or raise ChannelDown. Cheap when already open."""
        ...

    def send(self, batch: Sequence[Request]) -> list[Answer]:
        """Hand over at most `batch_size` requests; one answer each, in order. Never raises for one
        message.
        """
        ...

    def close(self) -> None:
        """Leave politely; never raises."""
        ...


@dataclass(frozen=True)
class ChannelPlugin:
    """`build` looks every setting up and raises kith.errors.KithError, naming it, if one is missing."""

    provider: str
    capabilities: Capabilities
    build: Callable[[], Channel]


def check_capabilities(capabilities: Capabilities, **parts: str | None) -> None:
    """Refuse aloud a part (text, html, amp) that the channel did not declare. Raises Refused."""
    for kind, content in parts.items():
        if content and kind not in capabilities.content:
            raise Refused("unsupported_content", f"this channel carries no {kind} part")


__all__ = [
    "Answer",
    "Capabilities",
    "Channel",
    "ChannelDown",
    "ChannelPlugin",
    "Permission",
    "Reason",
    "Refused",
    "Request",
    "Status",
    "WhenUnknown",
    "check_capabilities",
]
