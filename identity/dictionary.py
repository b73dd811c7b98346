"""From text to dense integers and back: the dictionary of identifiers.

A pair's ends become 63-bit keys, keys become dense codes by one sort, and the texts themselves are only read
again at the very end, once per identifier: strings are four fifths of the work of resolving.

Two identifiers could share a key. A second hash, summed over all ends and again over the dictionary, finds
that out; the caller then takes another salt.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from identity.components import Nodes
from identity.graph import NEVER, Graph
from kith.warehouse import Warehouse

BATCH = 500_000
CHECK = "(hash({value} || chr(31)) >> 2)"


class Collision(Exception):
    """Two different identifiers have one key under this salt."""


def key(kind: str, value: str, salt: int) -> str:
    """SQL: an identifier's 63-bit key. It is this engine's own: state that holds it names the engine."""
    salted = f"{value} || chr(31) || '{salt}'" if salt else value
    return f"CAST(hash(CAST({kind} AS TINYINT), {salted}) >> 1 AS BIGINT)"


@dataclass(frozen=True)
class Dictionary:
    """`keys` by node in rising order; `order` lists all nodes as their texts stand in `values`. The edges of
    `graph` are the rows of the relation, in their order."""

    keys: Nodes
    graph: Graph
    order: Nodes
    values: pa.ChunkedArray


def encode(warehouse: Warehouse, relation: str, salt: int = 0) -> Dictionary:
    """The dictionary and the graph of a relation with the columns of `evidence`.

    The relation is read twice and must keep the order of its rows. Raises Collision.
    """
    count = int(warehouse.value(f"SELECT COUNT(*) FROM {relation}"))
    ends, kinds, seen, checksum = _read(warehouse, relation, salt, count)
    keys = _distinct(ends)
    codes = find(keys, ends)
    del ends
    first = np.full(len(keys), NEVER, dtype=np.int64)
    np.minimum.at(first, codes[:count], seen)
    np.minimum.at(first, codes[count:], seen)
    kind = np.zeros(len(keys), dtype=np.int8)
    kind[codes] = kinds
    order, values = _read_texts(warehouse, relation, codes, len(keys))
    _hold_against_collisions(warehouse, values, np.bincount(codes, minlength=len(keys))[order], checksum)
    place = np.empty(len(keys), dtype=np.int32)
    place[order] = np.arange(len(keys), dtype=np.int32)

    def texts(nodes: Nodes) -> list[str]:
        return values.take(pa.array(place[nodes])).to_pylist()

    graph = Graph(kind, first, codes[:count], codes[count:], seen, texts)
    return Dictionary(keys, graph, order, values)


def _read(warehouse: Warehouse, relation: str, salt: int, count: int) -> tuple[Nodes, Nodes, Nodes, int]:
    """Keys and kinds of all left ends and then all right ends, times by row, and the sum of the check."""
    ends, kinds = np.empty(2 * count, dtype=np.int64), np.empty(2 * count, dtype=np.int8)
    seen, checksum, done = np.empty(count, dtype=np.int64), 0, 0
    reader = warehouse.connection.execute(f"""
        SELECT
            {key("left_kind", "left_value", salt)}, {key("right_kind", "right_value", salt)},
            left_kind, right_kind, epoch_us(first_received_at),
            {CHECK.format(value="left_value")} + {CHECK.format(value="right_value")}
        FROM {relation}""").to_arrow_reader(BATCH)
    for batch in reader:
        columns = [column.to_numpy(zero_copy_only=False) for column in batch.columns]
        upto = done + batch.num_rows
        ends[done:upto], ends[count + done : count + upto] = columns[0], columns[1]
        kinds[done:upto], kinds[count + done : count + upto] = columns[2], columns[3]
        seen[done:upto] = columns[4]
        checksum = (checksum + int(np.sum(columns[5]))) % 2**64
        done = upto
    return ends, kinds, seen, checksum


def _distinct(values: Nodes) -> Nodes:
    ordered = np.sort(values)
    is_first = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=is_first[1:])
    return ordered[is_first]


def find(keys: Nodes, wanted: Nodes) -> Nodes:
    """Where each wanted key stands in `keys` (rising, each wanted one is there), as 32-bit codes.

    Keys are hashes, so the leading bits say nearly where: a few steps from there instead of a search.
    """
    bits = max(1, min(24, len(keys).bit_length()))
    shift = 63 - bits
    counts = np.bincount(keys >> shift, minlength=1 << bits)
    starts = np.zeros(1 << bits, dtype=np.int32)
    np.cumsum(counts[:-1], out=starts[1:])
    codes = np.empty(len(wanted), dtype=np.int32)
    for begin in range(0, len(wanted), 4 * BATCH):
        part = wanted[begin : begin + 4 * BATCH]
        at = starts[part >> shift]
        behind = np.flatnonzero(keys[at] != part)
        while len(behind):
            at[behind] += 1
            behind = behind[keys[at[behind]] != part[behind]]
        codes[begin : begin + 4 * BATCH] = at
    return codes


def _read_texts(
    warehouse: Warehouse, relation: str, codes: Nodes, node_count: int
) -> tuple[Nodes, pa.ChunkedArray]:
    """Each node once and its text, in the order in which they stand in the relation."""
    count = len(codes) // 2
    last = np.empty(node_count, dtype=np.int64)
    last[codes] = np.arange(2 * count)
    is_last = np.zeros(2 * count, dtype=bool)
    is_last[last] = True
    del last
    nodes: list[Nodes] = [np.empty(0, dtype=np.int32)]
    texts, done = [], 0
    reader = warehouse.connection.execute(f"SELECT left_value, right_value FROM {relation}").to_arrow_reader(
        BATCH
    )
    for batch in reader:
        for column, offset in zip(batch.columns, (done, count + done), strict=True):
            chosen = is_last[offset : offset + batch.num_rows]
            nodes.append(codes[offset : offset + batch.num_rows][chosen])
            texts.append(column.filter(pa.array(chosen)))
        done += batch.num_rows
    return np.concatenate(nodes), pa.chunked_array(texts, type=pa.string())


def _hold_against_collisions(
    warehouse: Warehouse, values: pa.ChunkedArray, ends: Nodes, checksum: int
) -> None:
    warehouse.connection.register("texts", pa.table({"value": values}))
    checks = warehouse.arrow(f"SELECT {CHECK.format(value='value')} AS c FROM texts")["c"].to_numpy()
    warehouse.connection.unregister("texts")
    if int(np.sum(checks * ends.astype(np.uint64))) != checksum:
        raise Collision
