"""The HTTP server of all vendors, on a thread of its own: http://127.0.0.1:<port>/<vendor>/<the vendor's own path>."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from kith.clock import Clock
from kith.registry import plugins
from sandbox.emulation.callbacks import Caller
from sandbox.emulation.contract import Call, Callback, Reply
from sandbox.emulation.desk import Desk
from sandbox.emulation.faults import WITHOUT_EFFECT, Fault, Faults
from sandbox.emulation.http2 import Http2Server
from sandbox.emulation.office import Habit, Office
from sandbox.emulation.vendor import Vendor

LARGEST_BODY = 160 * 1024 * 1024
_STARTING_SECONDS = 10.0


def vendors() -> dict[str, Vendor]:
    """Every vendor there is a file for."""
    return plugins("sandbox.vendors", Vendor)


class Emulation:
    """Serves vendors while it is entered. `port` 0 takes a free one. `faults` may be changed at any time.

    `platform` is the base URL that call-backs go to. Vendors over HTTP/2 have ports of their own (`url` tells them),
    from `port` + 1 on, or free ones.
    """

    def __init__(
        self,
        served: Mapping[str, Vendor],
        folder: Path,
        clock: Clock,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        faults: Faults | None = None,
        habit: Habit | None = None,
        platform: str = "http://127.0.0.1:8300",
    ) -> None:
        self.host, self.port, self.faults = host, port, faults or Faults()
        self.caller = Caller()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="kith-emulation", daemon=True)
        self._desks: dict[str, Desk] = {}
        for name, vendor in served.items():
            office = Office(name, folder / name, clock, habit or Habit(), self.call_back, platform)
            self._desks[name] = Desk(vendor, office)
        self._http2: dict[str, Http2Server] = {}
        self._runner: web.AppRunner | None = None

    def __enter__(self) -> Emulation:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._begin(), self._loop).result(_STARTING_SECONDS)
        return self

    def __exit__(self, *_failure: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(_STARTING_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_STARTING_SECONDS)
        self._loop.close()
        for desk in self._desks.values():
            desk.office.account.close()

    def url(self, vendor: str) -> str:
        """Where a vendor is reached; without a slash at its end."""
        if vendor in self._http2:
            return f"http://{self.host}:{self._http2[vendor].port}"
        return f"http://{self.host}:{self.port}/{vendor}"

    def office(self, vendor: str) -> Office:
        """What a vendor holds: its account, its secrets."""
        return self._desks[vendor].office

    @property
    def settings(self) -> dict[str, str]:
        """The variables that lead a platform to all of them."""
        return {
            key: value
            for name, desk in self._desks.items()
            for key, value in desk.vendor.settings(self.url(name), desk.office).items()
        }

    def call_back(self, callback: Callback) -> None:
        """Have a vendor call; from any thread."""
        self._loop.call_soon_threadsafe(self.caller.add, callback)

    async def _begin(self) -> None:
        app = web.Application(client_max_size=LARGEST_BODY)
        app.router.add_route("*", "/{vendor}/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, self.port, backlog=1024)
        await site.start()
        self.port = self._runner.addresses[0][1]
        over_http2 = [name for name, desk in self._desks.items() if desk.vendor.is_http2]
        for name in over_http2:
            self._http2[name] = Http2Server(self._desks[name], self.faults, self.host)
            await self._http2[name].start()

    async def _end(self) -> None:
        await self.caller.close()
        for server in self._http2.values():
            await server.stop()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        desk = self._desks.get(request.match_info["vendor"])
        if desk is None:
            return web.Response(status=404, text="no such vendor")
        call = await _call_of(request, desk.vendor.name)
        fault = self.faults.draw(desk.vendor.name)
        if fault is Fault.RESET:
            return await _hang_up(request)
        reply = desk.meet(fault, self.faults) or desk.throttle() or desk.answer(call)
        if fault is None or fault in WITHOUT_EFFECT:
            content, headers = reply.content()
            return web.Response(status=reply.status, body=content, headers=headers)
        return await self._after(request, desk, fault, reply)

    async def _after(
        self, request: web.Request, desk: Desk, fault: Fault, reply: Reply
    ) -> web.StreamResponse:
        if fault is Fault.TIMEOUT:
            await asyncio.sleep(self.faults.hold)
        if fault in (Fault.TIMEOUT, Fault.CUT):
            return await _hang_up(request)
        if fault is Fault.ERROR:
            content, headers = desk.vendor.broken(500).content()
            return web.Response(status=500, body=content, headers=headers)
        return await self._in_pieces(request, reply, is_half=fault is Fault.HALF)

    async def _in_pieces(self, request: web.Request, reply: Reply, is_half: bool) -> web.StreamResponse:
        content, headers = reply.content()
        if is_half:
            content = content or b" " * 8  # an empty answer has no half
        answer = web.StreamResponse(
            status=reply.status, headers={**headers, "content-length": str(len(content))}
        )
        await answer.prepare(request)
        try:
            if is_half:
                await answer.write(content[: len(content) // 2])
                await asyncio.sleep(0)
                _close(request)
                return answer
            for at in range(len(content)):
                await answer.write(content[at : at + 1])
                await asyncio.sleep(1.0 / self.faults.bytes_per_second)
        except ConnectionError:
            pass
        return answer


async def _call_of(request: web.Request, vendor: str) -> Call:
    return Call(
        method=request.method,
        url=str(request.url),
        path=request.rel_url.raw_path.removeprefix(f"/{vendor}"),
        query=[(name, value) for name, value in request.query.items()],
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await request.read(),
    )


async def _hang_up(request: web.Request) -> web.StreamResponse:
    transport: Any = request.transport
    if transport is not None:
        transport.abort()
    return web.Response(status=500)


def _close(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.close()
