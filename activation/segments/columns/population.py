# pyright: reportAttributeAccessIssue=false
"""The profiles of a world in one order, and what is known of them as arrays in that order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from activation.segments.columns.column import Column, column_of
from activation.segments.comparisons import bucket_value
from activation.segments.terms import Kind
from activation.segments.world import World
from kith.warehouse import quote

Truth = NDArray[np.bool]
Positions = NDArray[np.int32]


@dataclass
class Population:
    """All profiles of a world, sorted by id: a profile's position is its row here.

    A column is answered for everybody and not kept: terms are judged column by column.
    """

    world: World
    ids: pa.Array
    order: NDArray[np.int64] | None = None

    @property
    def size(self) -> int:
        return len(self.ids)

    @cached_property
    def _files(self) -> list[Path]:
        return profile_files(self.world)

    @cached_property
    def _stored(self) -> set[str]:
        return set(pq.read_schema(self._files[0]).names)

    def attribute(self, name: str, kind: Kind) -> Column:
        """A column of the published profiles as it lies there; any other from the relation."""
        if name not in self._stored:
            rows = self.world.warehouse.arrow(f"SELECT {quote(name)} FROM profiles ORDER BY profile_id")
            return column_of(rows.column(0), kind)
        texts = [name] if kind is Kind.TEXT else None
        column = pq.read_table(self._files, columns=[name], read_dictionary=texts).column(0)
        return column_of(column if self.order is None else column.take(pa.array(self.order)), kind)

    def scores(self, model: str) -> Column:
        """The scores of a model."""
        rows = self._placed("SELECT profile_id, score AS value FROM scores_at WHERE model = ?", [model])
        values, known = np.full(self.size, np.nan), np.zeros(self.size, bool)
        values[rows["position"].to_numpy()] = rows["value"].cast(pa.float64()).to_numpy()
        np.isfinite(values, out=known)
        return Column(values, known)

    def consent(self, purpose: str, channel: str) -> Column:
        """What is recorded of a permission."""
        rows = self._placed(
            "SELECT profile_id, is_granted AS value FROM consents_at WHERE purpose = ? AND channel = ?",
            [purpose, channel],
        )
        rows = rows.filter(pc.is_valid(rows["value"]))
        values, known = np.zeros(self.size, np.int64), np.zeros(self.size, bool)
        positions = rows["position"].to_numpy()
        values[positions], known[positions] = rows["value"].cast(pa.int8()).to_numpy(), True
        return Column(values, known)

    def lists(self, names: list[str]) -> Iterator[tuple[str, Truth]]:
        """Who is on each of the uploaded lists."""
        rows = self._placed("SELECT profile_id, list FROM list_members WHERE LIST_CONTAINS(?, list)", [names])
        positions = rows["position"].to_numpy()
        coded = rows["list"].combine_chunks().dictionary_encode()
        codes = {name: code for code, name in enumerate(coded.dictionary.to_pylist())}
        numbers = coded.indices.to_numpy(zero_copy_only=False)
        for name in names:
            found = np.zeros(self.size, bool)
            found[positions[numbers == codes.get(name, -1)]] = True
            yield name, found

    def analyst_members(self, name: str) -> Truth:
        """Whom an analyst's own model lists."""
        found = np.zeros(self.size, bool)
        rows = self._placed("SELECT profile_id FROM analyst_members WHERE segment = ?", [name])
        found[rows["position"].to_numpy()] = True
        return found

    def buckets(self, salt: str) -> NDArray[np.int64]:
        """The bucket of each profile under a salt."""
        self._lay_positions()
        sql = f"SELECT {bucket_value(salt)} AS bucket FROM positions AS profiles ORDER BY position"
        return self.world.warehouse.arrow(sql).column(0).to_numpy()

    def _placed(self, sql: str, parameters: list[Any]) -> pa.Table:
        """Rows with a profile_id, by position; who is no profile is left out."""
        self._lay_positions()
        return self.world.warehouse.arrow(
            f"""
            SELECT positions.position, said.* EXCLUDE (profile_id)
            FROM ({sql}) AS said
            INNER JOIN positions ON said.profile_id = positions.profile_id
            """,
            parameters,
        )

    def _lay_positions(self) -> None:
        """The relation `positions` (profile_id, position), once."""
        lay_positions(self.world, self.ids)


def lay_positions(world: World, ids: pa.Array) -> None:
    """Leave the relation `positions` (profile_id, position) in a world, once."""
    if world.warehouse.rows("SELECT 1 FROM duckdb_tables() WHERE table_name = 'positions'"):
        return
    rows = pa.table({"profile_id": ids, "position": np.arange(len(ids), dtype=np.int32)})
    world.warehouse.connection.register("profile_positions", rows)
    world.warehouse.connection.execute("CREATE TEMP TABLE positions AS FROM profile_positions")
    world.warehouse.connection.unregister("profile_positions")


def profile_files(world: World) -> list[Path]:
    """The files of the published profiles."""
    path = world.snapshot.table("profiles")
    return [path] if path.is_file() else sorted(path.rglob("*.parquet"))


def read_population(world: World) -> Population:
    """All profiles of a world, in order."""
    read = pq.read_table(profile_files(world), columns=["profile_id"])
    ids = read.column(0).combine_chunks().cast(pa.string())
    if len(ids) < 2 or pc.all(pc.less(ids[:-1], ids[1:])).as_py():
        return Population(world, ids)
    order = pc.sort_indices(ids).to_numpy()
    return Population(world, ids.take(pa.array(order)), order)
