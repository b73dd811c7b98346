"""Fresh evidence resolved against the state: only the components that it concerns are made anew.

The outcome equals resolving the whole log: concerned components are complete, with all their edges, and go
through the same graph.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from identity.components import Nodes
from identity.conflicts import set_aside
from identity.full import apart_nodes, edge_rows, profile_ids, type_names
from identity.graph import Graph, Resolved, resolve_graph
from identity.rules import IdentityRules
from identity.touched import lay_touched
from kith.warehouse import Warehouse


@dataclass(frozen=True)
class Increment:
    """`identifiers`: the rows that changed. `conflicts` is complete. `edges` is SQL of the pairs to add."""

    identifiers: pa.Table
    conflicts: pa.Table
    edges: str
    new_identifiers: int
    new_profiles: int
    is_conflict_changed: bool


def resolve_increment(warehouse: Warehouse, rules: IdentityRules, splits: pa.Table, salt: int) -> Increment:
    """Resolve the tables of `extract_pairs` against the attached state. Raises Retyped and Collision."""
    concerned = lay_touched(warehouse, rules, splits, salt)
    warehouse.connection.execute(_PART)
    nodes = warehouse.arrow("SELECT * FROM nodes ORDER BY key")
    edges = warehouse.arrow("SELECT left_key, right_key, first_received_at FROM part")
    keys = nodes["key"].to_numpy()
    graph = _graph(nodes, edges, keys)
    resolved = resolve_graph(graph, rules, apart_nodes(warehouse, rules, splits, keys, salt))
    warehouse.connection.register("resolved_nodes", _rows(warehouse, rules, nodes, keys, graph, resolved))
    identifiers = warehouse.arrow(_CHANGED)
    left, right = keys[graph.left[resolved.refused]], keys[graph.right[resolved.refused]]
    anew = set_aside(warehouse, rules, left, right, resolved.broken, "typed_part")
    warehouse.connection.register("anew", anew)
    conflicts = warehouse.arrow(_CONFLICTS)
    warehouse.connection.register("conflicts_now", conflicts)
    return Increment(
        identifiers=identifiers,
        conflicts=conflicts,
        edges=edge_rows("evidence", salt),
        new_identifiers=len(keys) - int(warehouse.value("SELECT COUNT(*) FROM members")),
        new_profiles=len(resolved.founders) - concerned,
        is_conflict_changed=bool(warehouse.value(_DIFFERS)),
    )


def _graph(nodes: pa.Table, edges: pa.Table, keys: Nodes) -> Graph:
    values = nodes["value"]

    def texts(chosen: Nodes) -> list[str]:
        return values.take(pa.array(chosen)).to_pylist()

    return Graph(
        nodes["kind"].to_numpy(),
        nodes["first_received_at"].to_numpy().astype("datetime64[us]").view(np.int64),
        np.searchsorted(keys, edges["left_key"].to_numpy()).astype(np.int32),
        np.searchsorted(keys, edges["right_key"].to_numpy()).astype(np.int32),
        edges["first_received_at"].to_numpy().astype("datetime64[us]").view(np.int64),
        texts,
    )


def _rows(
    warehouse: Warehouse, rules: IdentityRules, nodes: pa.Table, keys: Nodes, graph: Graph, found: Resolved
) -> pa.Table:
    values = nodes["value"].take(pa.array(found.founders))
    profiles = profile_ids(warehouse, rules, graph.kinds[found.founders], values)
    return pa.table(
        {
            "identifier_type": type_names(rules, graph.kinds),
            "identifier_value": nodes["value"],
            "profile_id": profiles.take(pa.array(found.labels)),
            "first_received_at": graph.first.view("datetime64[us]"),
            "joined_at": found.joined.view("datetime64[us]"),
            "identifier_key": keys,
            "founder_key": keys[found.founders[found.labels]],
        }
    )


_PART = """
    CREATE OR REPLACE TEMP TABLE part AS
    SELECT
        left_key,
        right_key,
        MIN(first_received_at) AS first_received_at,
        CAST(SUM(edge_count) AS BIGINT) AS edge_count
    FROM (
        SELECT left_key, right_key, first_received_at, edge_count
        FROM known_edges
        WHERE left_key IN (SELECT key FROM nodes)
        UNION ALL
        SELECT left_key, right_key, first_received_at, edge_count
        FROM new_pairs
        WHERE left_key IN (SELECT key FROM nodes)
    ) AS both_parts
    GROUP BY left_key, right_key;

    CREATE OR REPLACE TEMP VIEW typed_part AS
    SELECT
        part.*,
        one.kind AS left_kind,
        one.value AS left_value,
        other.kind AS right_kind,
        other.value AS right_value
    FROM part
    INNER JOIN nodes AS one ON part.left_key = one.key
    INNER JOIN nodes AS other ON part.right_key = other.key
"""

_CHANGED = """
    SELECT resolved_nodes.*
    FROM resolved_nodes
    LEFT JOIN members ON resolved_nodes.identifier_key = members.identifier_key
    WHERE
        members.identifier_key IS NULL
        OR resolved_nodes.founder_key <> members.founder_key
        OR resolved_nodes.first_received_at <> members.first_received_at
        OR resolved_nodes.joined_at <> members.joined_at
"""

_CONFLICTS = """
    SELECT left_type, left_value, right_type, right_value, reason, rule, first_received_at, edge_count
    FROM aside
    WHERE left_key NOT IN (SELECT key FROM nodes)
    UNION ALL BY NAME
    SELECT * FROM anew
    ORDER BY left_type, left_value, right_type, right_value
"""

_DIFFERS = """
    SELECT EXISTS (FROM conflicts_now EXCEPT ALL FROM known_conflicts)
        OR EXISTS (FROM known_conflicts EXCEPT ALL FROM conflicts_now)
"""
