"""What destinations over HTTP share: one client a run, and asking after work that a vendor does later."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from activation.destinations._judging import verdict_of_lost
from activation.destinations.contract import Answer, deferred
from activation.http import Exchange, ThreadClient


class OverHttp:
    """The part of contract.Destination that doesn't depend on the vendor: calls go out on the threads that push.
    `timeout` in seconds is for a whole call."""

    def __init__(self, timeout: float = 60.0) -> None:
        self._client = ThreadClient(timeout=timeout)

    def open(self) -> None:
        """Connects to nobody: whoever isn't there is told by the first push."""

    def finish(self, run_id: str, as_of: datetime) -> None:
        """Each batch speaks for itself."""

    def close(self) -> None:
        self._client.close()


def ask_after(
    ask: Callable[[], Exchange], read: Callable[[Exchange], Answer | None], looks: int, seconds: float
) -> Answer:
    """Ask until `read` finds an answer, `looks` times, `seconds` apart. Still at work after that, or not to be reached:
    the batch waits, and is asked after under its name."""
    answer = Answer(deferred("still_processing"))
    for _look in range(looks):
        exchange = ask()
        if not exchange.is_success:
            answer = Answer(verdict_of_lost(exchange), retry_after=exchange.retry_after)
        elif (told := read(exchange)) is not None:
            return told
        time.sleep(seconds)
    return answer


__all__ = ["OverHttp", "ask_after"]
