"""Rows about members, written segment by segment: memory stays that of a batch, whatever the audiences' size.

Members are positions, a byte or so each. In history, which outlives populations, ids are written as places in a
dictionary of the population; it reads as plain text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from activation.segments.tables import MEMBERS
from kith.lake import LakeTable

BATCH = 4_000_000
MEMBERS_BATCH = 1 << 20
# A dictionary is never given up for plain texts; statistics of ids would be computed over all of them, for nobody.
HISTORY_FORM: dict[str, Any] = {
    "compression": "zstd",
    "dictionary_pagesize_limit": 1 << 30,
    "store_schema": False,
    "write_statistics": ["segment", "at"],
}
MEMBERS_FORM: dict[str, Any] = {
    "compression": "zstd",
    "use_dictionary": ["segment", "entered_at"],
    "column_encoding": {"position": "DELTA_BINARY_PACKED"},
    "write_statistics": ["segment"],
}


@dataclass
class RowFile:
    """Rows of `table` in which `profile_id` is given by position; other texts are given as codes into `words`."""

    file: Path
    table: LakeTable
    ids: pa.Array
    words: Mapping[str, list[str]]
    count: int = 0
    _waiting: dict[str, list[NDArray[Any]]] = field(default_factory=dict)
    _waiting_count: int = 0
    _writer: pq.ParquetWriter | None = None

    def __enter__(self) -> RowFile:
        schema = pa.schema([(each.name, _written(each.type)) for each in self.table.schema])
        self._writer = pq.ParquetWriter(self.file, schema, **HISTORY_FORM)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: BaseException | TracebackType | None) -> None:
        if kind is None:
            self._flush()
        assert self._writer is not None
        self._writer.close()

    def append(self, count: int, **columns: Any) -> None:
        """So many rows: an array, or one value for all, for each column of the table."""
        if not count:
            return
        for name, values in columns.items():
            whole = np.broadcast_to(np.asarray(values), count)
            self._waiting.setdefault(name, []).append(whole)
        self.count += count
        self._waiting_count += count
        if self._waiting_count >= BATCH:
            self._flush()

    def _flush(self) -> None:
        if self._waiting_count:
            assert self._writer is not None
            columns = {name: np.concatenate(parts) for name, parts in self._waiting.items()}
            arrays = [self._array(each, columns[each.name]) for each in self.table.schema]
            names = self.table.schema.names
            self._writer.write_table(pa.table(arrays, names=names), row_group_size=BATCH)
        self._waiting, self._waiting_count = {}, 0

    def _array(self, column: pa.Field, values: NDArray[Any]) -> pa.Array:
        if column.name == "profile_id":
            return _chosen(self.ids, values)
        if pa.types.is_string(column.type):
            words = pa.array(self.words[column.name], pa.string())
            return pa.DictionaryArray.from_arrays(pa.array(values.astype(np.int32)), words)
        return pa.array(values.astype(np.int64)).cast(column.type)


def _written(type_: pa.DataType) -> pa.DataType:
    return pa.dictionary(pa.int32(), pa.string()) if pa.types.is_string(type_) else type_


def _chosen(ids: pa.Array, positions: NDArray[Any]) -> pa.Array:
    """Ids by position: of few a dictionary of their own, of many that of all."""
    if len(positions) < len(ids):
        return ids.take(pa.array(positions)).dictionary_encode()
    return pa.DictionaryArray.from_arrays(pa.array(positions.astype(np.int32)), ids)


@dataclass
class MemberFile:
    """The rows of `members`. Small segments share a row group; a large one has its own, so that it is found alone."""

    file: Path
    _waiting: list[pa.Table] = field(default_factory=list)
    _writer: pq.ParquetWriter | None = None

    def __enter__(self) -> MemberFile:
        self._writer = pq.ParquetWriter(self.file, MEMBERS.schema, **MEMBERS_FORM)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: BaseException | TracebackType | None) -> None:
        if kind is None:
            self._flush()
        assert self._writer is not None
        self._writer.close()

    def append(self, segment: str, positions: NDArray[np.int64], entered: NDArray[np.int64]) -> None:
        """One segment's members, by position; since when in microseconds."""
        rows = [
            pa.repeat(segment, len(positions)),
            pa.array(positions.astype(np.int32)),
            pa.array(entered).cast(MEMBERS.schema.field("entered_at").type),
        ]
        self._waiting.append(pa.table(rows, schema=MEMBERS.schema))
        if sum(each.num_rows for each in self._waiting) >= MEMBERS_BATCH:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            assert self._writer is not None
            self._writer.write_table(pa.concat_tables(self._waiting), row_group_size=MEMBERS_BATCH)
        self._waiting = []
