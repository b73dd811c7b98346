"""Pairs that were seen together and set aside, each with the rule that kept them apart."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from identity.components import APART, Nodes
from identity.rules import IdentityRules
from kith.warehouse import Warehouse


def reason_of(broken: int, rules: IdentityRules) -> tuple[str, str]:
    """The reason and the rule of a resolved graph's code."""
    count = len(rules.ordered)
    if broken == APART:
        return "kept apart by hand", "split"
    name, limit = rules.ordered[broken % count], rules.limits[broken % count]
    if broken >= count:
        return f"shared by more than {(rules.shared or 0) * limit} {name}", "shared"
    return f"{name} limit {limit}", f"types.{name}.limit"


def set_aside(
    warehouse: Warehouse, rules: IdentityRules, left: Nodes, right: Nodes, broken: Nodes, pairs: str
) -> pa.Table:
    """The rows of `conflicts` for refused pairs (keys of both ends, in the order of refusal).

    `pairs` is a relation with left_key, right_key, left_kind, left_value, right_kind, right_value,
    first_received_at, edge_count; of a pair refused several times the first reason holds.
    """
    reasons = [reason_of(int(code), rules) for code in broken]
    refused = {
        "left_key": left.astype(np.int64),
        "right_key": right.astype(np.int64),
        "place": np.arange(len(left)),
        "reason": pa.array([each[0] for each in reasons], pa.string()),
        "rule": pa.array([each[1] for each in reasons], pa.string()),
    }
    kinds = {"kind": list(range(len(rules.ordered))), "identifier_type": list(rules.ordered)}
    warehouse.connection.register("refused", pa.table(refused))
    warehouse.connection.register("kinds", pa.table(kinds))
    return warehouse.arrow(_CONFLICTS.format(pairs=pairs))


_CONFLICTS = """
    WITH first_refused AS (
        SELECT left_key, right_key, MIN_BY(reason, place) AS reason, MIN_BY(rule, place) AS rule
        FROM refused
        GROUP BY left_key, right_key
    )

    SELECT
        one.identifier_type AS left_type,
        pairs.left_value,
        other.identifier_type AS right_type,
        pairs.right_value,
        ANY_VALUE(first_refused.reason) AS reason,
        ANY_VALUE(first_refused.rule) AS rule,
        MIN(pairs.first_received_at) AS first_received_at,
        CAST(SUM(pairs.edge_count) AS BIGINT) AS edge_count
    FROM {pairs} AS pairs
    INNER JOIN first_refused
        ON pairs.left_key = first_refused.left_key AND pairs.right_key = first_refused.right_key
    INNER JOIN kinds AS one ON pairs.left_kind = one.kind
    INNER JOIN kinds AS other ON pairs.right_kind = other.kind
    GROUP BY one.identifier_type, pairs.left_value, other.identifier_type, pairs.right_value, one.kind, other.kind
    ORDER BY left_type, pairs.left_value, right_type, pairs.right_value
"""
