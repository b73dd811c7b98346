"""HTTP/1.1 on the threads of whoever calls: for those who have as many threads as calls in flight.

A call costs half of what it costs on an event loop, where it changes threads twice. Connections are kept for the
next call of any thread. Redirects are not followed, proxies of the environment not used, cookies not kept; answers are
asked for uncompressed. The system's look-up of a name keeps to the system's own time.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections import deque
from typing import Self

from activation.http.exchange import KEPT_SECONDS, Call, Exchange
from activation.http.progress import Progress, TooLong
from activation.http.wire import Place, Request, Wire, written


class ThreadClient:
    """Safe to be called from several threads. `timeout` is for a whole call, `connect_timeout` for its connection, both
    in seconds."""

    def __init__(self, timeout: float = 30.0, connect_timeout: float = 10.0) -> None:
        self.timeout, self.connect_timeout = timeout, connect_timeout
        self._idle: deque[Wire] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_failure: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connections that serve nobody; it may be called again after that."""
        while self._idle:
            self._idle.pop().close()

    def call(self, call: Call) -> Exchange:
        """One call; waits for what becomes of it. Never raises."""
        progress = Progress()
        try:
            self._converse(written(call), call, progress)
        except Exception as failure:
            return progress.broken(_word(progress, failure))
        return progress.answered()

    def _converse(self, request: Request, call: Call, progress: Progress) -> None:
        until = time.monotonic() + (call.timeout or self.timeout)
        wire = self._kept(request.place) or Wire.open(request.place, until, self.connect_timeout)
        progress.is_connected, is_kept = True, False
        try:
            is_kept = wire.converse(request, call, until, progress)
        finally:
            self._idle.append(wire) if is_kept else wire.close()

    def _kept(self, place: Place) -> Wire | None:
        """A connection that waits for a call to this place; those that wait for another one go on waiting."""
        for _each in range(len(self._idle)):
            try:
                wire = self._idle.pop()
            except IndexError:  # another thread was faster
                return None
            if not wire.is_fresh(KEPT_SECONDS):
                wire.close()
            elif wire.place == place:
                return wire
            else:
                self._idle.appendleft(wire)
        return None


def _word(progress: Progress, failure: Exception) -> str:
    """What went wrong, as Exchange names it."""
    if isinstance(failure, TooLong):
        return "too_long"
    if isinstance(failure, TimeoutError):
        return "timed_out"
    if progress.is_connected:
        return "half_answer" if progress.status else "connection_lost"
    if isinstance(failure, ssl.SSLError):
        return "tls_failed"
    if isinstance(failure, socket.gaierror):
        return "unknown_host"
    return "refused_connection" if isinstance(failure, OSError) else "bad_request"


__all__ = ["ThreadClient"]
