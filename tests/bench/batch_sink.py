"""A batch API on loopback and a channel that posts to it: a thousand messages a call, all taken, none kept.

python -m tests.bench.batch_sink        prints its port; answers each POST with the ids it took
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException

import orjson

from activation.channels.contract import (
    Answer,
    Capabilities,
    ChannelDown,
    ChannelPlugin,
    Reason,
    Request,
    Status,
)
from kith.settings import environment

BATCH = 1_000


class BatchConnection:
    """Keeps one connection open."""

    def __init__(self, port: int) -> None:
        self._http = HTTPConnection("127.0.0.1", port, timeout=60)

    def open(self) -> None:
        try:
            if self._http.sock is None:
                self._http.connect()
        except OSError as error:
            raise ChannelDown("KITH_BENCH_SINK can't be reached") from error

    def send(self, batch: Sequence[Request]) -> list[Answer]:
        body = orjson.dumps([_message(request) for request in batch])
        try:
            self._http.request("POST", "/", body, {"content-type": "application/json"})
            taken = orjson.loads(self._http.getresponse().read())
        except (OSError, HTTPException):
            self._http.close()
            return [Answer(each.message_id, Status.UNKNOWN, Reason.ANSWER_LOST) for each in batch]
        pairs = zip(batch, taken, strict=True)
        return [Answer(each.message_id, Status.ACCEPTED, provider_message_id=name) for each, name in pairs]

    def close(self) -> None:
        self._http.close()


def _message(request: Request) -> dict[str, str | None]:
    return {
        "id": request.message_id,
        "to": request.address,
        "subject": request.subject,
        "text": request.text,
        "html": request.html,
    }


plugin = ChannelPlugin(
    channel="email",
    provider="batch",
    capabilities=Capabilities(frozenset({"text", "html"}), batch_size=BATCH, honours_key=True),
    build=lambda: BatchConnection(int(environment()["KITH_BENCH_SINK"])),
)


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = next(
                int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
            )
            messages = orjson.loads(await reader.readexactly(length))
            answer = orjson.dumps([f"sink-{message['id']}" for message in messages])
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(answer) + answer)
            await writer.drain()
    except asyncio.IncompleteReadError:
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", 0, limit=2**24)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
