"""The complete state of identity, made of the pairs that were seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa

from identity.components import Nodes, Partition, partition
from identity.rules import IdentityRules
from kith.lake import Commit
from kith.times import to_utc_naive
from kith.warehouse import Warehouse, literal


@dataclass(frozen=True)
class State:
    """The three tables of the room."""

    identifiers: pa.Table
    aliases: pa.Table
    conflicts: pa.Table

    def tables(self) -> dict[str, pa.Table]:
        return {"identifiers": self.identifiers, "aliases": self.aliases, "conflicts": self.conflicts}


def resolve_pairs(
    warehouse: Warehouse, rules: IdentityRules, as_of: datetime, previous: Commit | None
) -> State:
    """The state that the tables `nodes` and `pairs` of the warehouse amount to (see `extract_pairs`)."""
    kinds = _column(warehouse, "SELECT kind FROM nodes ORDER BY node")
    edges = warehouse.arrow("SELECT left_node, right_node FROM pairs ORDER BY position")
    left, right = edges["left_node"].to_numpy(), edges["right_node"].to_numpy()
    found = partition(kinds, left, right, rules.limits, lambda chosen: _arrange(warehouse, chosen))
    _register(warehouse, rules, found)
    identifiers = warehouse.arrow(_IDENTIFIERS)
    warehouse.connection.register("identifiers", identifiers)
    aliases = _aliases(warehouse, as_of, previous)
    return State(identifiers, aliases, warehouse.arrow(_CONFLICTS))


def differs(warehouse: Warehouse, previous: Commit, state: State) -> bool:
    """Whether any table has a row that the previous commit lacks, or the other way round."""
    for name, rows in state.tables().items():
        warehouse.connection.register("fresh", rows)
        old = _parquet(previous, name)
        sql = f"""
            SELECT EXISTS (FROM fresh EXCEPT ALL FROM {old}) OR EXISTS (FROM {old} EXCEPT ALL FROM fresh)
        """
        if warehouse.value(sql):
            return True
    return False


def _column(warehouse: Warehouse, sql: str) -> Nodes:
    return warehouse.arrow(sql).column(0).to_numpy().astype(np.int64)


def _arrange(warehouse: Warehouse, positions: Nodes) -> Nodes:
    """Positions of pairs in the fixed order: type priorities, first landed, then the pair itself."""
    warehouse.connection.register("chosen", pa.table({"position": positions}))
    return _column(
        warehouse,
        """
        SELECT pairs.position
        FROM chosen
        INNER JOIN pairs ON chosen.position = pairs.position
        INNER JOIN nodes AS one ON pairs.left_node = one.node
        INNER JOIN nodes AS other ON pairs.right_node = other.node
        ORDER BY one.kind, other.kind, pairs.first_received_at, one.value, other.value
        """,
    )


def _register(warehouse: Warehouse, rules: IdentityRules, found: Partition) -> None:
    names, count = list(rules.ordered), len(rules.ordered)
    kinds = {"kind": list(range(count)), "identifier_type": names, "limit_count": list(rules.limits)}
    labels = {"node": np.arange(len(found.labels)), "label": found.labels}
    refused = {"position": found.refused, "broken": found.broken}
    for name, columns in (("kinds", kinds), ("labels", labels), ("refused", refused)):
        warehouse.connection.register(name, pa.table(columns))


# The hash of the earliest identifier names the profile; type and value, of which it is the hash, break ties.
_IDENTIFIERS = """
    WITH labelled AS (
        SELECT labels.label, nodes.kind, kinds.identifier_type, nodes.value, nodes.first_received_at
        FROM nodes
        INNER JOIN labels ON nodes.node = labels.node
        INNER JOIN kinds ON nodes.kind = kinds.kind
    ),

    earliest AS (
        SELECT
            label,
            ARG_MIN(
                md5(identifier_type || chr(31) || value),
                struct_pack(landed := first_received_at, kind := kind, text := value)
            ) AS profile_id
        FROM labelled
        GROUP BY label
    )

    SELECT
        labelled.identifier_type,
        labelled.value AS identifier_value,
        earliest.profile_id,
        labelled.first_received_at
    FROM labelled
    INNER JOIN earliest ON labelled.label = earliest.label
    ORDER BY labelled.kind, labelled.value
"""

_CONFLICTS = """
    SELECT
        one_kind.identifier_type AS left_type,
        one.value AS left_value,
        other_kind.identifier_type AS right_type,
        other.value AS right_value,
        broken.identifier_type || ' limit ' || broken.limit_count AS reason,
        'types.' || broken.identifier_type || '.limit' AS rule,
        pairs.first_received_at,
        pairs.edge_count
    FROM refused
    INNER JOIN pairs ON refused.position = pairs.position
    INNER JOIN nodes AS one ON pairs.left_node = one.node
    INNER JOIN nodes AS other ON pairs.right_node = other.node
    INNER JOIN kinds AS one_kind ON one.kind = one_kind.kind
    INNER JOIN kinds AS other_kind ON other.kind = other_kind.kind
    INNER JOIN kinds AS broken ON refused.broken = broken.kind
    ORDER BY one.kind, one.value, other.kind, other.value
"""


def _aliases(warehouse: Warehouse, as_of: datetime, previous: Commit | None) -> pa.Table:
    """A profile id is the hash of one identifier: each ever used leads to where that identifier is now."""
    used = "SELECT '' AS alias_id, '' AS profile_id, CAST(NULL AS TIMESTAMP) AS since_at WHERE FALSE"
    if previous is not None:
        used = f"""
            SELECT alias_id, profile_id, since_at FROM {_parquet(previous, "aliases")}
            UNION ALL
            SELECT DISTINCT profile_id, profile_id, CAST(NULL AS TIMESTAMP)
            FROM {_parquet(previous, "identifiers")}
        """
    return warehouse.arrow(_ALIASES.format(used=used), [to_utc_naive(as_of)])


_ALIASES = """
    WITH used AS ({used}),

    present AS (
        SELECT md5(identifier_type || chr(31) || identifier_value) AS hash, profile_id FROM identifiers
    )

    SELECT
        used.alias_id,
        present.profile_id,
        COALESCE(MIN(used.since_at) FILTER (used.profile_id = present.profile_id), ?) AS since_at
    FROM used
    INNER JOIN present ON used.alias_id = present.hash
    WHERE used.alias_id <> present.profile_id
    GROUP BY used.alias_id, present.profile_id
    ORDER BY used.alias_id
"""


def _parquet(commit: Commit, table: str) -> str:
    return f"read_parquet({literal(str(commit.table(table)))})"
