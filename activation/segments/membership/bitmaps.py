"""Bits of segments in Parquet: a row per segment and block of profiles.

A block is 2^20 profiles, so that a reader of few profiles needn't take all, and no value grows with the shop.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from activation.segments.audience import Bits
from activation.segments.tables import BITMAPS

BLOCK_BYTES = (1 << 20) // 8
ROWS = 128


@dataclass(frozen=True)
class Bitmap:
    """A segment's bits as one evaluation left them; `as_of` is naive UTC."""

    segment: str
    version: str
    as_of: datetime
    bits: Bits


def write_bitmaps(file: Path, bitmaps: Iterable[Bitmap]) -> None:
    """Write bitmaps, sorted by segment so that a reader of one finds it by the statistics of row groups."""
    with pq.ParquetWriter(file, BITMAPS.schema, compression="zstd") as writer:
        waiting: list[Bitmap] = []
        for bitmap in sorted(bitmaps, key=lambda each: each.segment):
            waiting.append(bitmap)
            if len(waiting) == ROWS:
                writer.write_table(_rows(waiting))
                waiting = []
        writer.write_table(_rows(waiting))


def read_bitmaps(file: Path, segments: Iterable[str] | None = None) -> Mapping[str, Bits]:
    """The bits of the named segments (None: of all). They may be views of what was read: never write to them."""
    filters = None if segments is None else [("segment", "in", list(segments))]
    parts: dict[str, list[Bits]] = {}
    rows = pq.read_table(file, columns=["segment", "bits"], filters=filters)
    for batch in rows.to_batches():
        bits = batch["bits"]
        ends = np.frombuffer(bits.buffers()[1], np.int32)[bits.offset : bits.offset + len(bits) + 1]
        data = np.frombuffer(bits.buffers()[2] or b"", np.uint8)
        for name, start, end in zip(batch["segment"].to_pylist(), ends[:-1], ends[1:], strict=True):
            parts.setdefault(name, []).append(data[start:end])
    return {name: blocks[0] if len(blocks) == 1 else np.concatenate(blocks) for name, blocks in parts.items()}


def _rows(bitmaps: list[Bitmap]) -> pa.Table:
    blocks = [
        (each, number, each.bits[start : start + BLOCK_BYTES])
        for each in bitmaps
        for number, start in enumerate(range(0, max(len(each.bits), 1), BLOCK_BYTES))
    ]
    columns = {
        "segment": [each.segment for each, _, _ in blocks],
        "version": [each.version for each, _, _ in blocks],
        "as_of": [each.as_of for each, _, _ in blocks],
        "size": [int(np.bitwise_count(bits).sum()) for _, _, bits in blocks],
        "block": [number for _, number, _ in blocks],
        "bits": _binary([bits for _, _, bits in blocks]),
    }
    return pa.table(columns, schema=BITMAPS.schema)


def _binary(values: list[Bits]) -> pa.Array:
    ends = np.cumsum([0, *(len(each) for each in values)], dtype=np.int32)
    data = np.concatenate(values) if values else np.empty(0, np.uint8)
    return pa.Array.from_buffers(pa.binary(), len(values), [None, pa.py_buffer(ends), pa.py_buffer(data)])
