"""HTTP/2 for vendors that speak nothing else; the same face as `HttpClient`, over httpx.

Many calls share one connection. A lost connection takes all calls on it with it: each of them is lost, not unsent.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from activation.http.exchange import Call, Exchange, Fate

if TYPE_CHECKING:
    import httpx

_CLOSING_SECONDS = 5.0


class Http2Client:
    """`at_once` streams are open at most; times in seconds. Over http:// it speaks HTTP/2 at once (prior knowledge)."""

    def __init__(self, at_once: int = 32, timeout: float = 30.0, connect_timeout: float = 10.0) -> None:
        self.at_once, self.timeout, self.connect_timeout = at_once, timeout, connect_timeout
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._session: httpx.AsyncClient | None = None
        self._turns = asyncio.Semaphore(at_once)

    def open(self) -> None:
        """Start the thread. Cheap when already open; connects to nobody."""
        if self._loop is not None:
            return
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="kith-http2", daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._begin(), self._loop).result()

    def close(self) -> None:
        """End the connections and the thread; never raises."""
        loop, thread, self._loop, self._thread = self._loop, self._thread, None, None
        if loop is None or thread is None:
            return
        with suppress(Exception):  # nothing waits for an answer any more
            asyncio.run_coroutine_threadsafe(self._end(), loop).result(_CLOSING_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_CLOSING_SECONDS)
        if not thread.is_alive():
            loop.close()

    def call_all(self, calls: Sequence[Call]) -> list[Exchange]:
        """All of them; what became of each, in order. The first goes alone, so that the vendor may look at our login
        before it lets more than one stream in."""
        self.open()
        return asyncio.run_coroutine_threadsafe(self._all(calls), cast(Any, self._loop)).result()

    async def _begin(self) -> None:
        import httpx

        limits = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=600.0)
        self._session = httpx.AsyncClient(http1=False, http2=True, limits=limits, trust_env=False)

    async def _end(self) -> None:
        if self._session is not None:
            await self._session.aclose()

    async def _all(self, calls: Sequence[Call]) -> list[Exchange]:
        first = [await self._one(call) for call in calls[:1]]
        return [*first, *await asyncio.gather(*(self._one(call) for call in calls[1:]))]

    async def _one(self, call: Call) -> Exchange:
        import httpx

        async with self._turns:
            progress = _Progress()
            try:
                async with asyncio.timeout(call.timeout or self.timeout):
                    await self._converse(call, progress)
            except (
                httpx.HTTPError,
                httpx.InvalidURL,
                OSError,
                ValueError,
                TypeError,
                RuntimeError,
            ) as failure:
                return _broken(progress, failure)
            return Exchange(Fate.ANSWERED, progress.status, progress.headers, bytes(progress.body))

    async def _converse(self, call: Call, progress: _Progress) -> None:
        import httpx

        session = cast("httpx.AsyncClient", self._session)
        limits = httpx.Timeout(self.timeout, connect=self.connect_timeout)
        request = session.build_request(
            call.method, call.url, headers=dict(call.headers), content=call.body, timeout=limits
        )
        answer = await session.send(request, stream=True)
        try:
            progress.status = answer.status_code
            progress.headers = {name.lower(): value for name, value in answer.headers.items()}
            async for piece in answer.aiter_bytes():
                progress.body += piece
                if len(progress.body) > call.largest:
                    raise _TooLong
        finally:
            await answer.aclose()


class _TooLong(RuntimeError):
    pass


class _Progress:
    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = bytearray()


def _broken(progress: _Progress, failure: Exception) -> Exchange:
    """Only what failed while connecting is certain not to have left."""
    import httpx

    if isinstance(failure, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
        return Exchange(Fate.NOT_SENT, problem="refused_connection")
    is_ours = isinstance(failure, httpx.InvalidURL | httpx.UnsupportedProtocol | ValueError | TypeError)
    if is_ours and not progress.status:
        return Exchange(Fate.NOT_SENT, problem="bad_request")
    problem = "timed_out" if isinstance(failure, TimeoutError | httpx.TimeoutException) else ""
    problem = problem or ("half_answer" if progress.status else "connection_lost")
    fate = Fate.ANSWERED if progress.status >= 300 else Fate.LOST
    return Exchange(fate, progress.status, progress.headers, problem=problem)
