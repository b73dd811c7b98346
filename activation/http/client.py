"""HTTP/1.1, over one aiohttp session.

    with HttpClient() as client:
        exchanges = client.call_all(calls)     # in the order of the calls; never raises for one of them

Redirects are not followed (a vendor's API has none, and a key must not travel on), proxies of the environment are
not used, cookies are not kept.
"""

from __future__ import annotations

import io
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from activation.http.exchange import KEPT_SECONDS, Call, Exchange
from activation.http.loop_client import LoopClient
from activation.http.progress import Progress, TooLong

if TYPE_CHECKING:
    import aiohttp

_LARGE = 1 << 20


class HttpClient(LoopClient):
    """`allows` judges every IP address at the moment of connecting (None: all)."""

    def __init__(
        self,
        at_once: int = 32,
        timeout: float = 30.0,
        connect_timeout: float = 10.0,
        allows: Callable[[str], bool] | None = None,
    ) -> None:
        super().__init__(at_once, timeout, connect_timeout)
        self.allows = allows
        self._session: aiohttp.ClientSession | None = None

    async def _begin(self) -> None:
        import aiohttp

        connector = aiohttp.TCPConnector(
            limit=self.at_once, keepalive_timeout=KEPT_SECONDS, socket_factory=self._socket
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trace_configs=[_connection_trace()],
            trust_env=False,
        )

    async def _end(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _one(self, call: Call) -> Exchange:
        async with self._turns:
            progress = Progress()
            try:
                await self._converse(call, progress)
            except Exception as failure:
                return progress.broken(_word(progress, failure))
            return progress.answered()

    async def _converse(self, call: Call, progress: Progress) -> None:
        import aiohttp

        limits = aiohttp.ClientTimeout(total=call.timeout or self.timeout, sock_connect=self.connect_timeout)
        body: Any = io.BytesIO(call.body) if len(call.body) > _LARGE else call.body or None
        session = cast("aiohttp.ClientSession", self._session)
        async with session.request(
            call.method,
            call.url,
            headers=call.headers,
            data=body,
            timeout=limits,
            allow_redirects=False,
            trace_request_ctx=progress,
        ) as answer:
            progress.status = answer.status
            progress.headers = {name.lower(): value for name, value in answer.headers.items()}
            async for piece in answer.content.iter_any():
                progress.take(piece, call.largest)

    def _socket(self, address: Any) -> Any:
        """The last moment before a connection: what a name resolved to is judged here, so no second look-up can lie."""
        import socket

        family, kind, protocol, _name, place = address
        if self.allows is not None and not self.allows(str(place[0])):
            raise ForbiddenAddress("this address may not be called")
        return socket.socket(family=family, type=kind, proto=protocol)


class ForbiddenAddress(OSError):
    """The guard refused the IP address that a name led to."""


def _connection_trace() -> aiohttp.TraceConfig:
    """Notes the moment at which a call has a connection: before it nothing of the call can have left."""
    import aiohttp

    async def note(_session: Any, context: Any, _told: Any) -> None:
        context.trace_request_ctx.is_connected = True

    trace = aiohttp.TraceConfig()
    trace.on_connection_create_end.append(note)
    trace.on_connection_reuseconn.append(note)
    return trace


def _word(progress: Progress, failure: Exception) -> str:
    import aiohttp

    if isinstance(failure, TooLong):
        return "too_long"
    if isinstance(failure, TimeoutError):
        return "timed_out"
    if progress.status:
        return "half_answer"
    if isinstance(failure, aiohttp.InvalidURL | ValueError | TypeError):
        return "bad_request"  # written by nobody: a line break in a header, no URL
    return "connection_lost" if progress.is_connected else _unconnected(failure)


def _unconnected(failure: Exception) -> str:
    import aiohttp

    causes = (getattr(failure, "os_error", None), failure.__cause__, failure)
    if any(isinstance(each, ForbiddenAddress) for each in causes):
        return "forbidden_address"
    if isinstance(failure, aiohttp.ClientSSLError) or any(isinstance(each, ssl.SSLError) for each in causes):
        return "tls_failed"
    return "unknown_host" if isinstance(failure, aiohttp.ClientConnectorDNSError) else "refused_connection"
