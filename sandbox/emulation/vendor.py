"""What a vendor is: its routes, its limit, and the shapes of its own errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sandbox.emulation.contract import Reply, Route
from sandbox.emulation.office import Office


def _throttled(seconds: float) -> Reply:
    return Reply(429, {"error": "too many requests"}, {"retry-after": str(max(1, round(seconds)))})


def _broken(status: int) -> Reply:
    return Reply(status, b"<html><body>Server Error</body></html>", {"content-type": "text/html"})


@dataclass(frozen=True)
class Vendor:
    """One emulated vendor.

    `build` gets the office (account, clock, secrets, call-backs) and answers the routes. `settings` tells a platform
    how to reach it: variables by name, from its URL and its office. `rate` is how many calls a second it takes (None:
    any), with `burst`. `throttled` and `broken` are its own shapes for 429 and 5xx. `is_http2`: served over HTTP/2 on a
    port of its own.
    """

    name: str
    build: Callable[[Office], Sequence[Route]]
    settings: Callable[[str, Office], Mapping[str, str]] = lambda url, office: {}
    rate: float | None = None
    burst: float = 100.0
    throttled: Callable[[float], Reply] = _throttled
    broken: Callable[[int], Reply] = _broken
    is_http2: bool = False
