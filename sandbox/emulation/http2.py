"""HTTP/2 without TLS (prior knowledge) for vendors that speak nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, DataReceived, RequestReceived, StreamEnded, StreamReset
from h2.exceptions import ProtocolError

from sandbox.emulation.contract import Call, Reply
from sandbox.emulation.desk import Desk
from sandbox.emulation.faults import WITHOUT_EFFECT, Fault, Faults

_REFUSED = 2  # INTERNAL_ERROR


class Http2Server:
    """One vendor's port. `streams` is how many calls one connection may have open."""

    def __init__(self, desk: Desk, faults: Faults, host: str, port: int = 0) -> None:
        self.desk, self.faults, self.host, self.port = desk, faults, host, port
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self._serve), self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, connection: _Connection, number: int, call: Call) -> None:
        fault = self.faults.draw(self.desk.vendor.name)
        if fault is Fault.RESET:
            connection.abort()
            return
        reply = self.desk.meet(fault, self.faults) or self.desk.throttle() or self.desk.answer(call)
        if fault is None or fault in WITHOUT_EFFECT:
            connection.answer(number, reply)
        elif fault is Fault.ERROR:
            connection.answer(number, self.desk.vendor.broken(500))
        elif fault is Fault.CUT:
            connection.abort()
        elif fault is Fault.HALF:
            connection.answer(number, reply, is_half=True)
        elif fault is Fault.TIMEOUT:
            await asyncio.sleep(self.faults.hold)
            connection.reset(number)
        else:
            await asyncio.sleep(len(reply.content()[0]) / self.faults.bytes_per_second)
            connection.answer(number, reply)


@dataclass
class _Stream:
    headers: dict[str, str]
    body: bytearray = field(default_factory=bytearray)


class _Connection(asyncio.Protocol):
    """One client. A call is served when its stream has ended."""

    def __init__(self, serve: Callable[[_Connection, int, Call], object]) -> None:
        self.serve = serve
        self.h2 = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        self.streams: dict[int, _Stream] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self.transport = transport
            self.h2.initiate_connection()
            self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None

    def data_received(self, data: bytes) -> None:
        try:
            for event in self.h2.receive_data(data):
                self._meet(event)
        except ProtocolError:
            self.abort()
        self._flush()

    def answer(self, number: int, reply: Reply, is_half: bool = False) -> None:
        """The whole reply, or headers and half of the body and then a reset."""
        content, headers = reply.content()
        told = [(":status", str(reply.status)), *((name.lower(), value) for name, value in headers.items())]
        try:
            self.h2.send_headers(number, told, end_stream=not content and not is_half)
            if is_half:
                self.h2.send_data(number, content[: len(content) // 2])
                self.h2.reset_stream(number, _REFUSED)
            elif content:
                self.h2.send_data(number, content, end_stream=True)
        except ProtocolError:  # the client has left
            return
        self._flush()

    def reset(self, number: int) -> None:
        """No answer to this call."""
        try:
            self.h2.reset_stream(number, _REFUSED)
        except ProtocolError:
            return
        self._flush()

    def abort(self) -> None:
        """Tear the whole connection down."""
        if self.transport is not None:
            self.transport.abort()

    def _meet(self, event: object) -> None:
        if isinstance(event, RequestReceived):
            self.streams[_number(event)] = _Stream({str(n): str(v) for n, v in event.headers or ()})
        elif isinstance(event, DataReceived):
            self.streams[_number(event)].body += event.data or b""
            self.h2.acknowledge_received_data(event.flow_controlled_length or 0, _number(event))
        elif isinstance(event, StreamEnded):
            self._begin(_number(event))
        elif isinstance(event, StreamReset):
            self.streams.pop(_number(event), None)
        elif isinstance(event, ConnectionTerminated) and self.transport is not None:
            self.transport.close()

    def _begin(self, number: int) -> None:
        call = _call_of(self.streams.pop(number))
        task = asyncio.get_running_loop().create_task(self._run(number, call))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _run(self, number: int, call: Call) -> None:
        done = self.serve(self, number, call)
        if asyncio.iscoroutine(done):
            await done

    def _flush(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(self.h2.data_to_send())


def _number(event: object) -> int:
    return int(getattr(event, "stream_id", 0) or 0)


def _call_of(stream: _Stream) -> Call:
    path, _, query = stream.headers.get(":path", "/").partition("?")
    return Call(
        method=stream.headers.get(":method", ""),
        url=f"http://{stream.headers.get(':authority', '')}{stream.headers.get(':path', '')}",
        path=path,
        query=parse_qsl(query, keep_blank_values=True),
        headers={name: value for name, value in stream.headers.items() if not name.startswith(":")},
        body=bytes(stream.body),
    )
