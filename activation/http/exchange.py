"""What a call to a vendor is, and what may become of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

#: Said by a gateway or by a program that fell over: what it was asked to do may have been done before.
_DOUBTFUL = frozenset({500, 502, 504, 520, 522, 524})

KEPT_SECONDS = 4.0  # most servers drop an idle connection after 5 s: a call on one of those would be lost


class Fate(StrEnum):
    """How far one call got."""

    NOT_SENT = (
        "not_sent"  # no connection came about, or the call could not be written: certainly without effect
    )
    ANSWERED = "answered"  # the vendor's status is known; its body is whole, unless the status is an error
    LOST = "lost"  # it went out, and no whole answer came: its effect is not known


@dataclass(frozen=True)
class Call:
    """One request. Its headers hold secrets, so they are not in its repr. `timeout` in seconds, over the client's own;
    `largest` is how many bytes of the answer are read."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    timeout: float | None = None
    largest: int = 1_000_000


@dataclass(frozen=True)
class Exchange:
    """What became of one call.

    `status` is 0 where none was read; a lost call may have one (a success whose body broke off). Names of headers are
    lower case. `problem` is one word for anything but a whole answer: refused_connection, unknown_host, tls_failed,
    forbidden_address, bad_request, timed_out, connection_lost, half_answer, too_long.
    """

    fate: Fate
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)
    problem: str = ""

    @property
    def is_success(self) -> bool:
        """Answered with 2xx, its body whole."""
        return self.fate is Fate.ANSWERED and 200 <= self.status < 300

    @property
    def may_have_worked(self) -> bool:
        """Nobody knows whether it took effect: lost, or a failure that may have come after the deed."""
        return self.fate is Fate.LOST or (self.fate is Fate.ANSWERED and self.status in _DOUBTFUL)

    @property
    def retry_after(self) -> float | None:
        """Seconds to wait, from Retry-After as seconds or as a date (held against the answer's own Date)."""
        told = self.headers.get("retry-after", "").strip()
        if told.isascii() and told.isdigit():
            return float(min(int(told[:9]), 7 * 86_400))
        later, now = _instant(told), _instant(self.headers.get("date", ""))
        if later is None or now is None:
            return None
        return max(0.0, min((later - now).total_seconds(), 7 * 86_400.0))

    def json(self) -> Any:
        """The body as JSON; None where it is none (a gateway's page, nothing at all, a tower of brackets)."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object; empty where it is none."""
        found = self.json()
        return found if isinstance(found, dict) else {}


def _instant(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found
