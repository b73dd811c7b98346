"""An SMTP server for tests on a thread of its own, whose replies depend on the recipient and which notes what it saw."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Script:
    """`pipelining` is announced or not. The recipient's local part says what happens:

    gone  550 at RCPT     goahead  550 at RCPT, and 354 all the same     spam  550 after the dot
    lost  hangs up after the dot     cut  hangs up after DATA     closing  421 after the dot     slow…  waits
    """

    pipelining: bool = True
    delay: float = 0.0
    commands: list[str] = field(default_factory=list)
    taken: list[tuple[str, str, bytes]] = field(default_factory=list)
    greetings: int = 0
    round_trips: int = 0
    port: int = 0

    def _converse(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection, connection.makefile("rb") as lines:
            self._say(connection, "220 script ESMTP")
            self.greetings += 1
            sender = recipient = ""
            is_refused = False
            while line := lines.readline():
                command = line.decode("latin-1").rstrip("\r\n")
                self.commands.append(command)
                verb = command.upper().partition(":")[0].partition(" ")[0]
                if verb == "EHLO":
                    extensions = ["script", *(["PIPELINING"] if self.pipelining else []), "8BITMIME"]
                    self._say(
                        connection, *(f"250-{each}" for each in extensions[:-1]), f"250 {extensions[-1]}"
                    )
                elif verb == "MAIL":
                    self._say(connection, "503 5.5.1 nested MAIL" if sender else "250 2.1.0 ok")
                    sender, is_refused = command.partition("<")[2].rstrip(">"), False
                elif verb == "RCPT":
                    recipient = command.partition("<")[2].rstrip(">")
                    is_refused = recipient.startswith(("gone", "goahead"))
                    self._say(connection, "550 5.1.1 no such user" if is_refused else "250 2.1.5 ok")
                elif verb == "DATA":
                    if is_refused and not recipient.startswith("goahead"):
                        self._say(connection, "503 5.5.1 no valid recipients")
                        continue
                    self._say(connection, "354 go ahead")
                    if recipient.startswith("cut") or not self._take(
                        connection, lines, sender, recipient, is_refused
                    ):
                        return
                    sender = ""
                elif verb == "QUIT":
                    self._say(connection, "221 bye")
                    return
                else:
                    sender = "" if verb == "RSET" else sender
                    self._say(connection, "250 2.0.0 ok")

    def _take(self, connection, lines, sender: str, recipient: str, is_refused: bool) -> bool:
        mail = bytearray()
        while (line := lines.readline()) and line != b".\r\n":
            mail += line[1:] if line.startswith(b".") else line
        if not line:
            return False
        threading.Event().wait(self.delay)
        if is_refused:
            self._say(connection, "554 5.5.1 no valid recipients")
            return True
        if recipient.startswith("spam"):
            self._say(connection, "550 5.7.1 spam")
            return True
        if recipient.startswith("closing"):
            self._say(connection, "421 4.3.2 closing")
            return False
        self.taken.append((sender, recipient, bytes(mail)))
        if recipient.startswith("lost"):
            return False
        self._say(connection, "250 2.0.0 taken")
        return True

    def _say(self, connection: socket.socket, *replies: str) -> None:
        self.round_trips += 1
        connection.sendall("".join(f"{reply}\r\n" for reply in replies).encode())


@contextmanager
def serving(script: Script) -> Iterator[Script]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        script.port = server.getsockname()[1]

        def accept() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=_quietly, args=(script, connection), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield script
        server.shutdown(socket.SHUT_RDWR)


def _quietly(script: Script, connection: socket.socket) -> None:
    with suppress(OSError):
        script._converse(connection)
