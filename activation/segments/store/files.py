"""Raw columns and texts in files that only grow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

CODES = {1: np.dtype(np.uint8), 2: np.dtype(np.uint16), 4: np.dtype(np.uint32)}


def append_column(file: Path, rows: int, values: NDArray[Any]) -> None:
    """Put values after the first `rows`; what a killed writer left beyond them goes."""
    with open(file, "r+b" if file.exists() else "w+b") as handle:
        handle.truncate(rows * values.itemsize)
        handle.seek(0, 2)
        values.tofile(handle)


def map_column(file: Path, kind: np.dtype[Any], rows: int) -> NDArray[Any]:
    """The first `rows` values, mapped into memory."""
    if not rows:
        return np.zeros(0, kind)
    return np.asarray(np.memmap(file, kind, mode="r", shape=(rows,)))


def code_width(distinct: int) -> int:
    """The bytes that codes up to a number of distinct texts need; 0 is the missing one's."""
    return next(width for width, kind in CODES.items() if distinct <= np.iinfo(kind).max)


def write_rows(file: Path, rows: pa.Table) -> None:
    """A table as it lies in memory."""
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, rows.schema) as writer:
        writer.write_table(rows)


def read_rows(folder: Path, parts: Sequence[tuple[str, int]], schema: pa.Schema) -> pa.Table:
    """The parts of a table, one after the other."""
    read = [pa.ipc.open_file(pa.memory_map(str(folder / file))).read_all() for file, _ in parts]
    return pa.concat_tables([schema.empty_table(), *read])
