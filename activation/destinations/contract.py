"""What a destination is: one module of this package, whose `plugin` says what it can take, builds a connection and
pushes batches of rows through it.

The engine (activation/syncs) decides which rows go and what with; a destination only carries them. It marks a batch in
the state database before it is pushed and writes the answer down after it, so a batch is what may share one lost
answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from activation.destinations._rows import Row, Rows


class Mode(StrEnum):
    """What a sync keeps true of its destination."""

    INSERT = "insert"  # rows that are new to us are created; nothing is changed or removed
    UPDATE = "update"  # rows that are there are changed; nothing is created
    UPSERT = "upsert"  # created or changed
    MIRROR = (
        "mirror"  # upsert, and what we sent and is no longer in the source is deleted; nobody else's rows
    )
    APPEND = "append"  # each new or changed row is added; nothing is overwritten
    AUDIENCE = "audience"  # members are added and removed
    REPLACE = "replace"  # the whole content is exchanged at once


class Operation(StrEnum):
    """What is done with one row; the rows of a batch share it."""

    INSERT = "insert"
    UPDATE = "update"
    UPSERT = "upsert"
    DELETE = "delete"
    APPEND = "append"
    ADD = "add"
    REMOVE = "remove"
    PLACE = "place"


#: What leaves comes before what arrives: a member who changed an address isn't removed under the new one.
REMOVALS = frozenset({Operation.DELETE, Operation.REMOVE})


class Status(StrEnum):
    """What became of one row."""

    ACCEPTED = "accepted"  # it has taken effect
    SKIPPED = "skipped"  # nothing to do: it is there already (insert), or isn't there (update, delete)
    REJECTED = "rejected"  # refused for good because of what it holds
    FAILED = "failed"  # given up, and certainly without effect
    UNKNOWN = "unknown"  # it went out and the answer never came
    DEFERRED = "deferred"  # not taken now; certainly without effect; is tried again


class WhenUnknown(StrEnum):
    """What to do with rows whose answer was lost, where sending them again is not harmless."""

    RESEND = "resend"  # at least once: such rows are listed as uncertain
    STOP = "stop"  # at most once: their outcome is `unknown`, a person decides


@dataclass(frozen=True)
class Verdict:
    """What became of a row. `detail` is a snake_case word of ours, never the vendor's text; `remote_id` its name
    there."""

    status: Status
    detail: str = ""
    provider_code: str = ""
    remote_id: str = ""


@dataclass(frozen=True)
class Answer:
    """What became of a batch: of every row the same, but for those named by their place in it.

    `must_split`: the whole was refused and the vendor doesn't say for which row: halves are tried. `is_halt`: every
    further batch would be refused alike (our login); nothing is lost, the run stops. `retry_after` in seconds.
    """

    of_all: Verdict
    of_row: Mapping[int, Verdict] = field(default_factory=dict)
    retry_after: float | None = None
    must_split: bool = False
    is_halt: bool = False

    def verdict(self, place: int) -> Verdict:
        return self.of_row.get(place, self.of_all)


@dataclass(frozen=True)
class Batch:
    """Rows that are pushed together. `batch_id` is the same however often it is tried (md5 hex): the idempotency key.

    `token` is what the destination noted the last time it tried this batch. `attempt` counts from 1.
    """

    batch_id: str
    run_id: str
    number: int
    operation: Operation
    rows: Rows
    attempt: int = 1
    token: str = ""
    is_last: bool = False


@dataclass(frozen=True)
class Target:
    """Where the rows of a sync go: the words of its definition."""

    sync: str
    mode: Mode
    key: tuple[str, ...]  # names of the destination's fields
    columns: Mapping[
        str, str
    ]  # field → type in SQL (varchar, bigint, double, decimal(…), boolean, date, timestamp)
    options: Mapping[str, str] = field(default_factory=dict)
    zone: str = "UTC"


class TargetError(ValueError):
    """The definition asks for what this destination can't do. The engine names the file."""


class DestinationDown(Exception):
    """Nobody is there, or nobody lets us in: nothing was pushed. The text names the setting to look at."""


Note = Callable[[str], None]
"""Keeps a batch's token; durable when it returns."""


class Destination(Protocol):
    """A connection, owned by one run. `push` is called from several threads, `capabilities.in_flight` at most."""

    def open(self) -> None:
        """Be ready or raise DestinationDown."""
        ...

    def push(self, batch: Batch, note: Note) -> Answer:
        """Carry a batch. Never raises for what a row holds; an exception counts as a lost answer."""
        ...

    def finish(self, run_id: str, as_of: datetime) -> None:
        """All batches have an answer: make the whole visible. May be called again after a crash; raises
        DestinationDown."""
        ...

    def close(self) -> None:
        """Never raises."""
        ...


@dataclass(frozen=True)
class Capabilities:
    """What a destination can do. `modes` others than these are refused aloud.

    `repeatable`: operations that are harmless to repeat, row by row. `honours_key`: a batch told again under its
    batch_id
    takes effect once. `needs_consent`: a sync must say which consent its rows rest on.
    """

    modes: frozenset[Mode]
    batch_size: int
    in_flight: int = 4
    repeatable: frozenset[Operation] = frozenset()
    honours_key: bool = False
    needs_consent: bool = False
    options: Mapping[str, str] = field(default_factory=dict)  # name → what it means
    required: frozenset[str] = frozenset()  # of the options


@dataclass(frozen=True)
class DestinationPlugin:
    """One destination.

    `build` looks every setting up (kith.errors.KithError names a missing one) and refuses what the target asks amiss
    (TargetError). `is_configured`: whether anybody set it up at all. `refine` narrows the capabilities for one target.
    """

    name: str
    capabilities: Capabilities
    build: Callable[[Target], Destination]
    is_configured: Callable[[], bool] = lambda: True
    refine: Callable[[Target, Capabilities], Capabilities] = lambda target, capabilities: capabilities


def accepted(remote_id: str = "") -> Verdict:
    return Verdict(Status.ACCEPTED, remote_id=remote_id)


def rejected(detail: str, provider_code: str = "") -> Verdict:
    return Verdict(Status.REJECTED, detail, provider_code)


def deferred(detail: str, provider_code: str = "") -> Verdict:
    return Verdict(Status.DEFERRED, detail, provider_code)


def unknown(detail: str, provider_code: str = "") -> Verdict:
    return Verdict(Status.UNKNOWN, detail, provider_code)


def skipped(detail: str, provider_code: str = "") -> Verdict:
    return Verdict(Status.SKIPPED, detail, provider_code)


__all__ = [
    "REMOVALS", "Answer", "Batch", "Capabilities", "Destination", "DestinationDown", "DestinationPlugin", "Mode", "Note",
    "Operation", "Row", "Rows", "Status", "Target", "TargetError", "Verdict", "WhenUnknown", "accepted", "deferred",
    "rejected", "skipped", "unknown",
]  # fmt: skip
