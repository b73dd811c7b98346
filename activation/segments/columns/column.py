"""A column about people as arrays that compare exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from activation.segments.terms import Kind


@dataclass(frozen=True)
class Column:
    """Values by position, `known` where there is one. Numbers are exact: decimals scaled to integers (`scale`),
    dates in days, instants in microseconds; of text `values` are codes into `texts`."""

    values: NDArray[Any]
    known: NDArray[np.bool]
    scale: int = 1
    texts: pa.Array | None = None

    def only(self, positions: NDArray[np.int64] | None) -> Column:
        """The column of some profiles; of all if None."""
        if positions is None:
            return self
        return Column(self.values[positions], self.known[positions], self.scale, self.texts)


def column_of(column: pa.ChunkedArray, kind: Kind) -> Column:
    """A column of the warehouse; what is no finite number is missing."""
    if kind is Kind.TEXT:
        return _texts(column)
    array = column.combine_chunks()
    known = array.is_valid().to_numpy(zero_copy_only=False)
    if kind is Kind.DECIMAL:
        return _decimals(array, known)
    if kind is Kind.REAL:
        values = pc.fill_null(array.cast(pa.float64()), np.nan).to_numpy(zero_copy_only=False)
        return Column(values, known & np.isfinite(values))
    plain = array.cast(_PLAIN[kind])
    if pa.types.is_temporal(plain.type):
        plain = plain.view(pa.int32() if kind is Kind.DATE else pa.int64())
    return Column(pc.fill_null(plain, 0).to_numpy(zero_copy_only=False), known)


_PLAIN: Mapping[Kind, pa.DataType] = {
    Kind.WHOLE: pa.int64(),
    Kind.BOOLEAN: pa.int8(),
    Kind.DATE: pa.date32(),
    Kind.INSTANT: pa.timestamp("us"),
}


def _texts(column: pa.ChunkedArray) -> Column:
    if not pa.types.is_dictionary(column.type):
        column = column.cast(pa.string()).dictionary_encode()
    coded = column.unify_dictionaries().combine_chunks()
    known = coded.is_valid().to_numpy(zero_copy_only=False)
    codes = pc.fill_null(coded.indices, 0).to_numpy(zero_copy_only=False)
    return Column(codes, known, texts=coded.dictionary.cast(pa.string()))


def _decimals(array: pa.Array, known: NDArray[np.bool]) -> Column:
    """Scaled to integers, as the storage of a decimal is; beyond 18 digits as Python's own integers."""
    scale = 10**array.type.scale
    filled = pc.fill_null(array, 0)
    if array.type.precision > 18:
        return Column(np.array([int(each * scale) for each in filled.to_pylist()], object), known, scale)
    wide = filled.cast(pa.decimal128(38, array.type.scale))
    low = np.frombuffer(wide.buffers()[1], np.int64)[2 * wide.offset :][::2][: len(wide)]
    return Column(low, known, scale)
