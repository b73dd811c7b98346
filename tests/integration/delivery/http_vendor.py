"""A vendor over HTTP: a server that writes down each effect before it answers, and channels of four kinds to it.

python http_vendor.py LOG        prints its port. POST /keyed takes a message id once, POST /plain as often as it
                                 comes; GET /ID tells whether it was taken
"""

import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any, ClassVar

from activation.channels.contract import (
    Answer,
    Capabilities,
    ChannelDown,
    ChannelPlugin,
    Reason,
    Request,
    Status,
    WhenUnknown,
)
from kith.settings import environment

WINDOW = 5
# Plain ones must be sent again, stopping ones must not, asking ones can find out; wide ones are plain ones that take
# several calls at once.
KINDS = ("keyed", "plain", "stopping", "asking", "wide")
WIDTH = 3


class HttpConnection:
    def __init__(self, path: str) -> None:
        self._path = path
        self._http = HTTPConnection("127.0.0.1", int(environment()["KITH_TEST_VENDOR"]), timeout=10)

    def open(self) -> None:
        try:
            if self._http.sock is None:
                self._http.connect()
        except OSError as error:
            raise ChannelDown("KITH_TEST_VENDOR can't be reached") from error

    def send(self, batch: Sequence[Request]) -> list[Answer]:
        return self._verdict(batch, self._call("POST", f"/{self._path}", [each.message_id for each in batch]))

    def _verdict(self, batch: Sequence[Request], taken: Any) -> list[Answer]:
        status = Status.UNKNOWN if taken is None else Status.ACCEPTED
        reason = Reason.ANSWER_LOST if taken is None else Reason.NONE
        return [Answer(each.message_id, status, reason) for each in batch]

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        try:
            self._http.request(method, path, None if body is None else json.dumps(body))
            return json.loads(self._http.getresponse().read())
        except (OSError, HTTPException):
            self._http.close()
            return None

    def close(self) -> None:
        self._http.close()


class AskingConnection(HttpConnection):
    def look_up(self, request: Request) -> Answer | None:
        is_taken = self._call("GET", f"/{request.message_id}")
        if is_taken is None:
            raise ChannelDown("KITH_TEST_VENDOR can't be reached")
        return Answer(request.message_id, Status.ACCEPTED) if is_taken else None


def vendor(kind: str) -> ChannelPlugin:
    """The one vendor of `email` in a worker of a test."""
    path = "keyed" if kind == "keyed" else "plain"
    connection = AskingConnection if kind == "asking" else HttpConnection
    return ChannelPlugin(
        channel="email",
        provider=kind,
        capabilities=Capabilities(
            frozenset({"text", "html"}),
            batch_size=WINDOW,
            honours_key=kind == "keyed",
            calls_at_once=WIDTH if kind == "wide" else 1,
            when_unknown=WhenUnknown.STOP if kind in ("stopping", "asking") else WhenUnknown.RESEND,
        ),
        build=lambda: connection(path),
    )


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    taken: ClassVar[set[str]] = set()
    lock = Lock()

    def do_POST(self) -> None:
        ids = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with self.lock, open(sys.argv[1], "a", encoding="utf-8") as log:
            effects = [each for each in ids if self.path == "/plain" or each not in self.taken]
            self.taken.update(ids)
            log.writelines(json.dumps({"message_id": each}) + "\n" for each in effects)
        self._answer(ids)

    def do_GET(self) -> None:
        self._answer(self.path[1:] in self.taken)

    def _answer(self, said: Any) -> None:
        body = json.dumps(said).encode()
        try:
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:  # whoever asked was killed
            self.close_connection = True

    def handle(self) -> None:
        with suppress(OSError):
            super().handle()

    def log_message(self, format: str, *args: Any) -> None:
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    os.write(1, f"{server.server_address[1]}\n".encode())
    server.serve_forever()
