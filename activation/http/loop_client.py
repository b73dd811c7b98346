"""A blocking face for calls that are made on an event loop, which has a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import Any, Self, TypeVar

from activation.http.exchange import Call, Exchange

_CLOSING_SECONDS = 5.0
_Result = TypeVar("_Result")


class LoopClient:
    """`at_once` calls are in flight at most. `timeout` is for a whole call, `connect_timeout` for its connection, both
    in seconds. What a call is, and what a session, say those who build on it."""

    def __init__(self, at_once: int, timeout: float, connect_timeout: float) -> None:
        self.at_once, self.timeout, self.connect_timeout = at_once, timeout, connect_timeout
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._turns = asyncio.Semaphore(at_once)

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_failure: object) -> None:
        self.close()

    def open(self) -> None:
        """Start the thread. Cheap when already open; connects to nobody."""
        if self._loop is not None:
            return
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="kith-http", daemon=True)
        self._thread.start()
        self._run(self._loop, self._begin())

    def close(self) -> None:
        """End the connections and the thread; never raises."""
        loop, thread, self._loop, self._thread = self._loop, self._thread, None, None
        if loop is None or thread is None:
            return
        with suppress(Exception):  # nothing waits for an answer any more
            self._run(loop, self._end(), _CLOSING_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_CLOSING_SECONDS)
        if not thread.is_alive():
            loop.close()

    def call(self, call: Call) -> Exchange:
        """One call; waits for what becomes of it."""
        return self.call_all([call])[0]

    def call_all(self, calls: Sequence[Call]) -> list[Exchange]:
        """All of them, `at_once` in flight; what became of each, in order. Safe from several threads."""
        self.open()
        assert self._loop is not None
        return self._run(self._loop, self._all(calls))

    async def _begin(self) -> None:
        """Make the session."""
        raise NotImplementedError

    async def _end(self) -> None:
        """Close it, if there is one."""
        raise NotImplementedError

    async def _one(self, call: Call) -> Exchange:
        """What became of one call; never raises."""
        raise NotImplementedError

    async def _all(self, calls: Sequence[Call]) -> list[Exchange]:
        return list(await asyncio.gather(*(self._one(call) for call in calls)))

    def _run(
        self,
        loop: asyncio.AbstractEventLoop,
        work: Coroutine[Any, Any, _Result],
        seconds: float | None = None,
    ) -> _Result:
        return asyncio.run_coroutine_threadsafe(work, loop).result(seconds)
