"""Proposed merges as edges between the nodes of a resolution."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from identity.components import Nodes
from identity.dictionary import key
from identity.matching.merging import More
from identity.rules import IdentityRules
from kith.warehouse import Warehouse


def further_edges(
    warehouse: Warehouse, rules: IdentityRules, accepted: pa.Table, keys: Nodes, salt: int
) -> More:
    """The edges of `accepted` (see `Accepted`) whose both ends are among the nodes, in their order. `keys` of
    the nodes are sorted."""
    kinds = ", ".join(f"({number}, '{name}')" for number, name in enumerate(rules.ordered))
    positions = pa.array(range(accepted.num_rows), pa.int64())
    warehouse.connection.register("accepted", accepted.append_column("position", positions))
    found = warehouse.arrow(f"""
        WITH kinds AS (SELECT * FROM (VALUES {kinds}) AS named (kind, identifier_type))
        SELECT {key("CAST(one.kind AS TINYINT)", "left_value", salt)} AS one,
            {key("CAST(other.kind AS TINYINT)", "right_value", salt)} AS other,
            epoch_us(known_at) AS seen
        FROM accepted
        INNER JOIN kinds AS one ON accepted.left_type = one.identifier_type
        INNER JOIN kinds AS other ON accepted.right_type = other.identifier_type
        ORDER BY accepted.position
    """)
    ends = np.stack([found["one"].to_numpy(), found["other"].to_numpy()], axis=1)
    places = np.searchsorted(keys, ends)
    is_known = np.all(keys[np.minimum(places, len(keys) - 1)] == ends, axis=1)
    return More(places[is_known, 0], places[is_known, 1], found["seen"].to_numpy()[is_known])
