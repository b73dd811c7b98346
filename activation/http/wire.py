"""One connection of HTTP/1.1, for one call after the other, on the thread that calls."""

from __future__ import annotations

import io
import re
import select
import socket
import ssl
import time
from base64 import b64encode
from dataclasses import dataclass
from functools import lru_cache
from http.client import HTTPException, HTTPResponse, IncompleteRead
from typing import Any, cast
from urllib.parse import quote, unquote, urlsplit

from activation.http.exchange import Call
from activation.http.progress import Progress

_PIECE = 1 << 16
_LARGE = 1 << 20  # bytes of a body: less is told in one piece with its head
_UNQUOTED = "!$%&'()*+,/:;=?@[]~"
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")
_OF_OURS = {"accept": "*/*", "accept-encoding": "identity", "user-agent": "kith"}


@dataclass(frozen=True)
class Place:
    """Who is called."""

    host: str
    port: int
    is_secret: bool


@dataclass(frozen=True)
class Request:
    """A call as it is written: to whom, and what stands before its body."""

    place: Place
    head: bytes


def written(call: Call) -> Request:
    """Raises ValueError for what nobody could have meant: no URL, a line break in a header."""
    parts = urlsplit(call.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("no URL of HTTP")
    place = Place(
        parts.hostname, parts.port or (443 if parts.scheme == "https" else 80), parts.scheme == "https"
    )
    target = quote(parts.path or "/", _UNQUOTED) + (
        f"?{quote(parts.query, _UNQUOTED)}" if parts.query else ""
    )
    headers = {"host": parts.netloc.rpartition("@")[2].encode("idna").decode(), **_OF_OURS}
    if parts.username is not None:
        told = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["authorization"] = f"Basic {b64encode(told.encode()).decode()}"
    if call.body or call.method not in ("GET", "HEAD"):
        headers["content-length"] = str(len(call.body))
    headers |= {name.lower(): value for name, value in call.headers.items()}
    lines = [f"{call.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    if not all(map(_NAME.fullmatch, (call.method, *headers))) or not all(
        map(_VALUE.fullmatch, headers.values())
    ):
        raise ValueError("a header, or the method, can't be written")
    return Request(place, "\r\n".join([*lines, "", ""]).encode())


class Wire:
    """An open connection. It is spoiled by whatever raises."""

    def __init__(self, place: Place, connected: socket.socket) -> None:
        self.place, self._socket = place, connected
        self._idle_since = time.monotonic()

    @classmethod
    def open(cls, place: Place, until: float, connect_timeout: float) -> Wire:
        """Connected, and met with TLS where the place asks for it, by `until`."""
        seconds = min(connect_timeout, _left(until))
        connected = socket.create_connection((place.host, place.port), seconds)
        try:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if place.is_secret:
                connected.settimeout(min(connect_timeout, _left(until)))
                connected = _tls().wrap_socket(connected, server_hostname=place.host)
        except BaseException:
            connected.close()
            raise
        return cls(place, connected)

    def close(self) -> None:
        self._socket.close()

    def is_fresh(self, kept_seconds: float) -> bool:
        """Whether the other side is likely to be there still: not idle for long, and it has said nothing unasked."""
        if time.monotonic() - self._idle_since > kept_seconds:
            return False
        look = select.poll()
        look.register(self._socket, select.POLLIN)
        return not look.poll(0)

    def converse(self, request: Request, call: Call, until: float, progress: Progress) -> bool:
        """Tell and hear, all by `until`; answers whether the connection may serve another call."""
        heard_all = self._tell(request.head, call.body, until)
        answer = HTTPResponse(cast("socket.socket", _Heard(self._socket, until)), method=call.method)
        try:
            _begin(answer)
            progress.status = answer.status
            progress.headers = {name.lower(): value for name, value in answer.headers.items()}
            while piece := answer.read(_PIECE):
                progress.take(piece, call.largest)
            if answer.length:
                raise IncompleteRead(b"", answer.length)
        finally:
            answer.close()
        self._idle_since = time.monotonic()
        return heard_all and not answer.will_close

    def _tell(self, head: bytes, body: bytes, until: float) -> bool:
        """False where the other side stopped listening: it may have answered all the same."""
        pieces = [head + body] if len(body) <= _LARGE else [head, body]
        try:
            for piece in pieces:
                self._socket.settimeout(_left(until))
                self._socket.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True


class _Heard:
    """What HTTPResponse takes for a socket: its reader keeps to the deadline."""

    def __init__(self, connected: socket.socket, until: float) -> None:
        self._reader = _Reader(connected, until)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self._reader, _PIECE)


class _Reader(io.RawIOBase):
    """Closing it leaves the connection open."""

    def __init__(self, connected: socket.socket, until: float) -> None:
        self._socket, self._until = connected, until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._socket.settimeout(_left(self._until))
        return self._socket.recv_into(buffer)


def _begin(answer: HTTPResponse) -> None:
    """Read its head. Whose length is no number, or who switches protocols, can't be understood."""
    answer.begin()
    length = answer.headers.get("content-length", "")
    if answer.status < 200 or (length and not (length.isascii() and length.isdigit())):
        raise HTTPException("an answer that nobody can read")


def _left(until: float) -> float:
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context
