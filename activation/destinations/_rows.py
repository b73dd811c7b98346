"""Rows as they stand in columns: a batch of a thousand is three slices, and a row becomes an object when it is asked
for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from struct import unpack_from
from typing import TYPE_CHECKING, Any, overload

import orjson

if TYPE_CHECKING:
    import pyarrow as pa

_PART = ","


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
    """The rows of a batch. `keys`, `contents`, `remote_ids` are Arrow strings of one length, without NULLs; the contents
    `parted`: of a slice of them the bytes as they lie are a list of JSON."""

    def __init__(self, keys: pa.StringArray, contents: pa.StringArray, remote_ids: pa.StringArray) -> None:
        self._keys, self._contents, self._remote_ids = keys, contents, remote_ids

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Rows:
        """The same, from rows that are there already."""
        import pyarrow as pa

        told = zip(*((row.key, row.content, row.remote_id) for row in rows), strict=True)
        keys, contents, remote_ids = (pa.array(column, pa.string()) for column in told or ((), (), ()))
        return cls(keys, parted(contents), remote_ids)

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
        """All contents as one JSON array, between what comes before and after: JSON already, and copied once."""
        told, texts = memoryview(b""), self._contents
        if len(texts):
            _nulls, offsets, data = texts.buffers()
            first, last = (unpack_from("=i", offsets, 4 * (texts.offset + n))[0] for n in (0, len(texts)))
            told = memoryview(data)[first : last - len(_PART)]
        return b"".join((before, b"[", told, b"]", after))

    @cached_property
    def _rows(self) -> list[Row]:
        columns = (self._keys, self._contents, self._remote_ids)
        told = zip(*(column.to_pylist() for column in columns), strict=True)
        return [Row(key, content[: -len(_PART)], remote_id) for key, content, remote_id in told]


def parted(contents: Any) -> Any:
    """Arrow strings, each with the comma that parts it from the next."""
    from pyarrow.compute import call_function

    return call_function("binary_join_element_wise", [contents, "", _PART])


__all__ = ["Row", "Rows", "parted"]
