"""Everything resolved at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from identity.components import Nodes
from identity.conflicts import set_aside
from identity.dictionary import BATCH, Collision, Dictionary, encode, key
from identity.graph import Resolved, resolve_graph
from identity.proposed import further_edges
from identity.rules import IdentityRules
from identity.store import copy_rows
from identity.tables import IDENTIFIERS
from kith.warehouse import Warehouse

SALTS = 8
ROW_GROUP = 122_880
# Keys are hashes and times nearly all differ: packing them saves little, and every run reads them.
RAW = ("first_received_at", "joined_at", "identifier_key", "founder_key")
PACKING: dict[str, Any] = {
    "compression": {name: "none" if name in RAW else "zstd" for name in IDENTIFIERS.schema.names},
    "use_dictionary": ["identifier_type"],
}


@dataclass(frozen=True)
class FullResolution:
    """A relation of evidence, resolved. `conflicts` is the lake's table."""

    dictionary: Dictionary
    resolved: Resolved
    conflicts: pa.Table
    salt: int
    evidence: str

    @property
    def identifier_count(self) -> int:
        return len(self.dictionary.keys)

    @property
    def profile_count(self) -> int:
        return len(self.resolved.founders)


def resolve_evidence(
    warehouse: Warehouse,
    rules: IdentityRules,
    splits: pa.Table,
    evidence: str = "evidence",
    salt: int = 0,
    has_joined: bool = True,
    accepted: pa.Table | None = None,
) -> FullResolution:
    """Resolve a relation with the columns of `evidence` (see `extract_pairs`) under the rules and splits.

    Without `has_joined` the times of joining are left at the first landing. `accepted` are proposed merges
    in effect (see `identity.matching.proposals`).
    """
    try:
        dictionary = encode(warehouse, evidence, salt)
    except Collision:
        if salt + 1 == SALTS:
            raise
        return resolve_evidence(warehouse, rules, splits, evidence, salt + 1, has_joined, accepted)
    apart = apart_nodes(warehouse, rules, splits, dictionary.keys, salt)
    more = (
        further_edges(warehouse, rules, accepted, dictionary.keys, salt)
        if accepted is not None and accepted.num_rows
        else None
    )
    resolved = resolve_graph(dictionary.graph, rules, apart, has_joined, more)
    return FullResolution(
        dictionary,
        resolved,
        _conflicts(warehouse, rules, dictionary, resolved, evidence, salt),
        salt,
        evidence,
    )


def apart_nodes(
    warehouse: Warehouse, rules: IdentityRules, splits: pa.Table, keys: Nodes, salt: int
) -> Nodes:
    """Two columns of nodes: the pairs that are kept apart and whose both ends are known."""
    warehouse.connection.register("decided", splits)
    kinds = ", ".join(f"({number}, '{name}')" for number, name in enumerate(rules.ordered))
    found = warehouse.arrow(f"""
        WITH kinds AS (SELECT * FROM (VALUES {kinds}) AS named (kind, identifier_type))
        SELECT {key("one.kind", "left_value", salt)} AS one,
            {key("other.kind", "right_value", salt)} AS other
        FROM decided
        INNER JOIN kinds AS one ON decided.left_type = one.identifier_type
        INNER JOIN kinds AS other ON decided.right_type = other.identifier_type
        WHERE decided.is_apart
    """)
    ends = np.stack([found["one"].to_numpy(), found["other"].to_numpy()], axis=1)
    places = np.searchsorted(keys, ends)
    is_known = (places < len(keys)) & (
        keys[np.minimum(places, len(keys) - 1)] == ends if len(keys) else False
    )
    return places[np.all(is_known, axis=1)]


def identifier_rows(warehouse: Warehouse, rules: IdentityRules, full: FullResolution) -> Iterator[pa.Table]:
    """The rows of `identifiers`, in parts."""
    dictionary, resolved = full.dictionary, full.resolved
    profiles = profile_ids(
        warehouse, rules, dictionary.graph.kinds[resolved.founders], _values(dictionary, resolved.founders)
    )
    for begin in range(0, len(dictionary.order), BATCH):
        nodes = dictionary.order[begin : begin + BATCH]
        labels = resolved.labels[nodes]
        yield pa.table(
            {
                "identifier_type": type_names(rules, dictionary.graph.kinds[nodes]),
                "identifier_value": dictionary.values.slice(begin, BATCH),
                "profile_id": profiles.take(pa.array(labels)),
                "first_received_at": dictionary.graph.first[nodes].view("datetime64[us]"),
                "joined_at": resolved.joined[nodes].view("datetime64[us]"),
                "identifier_key": dictionary.keys[nodes],
                "founder_key": dictionary.keys[resolved.founders[labels]],
            }
        )


def write_identifiers(warehouse: Warehouse, rules: IdentityRules, full: FullResolution, file: Path) -> None:
    """The lake's table of all identifiers."""
    with pq.ParquetWriter(file, IDENTIFIERS.schema, **PACKING) as writer:
        for rows in identifier_rows(warehouse, rules, full):
            writer.write_table(IDENTIFIERS.conform(rows), row_group_size=ROW_GROUP)


def write_edges(warehouse: Warehouse, full: FullResolution, file: Path) -> None:
    """The lake's table of all pairs."""
    copy_rows(warehouse, edge_rows(full.evidence, full.salt), file)


def edge_rows(evidence: str, salt: int) -> str:
    """SQL: pairs as the lake keeps them, out of a relation of evidence."""
    left, right = key("left_kind", "left_value", salt), key("right_kind", "right_value", salt)
    return f"""
        SELECT {left} AS left_key, {right} AS right_key, is_left_behind, first_received_at, edge_count
        FROM {evidence} WHERE left_kind <> right_kind OR left_value <> right_value
    """


def profile_ids(
    warehouse: Warehouse, rules: IdentityRules, kinds: Nodes, values: pa.ChunkedArray
) -> pa.Array:
    """The hash of each identifier: `kith.ids.stable_id` of its type and value."""
    founders = pa.table({"kind": type_names(rules, kinds), "value": values})
    warehouse.connection.register("founders", founders)
    found = warehouse.arrow("SELECT md5(kind || chr(31) || value) AS profile_id FROM founders")["profile_id"]
    return found.combine_chunks() if len(found) else pa.array([], pa.string())


def type_names(rules: IdentityRules, kinds: Nodes) -> pa.Array:
    """The names of types by position."""
    return pa.DictionaryArray.from_arrays(pa.array(kinds.astype(np.int8)), pa.array(rules.ordered)).cast(
        pa.string()
    )


def _values(dictionary: Dictionary, nodes: Nodes) -> pa.ChunkedArray:
    place = np.empty(len(dictionary.order), dtype=np.int32)
    place[dictionary.order] = np.arange(len(place), dtype=np.int32)
    return dictionary.values.take(pa.array(place[nodes]))


def _conflicts(
    warehouse: Warehouse, rules: IdentityRules, dictionary: Dictionary, resolved: Resolved,
    evidence: str, salt: int,
) -> pa.Table:  # fmt: skip
    keys, graph = dictionary.keys, dictionary.graph
    left, right = keys[graph.left[resolved.refused]], keys[graph.right[resolved.refused]]
    pairs = f"""(
        SELECT *, {key("left_kind", "left_value", salt)} AS left_key,
            {key("right_kind", "right_value", salt)} AS right_key
        FROM {evidence} WHERE {bool(len(resolved.refused))}
    )"""
    return set_aside(warehouse, rules, left, right, resolved.broken, pairs)
