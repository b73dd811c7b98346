"""Lines of the feed: one Segment-spec call as JSON, as a client library would have sent it.

Clients collect calls and flush them, a second before the minute is full: every five minutes once the world
is live, every hour in the history, which comes as the hourly files of an older collector. `sentAt` is the
next flush in the client's own clock and the line arrives just behind it, so the Segment correction
received − (sentAt − originalTimestamp) gives the true time to the transport delay, whatever that clock says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import md5
from typing import Any, NamedTuple

import orjson

from sandbox.calendar import HOUR_MS, MINUTE_MS, SECOND_MS, from_ms

LIVE_FLUSH_MS = 5 * MINUTE_MS
HISTORY_FLUSH_MS = HOUR_MS
TRANSPORT_MS = 150


class Arrival(NamedTuple):
    """A line on its way: when it is received, where, and what is wrong with it ('' for nothing)."""

    received: int
    source: str
    line: bytes
    flaw: str = ""


def flush_after(ms: int, every: int) -> int:
    """The first flush behind an instant. No line crosses a full hour between its flush and its receipt."""
    return ((ms + SECOND_MS) // every + 1) * every - SECOND_MS


@dataclass(frozen=True)
class Client:
    """Who calls: a device, or a server of the shop (no anonymous id, no error of the clock)."""

    source: str
    anonymous_id: str | None = None
    context: bytes = b'{"library":{"name":"analytics-python","version":"2.4.0"}'
    clock_error: int = 0


@dataclass
class Hour:
    """Collects the lines of one hour of the world. Message ids count up within the hour."""

    seed: int
    number: int
    flush: int = LIVE_FLUSH_MS
    arrivals: list[Arrival] = field(default_factory=list)
    _count: int = 0

    def message_id(self) -> str:
        self._count += 1
        text = f"{self.seed}:{self.number}:{self._count}"
        return md5(text.encode(), usedforsecurity=False).hexdigest()

    def say(
        self,
        client: Client,
        at: int,
        kind: str,
        user_id: str | None,
        body: dict[str, Any],
        *,
        context: bytes = b"",
        delay: int = 0,
    ) -> None:
        """One call at `at` (ms, true time). `body` holds event or name, properties, traits.

        `context` are further JSON members, each with its comma before it. `delay` (ms) holds the line back:
        the client was offline.
        """
        sent = flush_after(at + delay, self.flush)
        stamp = from_ms(at + client.clock_error)
        call = {"type": kind, **body, "messageId": self.message_id()}
        if client.anonymous_id is not None:
            call["anonymousId"] = client.anonymous_id
        if user_id is not None:
            call["userId"] = user_id
        call["timestamp"] = call["originalTimestamp"] = stamp
        call["sentAt"] = from_ms(sent + client.clock_error)
        call["context"] = orjson.Fragment(client.context + context + b"}")
        line = orjson.dumps(call, option=orjson.OPT_UTC_Z)
        flaw = "late" if delay else "clock" if client.clock_error else ""
        self.arrivals.append(Arrival(sent + TRANSPORT_MS, client.source, line, flaw))
