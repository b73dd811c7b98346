"""Rows as they stand in columns: a batch of a thousand is three slices, and a row becomes an object when it is asked
for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

import orjson

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Row:
    """One row. `key` is its identity in the sync, `content` its fields as one JSON object, by the destination's
    names."""

    key: str
    content: str
    remote_id: str = ""

    @cached_property
    def fields(self) -> dict[str, Any]:
        return orjson.loads(self.content)


class Rows(Sequence[Row]):
    """The rows of a batch. `keys`, `contents`, `remote_ids` are Arrow strings of one length, without NULLs."""

    def __init__(self, keys: pa.StringArray, contents: pa.StringArray, remote_ids: pa.StringArray) -> None:
        self._keys, self._contents, self._remote_ids = keys, contents, remote_ids

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Rows:
        """The same, from rows that are there already."""
        import pyarrow as pa

        told = zip(*((row.key, row.content, row.remote_id) for row in rows), strict=True)
        return cls(*(pa.array(column, pa.string()) for column in told or ((), (), ())))

    def __len__(self) -> int:
        return len(self._contents)

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Row]: ...
    def __getitem__(self, place: int | slice) -> Row | Sequence[Row]:
        return self._rows[place]

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    @property
    def keys(self) -> list[str]:
        return self._keys.to_pylist()

    def joined(self, before: bytes = b"", after: bytes = b"") -> bytes:
        """All contents as one JSON array, between what comes before and after; they are JSON already and are joined,
        not read."""
        import pyarrow as pa
        from pyarrow.compute import call_function

        texts = self._contents
        whole = pa.ListArray.from_arrays(pa.array([0, len(texts)], pa.int32()), texts)
        told = call_function("binary_join", [whole, pa.scalar(",")])[0].as_buffer() if len(texts) else b""
        return b"".join((before, b"[", told, b"]", after))

    @cached_property
    def _rows(self) -> list[Row]:
        columns = (self._keys, self._contents, self._remote_ids)
        return [Row(*each) for each in zip(*(column.to_pylist() for column in columns), strict=True)]


__all__ = ["Row", "Rows"]
