"""A real SMTP server for tests: one process, every accepted mail is on the disk before the 250 leaves.

The local part of a recipient tells how it behaves:
    grey…    451 4.7.1 the first time, accepted later      gone…    550 5.1.1 at RCPT
    full…    552 5.2.2 at RCPT                             spam…    550 5.7.1 after the final dot
    busy…    452 4.3.1 always                              silent…  takes the mail, then hangs up
    mute…    as silent, but the first time only
and a sender that begins with nologin is told to log in first.

    python smtp_sink.py LOG [GATE]      prints its port; LOG gets one JSON line per accepted mail; no mail is answered
                                        until the file GATE is there
"""

import asyncio
import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Sink:
    log: int
    gate: Path | None = None
    seen: set[str] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._converse(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(text: str) -> None:
            writer.write(text.encode() + b"\r\n")

        say("220 sink ESMTP")
        recipient = ""
        while line := await reader.readline():
            command = line.decode().strip()
            verb = command.upper().split(":")[0]
            if verb.startswith(("EHLO", "HELO")):
                say("250-sink\r\n250-ENHANCEDSTATUSCODES\r\n250 8BITMIME")
            elif verb == "MAIL FROM" and "<nologin" in command:
                say("530 5.7.0 Authentication required")
            elif verb == "RCPT TO":
                recipient = command.split("<")[1].split(">")[0]
                say(self._judge_recipient(recipient))
            elif verb == "DATA":
                say("354 go ahead")
                mail = await reader.readuntil(b"\r\n.\r\n")
                if not await self._take(recipient, mail, say):
                    return
            elif verb == "QUIT":
                say("221 bye")
                return
            else:
                say("250 2.0.0 ok")
            await writer.drain()

    def _judge_recipient(self, recipient: str) -> str:
        first = recipient not in self.seen
        if recipient.startswith("grey") and first:
            self.seen.add(recipient)
            return "451 4.7.1 Greylisted, come back later"
        table = {
            "gone": "550 5.1.1 no such user",
            "full": "552 5.2.2 mailbox full",
            "busy": "452 4.3.1 disk full",
        }
        return next((reply for start, reply in table.items() if recipient.startswith(start)), "250 2.1.5 ok")

    async def _take(self, recipient: str, mail: bytes, say) -> bool:
        """False when the connection is to be dropped without an answer."""
        if recipient.startswith("spam"):
            say("550 5.7.1 looks like spam")
            return True
        self._write(recipient, mail)
        while self.gate and not self.gate.exists():
            await asyncio.sleep(0.01)
        if recipient.startswith("silent") or (recipient.startswith("mute") and recipient not in self.seen):
            self.seen.add(recipient)
            return False
        say("250 2.0.0 taken")
        return True

    def _write(self, recipient: str, mail: bytes) -> None:
        text = mail.decode("utf-8", "replace")
        headers = text.split("\r\n\r\n", 1)[0]
        found = next(line for line in headers.split("\r\n") if line.lower().startswith("message-id:"))
        line = {"message_id": found.split("<")[1].split("@")[0], "recipient": recipient, "mail": text}
        os.write(self.log, json.dumps(line).encode() + b"\n")
        os.fsync(self.log)


async def main(path: str, gate: str = "") -> None:
    sink = Sink(os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY), Path(gate) if gate else None)
    server = await asyncio.start_server(sink.serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
