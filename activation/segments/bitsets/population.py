"""The profiles of a world in one order, and columns about them as arrays in that order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from activation.segments.comparisons import bucket_value
from activation.segments.terms import Kind
from activation.segments.world import World, profile_ids
from kith.warehouse import quote

Truth = NDArray[np.bool]


@dataclass(frozen=True)
class Column:
    """Values by position, `known` where there is one. Numbers are exact: decimals scaled to integers (`scale`),
    dates in days, instants in microseconds; of text `values` are codes into `texts`."""

    values: NDArray[Any]
    known: Truth
    scale: int = 1
    texts: tuple[str, ...] = ()


@dataclass
class Population:
    """Reads a column once."""

    world: World
    ids: pa.Array
    columns: dict[str, Column] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return len(self.ids)

    def attribute(self, name: str, kind: Kind) -> Column:
        if name not in self.columns:
            rows = self.world.warehouse.arrow(f"SELECT {quote(name)} FROM profiles ORDER BY profile_id")
            self.columns[name] = _column(rows.column(0).combine_chunks(), kind)
        return self.columns[name]

    def scores(self, model: str) -> Column:
        sql = """
            SELECT scored.score
            FROM profiles
            LEFT JOIN (SELECT profile_id, score FROM scores_at WHERE model = ?) AS scored
                ON profiles.profile_id = scored.profile_id
            ORDER BY profiles.profile_id
        """
        rows = self.world.warehouse.arrow(sql, [model])
        return _column(rows.column(0).combine_chunks(), Kind.REAL)

    def consent(self, purpose: str, channel: str) -> Column:
        sql = """
            SELECT said.is_granted
            FROM profiles
            LEFT JOIN (SELECT profile_id, is_granted FROM consents_at WHERE purpose = ? AND channel = ?) AS said
                ON profiles.profile_id = said.profile_id
            ORDER BY profiles.profile_id
        """
        rows = self.world.warehouse.arrow(sql, [purpose, channel])
        return _column(rows.column(0).combine_chunks(), Kind.BOOLEAN)

    def listed(self, name: str) -> Truth:
        sql = """
            SELECT profiles.profile_id IN (SELECT profile_id FROM list_members WHERE list = ?) AS is_member
            FROM profiles ORDER BY profiles.profile_id
        """
        rows = self.world.warehouse.arrow(sql, [name])
        return rows.column(0).combine_chunks().to_numpy(zero_copy_only=False).astype(bool)

    def buckets(self, salt: str) -> NDArray[np.int64]:
        sql = f"SELECT {bucket_value(salt)} FROM profiles ORDER BY profile_id"
        return self.world.warehouse.arrow(sql).column(0).to_numpy()


def read_population(world: World) -> Population:
    """All profiles of a world, in order."""
    return Population(world, profile_ids(world))


def _column(array: pa.Array, kind: Kind) -> Column:
    known = array.is_valid().to_numpy(zero_copy_only=False)
    if kind is Kind.TEXT:
        coded = pc.fill_null(array.cast(pa.string()), "").dictionary_encode()
        return Column(coded.indices.to_numpy(), known, texts=tuple(coded.dictionary.to_pylist()))
    if kind is Kind.DECIMAL:
        return _decimals(array, known)
    if kind is Kind.REAL:
        values = pc.fill_null(array.cast(pa.float64()), np.nan).to_numpy(zero_copy_only=False)
        return Column(values, known & np.isfinite(values))
    plain = array.cast(_PLAIN[kind]).cast(pa.int64())
    return Column(pc.fill_null(plain, 0).to_numpy(zero_copy_only=False), known)


_PLAIN: Mapping[Kind, pa.DataType] = {
    Kind.WHOLE: pa.int64(),
    Kind.BOOLEAN: pa.int8(),
    Kind.DATE: pa.int32(),
    Kind.INSTANT: pa.timestamp("us"),
}


def _decimals(array: pa.Array, known: Truth) -> Column:
    """Scaled to integers, as the storage of a decimal is; beyond 18 digits as Python's own integers."""
    scale = 10**array.type.scale
    filled = pc.fill_null(array, 0)
    if array.type.precision > 18:
        return Column(np.array([int(each * scale) for each in filled.to_pylist()], object), known, scale)
    wide = filled.cast(pa.decimal128(38, array.type.scale))
    low = np.frombuffer(wide.buffers()[1], np.int64)[2 * wide.offset :][::2][: len(wide)]
    return Column(low, known, scale)
