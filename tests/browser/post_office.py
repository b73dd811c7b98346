"""A real mail server in a thread, whose disk is full until somebody makes room."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class PostOffice:
    """`recipients` are those whose mail it took, in order."""

    port: int = 0
    is_full: bool = True
    recipients: list[str] = field(default_factory=list)

    def answer(self, line: str) -> str:
        """The reply to one command."""
        verb = line.upper()
        if verb.startswith(("EHLO", "HELO")):
            return "250-office\r\n250 8BITMIME"
        if verb.startswith("RCPT TO"):
            return "452 4.3.1 disk full" if self.is_full else "250 2.1.5 ok"
        if verb.startswith("QUIT"):
            return "221 bye"
        return "354 go ahead" if verb.startswith("DATA") else "250 2.0.0 ok"


@contextmanager
def post_office() -> Iterator[PostOffice]:
    """Open on a free port of loopback until the block is left."""
    office = PostOffice()

    class Conversation(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 office ESMTP")
            recipient = ""
            while line := self.rfile.readline().decode(errors="replace").strip():
                if line.upper().startswith("RCPT TO"):
                    recipient = line.split("<")[1].split(">")[0]
                self._say(office.answer(line))
                if line.upper().startswith("DATA") and not office.is_full:
                    while self.rfile.readline().strip() != b".":
                        pass
                    office.recipients.append(recipient)
                    self._say("250 2.0.0 taken")

        def _say(self, text: str) -> None:
            self.wfile.write(text.encode() + b"\r\n")

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = allow_reuse_address = True

    with Server(("127.0.0.1", 0), Conversation) as server:
        office.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield office
        server.shutdown()
