"""What a channel is: one module of this package, `<channel>_<vendor>.py`, whose `plugin` says what it can do, builds
a connection and reads what its vendor tells afterwards.

The worker hands over at most `capabilities.batch_size` messages at a time and writes a durable mark before
and an outcome after each hand-over, so that number (times `calls_at_once`) is also how many messages may share one
lost acknowledgement.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, runtime_checkable

from activation.contract import Reason
from activation.gates.contract import Permission


class Status(StrEnum):
    """What a channel knows about one message: the closed vocabulary of its answers and of its later receipts."""

    ACCEPTED = "accepted"  # the vendor took responsibility for it
    DEFERRED = "deferred"  # not taken, may be taken later; certainly not sent
    REJECTED = "rejected"  # refused for good because of this recipient or a policy
    UNREACHABLE = (
        "unreachable"  # nobody is there on this channel (no RCS, device unregistered): another may reach them
    )
    FAILED = "failed"  # refused for good because of what we sent or how we are set up
    UNKNOWN = "unknown"  # handed over, and the answer never came: it may or may not have been sent
    # Only receipts tell these.
    DELIVERED = "delivered"
    OPENED = "opened"
    CLICKED = "clicked"
    REPLIED = "replied"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"


ANSWERS = frozenset(
    {Status.ACCEPTED, Status.DEFERRED, Status.REJECTED, Status.UNREACHABLE, Status.FAILED, Status.UNKNOWN}
)


class WhenUnknown(StrEnum):
    """What to do with a message whose acknowledgement was lost, if the vendor honours no idempotency key."""

    RESEND = "resend"  # at least once: a duplicate is possible, every such message is listed as uncertain
    STOP = "stop"  # at most once: its outcome is `unknown`, a person decides


@dataclass(frozen=True)
class Capabilities:
    """What the channel can carry. Whatever is not declared here is refused before anything is handed over."""

    content: frozenset[str]  # of "text", "html", "amp", "media", "actions"
    batch_size: int = 1
    honours_key: bool = False
    when_unknown: WhenUnknown = WhenUnknown.RESEND
    schedules: bool = False  # the vendor can hold a message until a time
    tells_receipts: bool = False
    messages_per_second: float | None = None  # the vendor's published limit for one account
    calls_at_once: int = (
        1  # batches on their way at once, each over a connection of its own; a kill may strike them all
    )


@dataclass(frozen=True)
class Media:
    """A picture, film or file that the vendor fetches from `url`."""

    url: str
    kind: str = "image"  # image, video, audio, document
    text: str = ""  # what it shows, or its file's name


@dataclass(frozen=True)
class Action:
    """A button or suggestion under a message: opens `url`, or answers with `title` where there is none."""

    title: str
    url: str = ""


@dataclass(frozen=True)
class Request:
    """One rendered message with the leave to send it.

    `message_id` is the idempotency key and, for mail, the left side of Message-ID. `dated_at` is when it was
    decided: with it, sending again makes the same bytes. `options` are the template's own words for this channel
    (a vendor's template name, a collapse key), by name.
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
    media: tuple[Media, ...] = ()
    actions: tuple[Action, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    is_transactional: bool = False
    not_after: datetime | None = None
    locale: str = ""
    callback_url: str | None = None  # where the vendor is to tell what becomes of it

    def __post_init__(self) -> None:
        if self.permission.message_id != self.message_id:
            raise ValueError("the permission belongs to another message")


@dataclass(frozen=True)
class Answer:
    """What became of one request.

    `detail` is a snake_case word from the channel's own table, never vendor text (which may hold an address).
    `suppress_after` = n: the address goes on the suppression list at its n-th such answer; 0 = never for
    this. `is_halt`: every further message would be refused alike (our login, our reputation), so the vendor
    is left alone. `retry_after` is in seconds, where the vendor said so; `cost` in `currency`.
    """

    message_id: str
    status: Status
    reason: Reason = Reason.NONE
    detail: str = ""
    provider_code: str = ""
    provider_message_id: str = ""
    suppress_after: int = 0
    is_halt: bool = False
    retry_after: float | None = None
    cost: Decimal | None = None
    currency: str = ""

    def __post_init__(self) -> None:
        if self.status not in ANSWERS:
            raise ValueError(f"{self.status} is no answer to a hand-over")


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


@runtime_checkable
class LooksUp(Protocol):
    """A connection whose vendor can be asked what became of a message whose answer was lost."""

    def look_up(self, request: Request) -> Answer | None:
        """What the vendor knows of it: None where it knows nothing, and the message was never taken."""
        ...


@runtime_checkable
class Erases(Protocol):
    """A connection whose vendor can be told to forget an address."""

    def erase(self, address: str, taken: Sequence[str] = ()) -> bool:
        """Whether the vendor confirmed that it holds nothing of it any more. `taken` are its own names of what it took
        for this address, for vendors that forget message by message. Asked again it says the same. Raises ChannelDown.
        """
        ...


@runtime_checkable
class Revokes(Protocol):
    """A connection whose vendor can be told not to deliver what it took any more."""

    def revoke(self, message_id: str, address: str) -> None:
        """Told, as often as one likes; whether it came in time is known from receipts alone. Raises ChannelDown."""
        ...


@dataclass(frozen=True)
class Inbound:
    """One HTTP request from a vendor, as it came. Names of headers are lower case; `url` is the public one."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime


@dataclass(frozen=True)
class Receipt:
    """What a vendor told of one message, or of one address, after it was taken.

    `event_id` is the vendor's own name of what it tells, or a hash of it: told twice, it counts once. `message_id` is
    ours where it came back, else `provider_message_id` leads to it. `text` is a reply's, `url` a click's.
    """

    event_id: str
    status: Status
    at: datetime
    message_id: str = ""
    provider_message_id: str = ""
    address: str = ""
    detail: str = ""
    provider_code: str = ""
    suppress_after: int = 0
    text: str = ""
    url: str = ""
    cost: Decimal | None = None
    currency: str = ""


#: The `detail` of a reply that its vendor has answered by itself.
ANSWERED = "answered_by_vendor"


@dataclass(frozen=True)
class Unread:
    """A part of what a vendor sent that tells nothing of a message, or can't be read, with the reason in one word."""

    detail: str
    content: str


@dataclass(frozen=True)
class Reading:
    """All that one call told: every row of it is either a receipt or unread. `reply` is the body that the vendor wants
    to hear."""

    receipts: Sequence[Receipt] = ()
    unread: Sequence[Unread] = ()
    status_code: int = 200
    reply: bytes = b""
    content_type: str = "text/plain"


class BadSignature(Exception):
    """Whoever called is not our vendor, or says it too late: nothing of it is believed."""


@dataclass(frozen=True)
class ChannelPlugin:
    """One vendor of one channel.

    `channel` is what journeys name (email, sms, voice, push, whatsapp …), `provider` its vendor; `address_type` is the
    identifier it writes to. `build` looks every setting up and raises kith.errors.KithError, naming it, if one is
    missing; `is_configured` answers whether anybody set it up at all. `read` checks the signature of a vendor's call
    (BadSignature) and reads it; it never raises for what the call holds. `keeps` says why nothing can be erased at a
    vendor whose connection isn't Erases.
    """

    channel: str
    provider: str
    capabilities: Capabilities
    build: Callable[[], Channel]
    address_type: str = "email"
    is_configured: Callable[[], bool] = lambda: True
    keeps: str = ""
    read: Callable[[Inbound], Reading] | None = None


def check_capabilities(capabilities: Capabilities, **parts: object) -> None:
    """Refuse aloud a part (text, html, amp, media, actions) that the channel did not declare. Raises Refused."""
    for kind, content in parts.items():
        if content and kind not in capabilities.content:
            raise Refused("unsupported_content", f"this channel carries no {kind} part")


__all__ = [
    "ANSWERED",
    "ANSWERS",
    "Action",
    "Answer",
    "BadSignature",
    "Capabilities",
    "Channel",
    "ChannelDown",
    "ChannelPlugin",
    "Erases",
    "Inbound",
    "LooksUp",
    "Media",
    "Permission",
    "Reading",
    "Reason",
    "Receipt",
    "Refused",
    "Request",
    "Revokes",
    "Status",
    "Unread",
    "WhenUnknown",
    "check_capabilities",
]
