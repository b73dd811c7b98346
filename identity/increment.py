"""Fresh evidence resolved against the state: only the components that it concerns are made anew.

The outcome equals resolving the whole log: concerned components are complete, with all their edges, and go
through the same graph.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from identity.components import Nodes
from identity.conflicts import set_aside
from identity.dictionary import find
from identity.full import apart_nodes, edge_rows, profile_ids, type_names
from identity.graph import Graph, Resolved, resolve_graph
from identity.rules import IdentityRules
from identity.touched import lay_touched
from kith.warehouse import Warehouse

NOBODY = -1


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
    nodes = warehouse.arrow(_NODES)
    edges = warehouse.arrow(_EDGES)
    part = _part(nodes, edges)
    keys, graph = part.keys, part.graph
    resolved = resolve_graph(graph, rules, apart_nodes(warehouse, rules, splits, keys, salt))
    left, right = keys[graph.left[resolved.refused]], keys[graph.right[resolved.refused]]
    typed = _TYPED.format(is_any=bool(len(left)))
    anew = set_aside(warehouse, rules, left, right, resolved.broken, typed)
    warehouse.connection.register("anew", anew)
    conflicts = warehouse.arrow(_CONFLICTS)
    warehouse.connection.register("conflicts_now", conflicts)
    return Increment(
        identifiers=_changed_rows(warehouse, rules, part, resolved),
        conflicts=conflicts,
        edges=edge_rows("evidence", salt),
        new_identifiers=int(np.count_nonzero(part.founder_key == NOBODY)),
        new_profiles=len(resolved.founders) - concerned,
        is_conflict_changed=bool(warehouse.value(_DIFFERS)),
    )


@dataclass(frozen=True)
class Part:
    """The concerned part: its graph, and by node what was known of it (`founder_key` is NOBODY where nothing
    was; times in microseconds)."""

    keys: Nodes
    texts: Callable[[Nodes], pa.ChunkedArray]
    graph: Graph
    founder_key: Nodes
    known_first: Nodes
    known_joined: Nodes


def _part(nodes: pa.Table, edges: pa.Table) -> Part:
    key = nodes["key"].to_numpy()
    order = np.argsort(key)
    keys = key[order]

    def column(name: str) -> Nodes:
        return nodes[name].to_numpy()[order]

    def texts(chosen: Nodes) -> pa.ChunkedArray:
        return nodes["value"].take(pa.array(order[chosen]))

    graph = Graph(
        column("kind"),
        column("first_received_at"),
        find(keys, edges["left_key"].to_numpy()),
        find(keys, edges["right_key"].to_numpy()),
        edges["first_received_at"].to_numpy(),
        lambda chosen: texts(chosen).to_pylist(),
    )
    known = [column(name) for name in ("founder_key", "known_first", "known_joined")]
    return Part(keys, texts, graph, *known)


def _changed_rows(warehouse: Warehouse, rules: IdentityRules, part: Part, found: Resolved) -> pa.Table:
    """The rows of `identifiers` that differ from what was known."""
    founder_keys = part.keys[found.founders]
    changed = np.flatnonzero(
        (part.founder_key != founder_keys[found.labels])
        | (part.known_first != part.graph.first)
        | (part.known_joined != found.joined)
    )
    labels, places = np.unique(found.labels[changed], return_inverse=True)
    founders, kinds = found.founders[labels], part.graph.kinds
    profiles = profile_ids(warehouse, rules, kinds[founders], part.texts(founders))
    return pa.table(
        {
            "identifier_type": type_names(rules, kinds[changed]),
            "identifier_value": part.texts(changed),
            "profile_id": profiles.take(pa.array(places)),
            "first_received_at": part.graph.first[changed].view("datetime64[us]"),
            "joined_at": found.joined[changed].view("datetime64[us]"),
            "identifier_key": part.keys[changed],
            "founder_key": founder_keys[found.labels[changed]],
        }
    )


_NODES = f"""
    SELECT
        key,
        kind,
        value,
        epoch_us(first_received_at) AS first_received_at,
        COALESCE(founder_key, {NOBODY}) AS founder_key,
        COALESCE(epoch_us(known_first), 0) AS known_first,
        COALESCE(epoch_us(known_joined), 0) AS known_joined
    FROM nodes
"""

_PAIRS = """
    SELECT left_key, right_key, first_received_at, edge_count
    FROM near_pairs WHERE left_key IN (SELECT key FROM nodes)
    UNION ALL
    SELECT left_key, right_key, first_received_at, edge_count
    FROM new_pairs WHERE left_key IN (SELECT key FROM nodes)
"""

_EDGES = (
    f"SELECT left_key, right_key, epoch_us(first_received_at) AS first_received_at FROM ({_PAIRS}) AS pairs"
)

_TYPED = f"""(
    SELECT
        part.*,
        one.kind AS left_kind,
        one.value AS left_value,
        other.kind AS right_kind,
        other.value AS right_value
    FROM ({_PAIRS}) AS part
    INNER JOIN nodes AS one ON part.left_key = one.key
    INNER JOIN nodes AS other ON part.right_key = other.key
    WHERE {{is_any}}
)"""

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
