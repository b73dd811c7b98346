"""HTTP/2 for vendors that speak nothing else; the same face as `HttpClient`, over httpx.

Many calls share one connection. A lost connection takes all calls on it with it: each of them is lost, not unsent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from activation.http.exchange import Call, Exchange, Fate
from activation.http.loop_client import LoopClient
from activation.http.progress import Progress

if TYPE_CHECKING:
    import httpx


class Http2Client(LoopClient):
    """`at_once` streams are open at most. Over http:// it speaks HTTP/2 at once (prior knowledge)."""

    def __init__(self, at_once: int = 32, timeout: float = 30.0, connect_timeout: float = 10.0) -> None:
        super().__init__(at_once, timeout, connect_timeout)
        self._session: httpx.AsyncClient | None = None

    async def _begin(self) -> None:
        import httpx

        limits = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=600.0)
        self._session = httpx.AsyncClient(http1=False, http2=True, limits=limits, trust_env=False)

    async def _end(self) -> None:
        if self._session is not None:
            await self._session.aclose()

    async def _all(self, calls: Sequence[Call]) -> list[Exchange]:
        """The first goes alone, so that the vendor may look at our login before it lets more than one stream in."""
        first = [await self._one(call) for call in calls[:1]]
        return [*first, *await super()._all(calls[1:])]

    async def _one(self, call: Call) -> Exchange:
        import httpx

        async with self._turns:
            progress = Progress()
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
            return progress.answered()

    async def _converse(self, call: Call, progress: Progress) -> None:
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
                progress.take(piece, call.largest)
        finally:
            await answer.aclose()


def _broken(progress: Progress, failure: Exception) -> Exchange:
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
