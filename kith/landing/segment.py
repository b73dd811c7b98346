"""Segments of the landing log: framed batches of lines exactly as they arrived.

A batch is one header line and then its lines:

    {"batch":"…","source":"web","received_at":"…Z","lines":3,"bytes":512,"md5":"…"}\\n
    <line>\\n<line>\\n<line>\\n

`bytes` counts what follows the header. A batch whose bytes are short or whose digest differs was never
acknowledged (its writer died in the middle): readers stop there and count the torn bytes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import md5
from pathlib import Path

from kith.errors import KithError
from kith.times import format_instant, parse_instant

OPEN, SEALED = ".open", ".jsonl"


@dataclass(frozen=True)
class Batch:
    """Lines that arrived together, without their line ends."""

    batch_id: str
    source: str
    received_at: datetime
    lines: list[bytes]


@dataclass(frozen=True)
class Segment:
    """One file of the log. `torn` counts bytes behind the last whole batch."""

    path: Path
    source: str
    batches: list[Batch]
    torn: int

    @property
    def name(self) -> str:
        """The segment's name below `landing/`, the same whether it is open or sealed."""
        return f"{self.source}/{self.path.stem}"


def frame(batch_id: str, source: str, received_at: datetime, lines: Sequence[bytes]) -> bytes:
    """The bytes of one batch."""
    if any(b"\n" in line for line in lines):
        raise KithError(
            "a landed line holds a line end", where=f"source {source}", expected="one line an event"
        )
    body = b"".join(line + b"\n" for line in lines)
    header = {
        "batch": batch_id,
        "source": source,
        "received_at": format_instant(received_at),
        "lines": len(lines),
        "bytes": len(body),
        "md5": md5(body, usedforsecurity=False).hexdigest(),
    }
    return json.dumps(header, separators=(",", ":")).encode() + b"\n" + body


def read_segment(path: Path) -> Segment:
    """All whole batches of a segment, open or sealed."""
    content = path.read_bytes()
    batches, end = unframe(content, 0)
    return Segment(path, path.parent.name, batches, len(content) - end)


def unframe(content: bytes, start: int) -> tuple[list[Batch], int]:
    """Whole batches from byte `start`, and the byte behind the last of them."""
    batches: list[Batch] = []
    while (found := _next_batch(content, start)) is not None:
        batch, start = found
        batches.append(batch)
    return batches, start


def _next_batch(content: bytes, start: int) -> tuple[Batch, int] | None:
    line_end = content.find(b"\n", start)
    if line_end < 0:
        return None
    try:
        header = json.loads(content[start:line_end])
        end = line_end + 1 + header["bytes"]
        body = content[line_end + 1 : end]
        if len(body) < header["bytes"] or md5(body, usedforsecurity=False).hexdigest() != header["md5"]:
            return None
        received_at = parse_instant(header["received_at"])
        return Batch(header["batch"], header["source"], received_at, body.split(b"\n")[:-1]), end
    except (ValueError, KeyError, TypeError, KithError):
        return None
