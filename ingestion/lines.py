"""Landed lines as Arrow, some batches at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa

from ingestion.live import LINES_SCHEMA
from kith.landing import Batch
from kith.times import to_utc_naive

CHUNK, CHUNK_BYTES = 50_000, 64 << 20


def chunks(batches: Iterable[Batch], segment: str) -> Iterator[tuple[pa.Table, pa.Array]]:
    """Lines as Arrow, some batches at a time, with their raw bytes."""
    group: list[Batch] = []
    size = bytes_held = 0
    for batch in batches:
        group.append(batch)
        size += len(batch.lines)
        bytes_held += sum(map(len, batch.lines))
        if size >= CHUNK or bytes_held >= CHUNK_BYTES:
            yield _lines(group, segment)
            group, size, bytes_held = [], 0, 0
    if size:
        yield _lines(group, segment)


def _lines(batches: Sequence[Batch], segment: str) -> tuple[pa.Table, pa.Array]:
    raw = _binary([line for batch in batches for line in batch.lines])
    sizes = np.array([len(batch.lines) for batch in batches])
    owner = pa.array(np.repeat(np.arange(len(batches), dtype=np.int32), sizes))
    positions = pa.array(np.arange(len(raw)) - np.repeat(np.cumsum(sizes) - sizes, sizes))
    ids = pa.array([batch.batch_id for batch in batches], pa.string()).take(owner)
    received = pa.array([to_utc_naive(batch.received_at) for batch in batches], pa.timestamp("us")).take(
        owner
    )
    columns = [_decoded(raw), ids, positions, pa.repeat(segment, len(raw)).cast(pa.string()), received]
    return pa.Table.from_arrays(columns, schema=LINES_SCHEMA), raw


def _binary(lines: Sequence[bytes]) -> pa.Array:
    """One buffer joined at once: an append a line costs ten times as much."""
    ends = np.cumsum(np.fromiter(map(len, lines), np.int64, len(lines)))
    offsets = pa.py_buffer(np.concatenate([np.zeros(1, np.int64), ends]))
    return pa.Array.from_buffers(
        pa.large_binary(), len(lines), [None, offsets, pa.py_buffer(b"".join(lines))]
    )


def _decoded(raw: pa.Array) -> pa.Array:
    """Text over the same bytes, null where they are not UTF-8."""
    text = pa.Array.from_buffers(pa.large_string(), len(raw), raw.buffers())
    try:
        text.validate(full=True)
        return text
    except pa.ArrowInvalid:
        return pa.array([_text(line) for line in raw.to_pylist()], pa.large_string())


def _text(line: bytes) -> str | None:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return None
