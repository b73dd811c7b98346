"""Which part of the state fresh evidence concerns.

Fresh rows mostly repeat pairs that are known: those only count. What is new, or was seen earlier than it was
known, or is set aside, or is split or rejoined, concerns its whole component; and since a pair that was set
aside might now be taken, all components that such pairs connect.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from identity.components import Nodes, connect
from identity.dictionary import Collision, key
from identity.pairs import user_columns
from identity.rules import IdentityRules
from kith.warehouse import Warehouse


class Retyped(Exception):
    """An id that an alias left behind turned out to be a user id: what it was taken for is wrong."""


def lay_touched(warehouse: Warehouse, rules: IdentityRules, splits: pa.Table, salt: int) -> int:
    """Leave tables of what the table `evidence` concerns, in a warehouse with the state attached:

    - `members`: the identifiers of all concerned profiles, as known (without the ids, the widest column);
    - `nodes(key, kind, value, first_received_at)`: these and the new ones;
    - `new_pairs(left_key, right_key, first_received_at, edge_count)`: the evidence by keys.

    Answers how many profiles are concerned. Raises Retyped and Collision.
    """
    run = warehouse.connection.execute
    kinds = {"kind": list(range(len(rules.ordered))), "identifier_type": list(rules.ordered)}
    warehouse.connection.register("kinds", pa.table(kinds))
    warehouse.connection.register("decided", splits)
    _refuse_retyped(warehouse, rules, salt)
    left, right = key("left_kind", "left_value", salt), key("right_kind", "right_value", salt)
    run(
        f"CREATE OR REPLACE TEMP TABLE keyed AS SELECT *, {left} AS left_key, {right} AS right_key FROM evidence"
    )
    run(_ENDS)
    run(_FOUND)
    _refuse_collisions(warehouse)
    run(_NEW_PAIRS)
    run(_KNOWN_PAIRS)
    run(_ASIDE.format(left=_typed("left", salt), right=_typed("right", salt)))
    run(_CHANGED_SPLITS.format(left=_typed("left", salt), right=_typed("right", salt)))
    run(_CONCERNED)
    founders = _closure(warehouse)
    warehouse.connection.register("concerned_founders", pa.table({"founder_key": founders}))
    run("""
        CREATE OR REPLACE TEMP TABLE members AS
        SELECT identifier_key, identifier_type, identifier_value, founder_key, first_received_at, joined_at
        FROM known_identifiers SEMI JOIN concerned_founders USING (founder_key)
    """)
    run(_NODES)
    return len(founders)


def _typed(side: str, salt: int) -> str:
    """SQL: the key of one side of a pair of types and values, joined with `kinds` under that side's name."""
    return key(f"{side}_kinds.kind", f"pair.{side}_value", salt)


def _refuse_retyped(warehouse: Warehouse, rules: IdentityRules, salt: int) -> None:
    fallback = rules.ordered.index(rules.previous_id)
    if fallback == 0:
        return
    users = " UNION ".join(
        f"SELECT {key(str(fallback), column, salt)} AS key FROM bearings WHERE {column} IS NOT NULL"
        for column in user_columns(rules)
    )
    behind = "SELECT left_key, right_key FROM known_edges WHERE is_left_behind"
    if warehouse.value(f"""
        WITH users AS ({users}), behind AS ({behind})
        SELECT EXISTS (FROM behind WHERE left_key IN (FROM users) OR right_key IN (FROM users))
    """):
        raise Retyped


def _refuse_collisions(warehouse: Warehouse) -> None:
    if warehouse.value("""
        SELECT EXISTS (SELECT key FROM ends GROUP BY key HAVING COUNT(*) > 1) OR EXISTS (
            SELECT 1 FROM found
            INNER JOIN ends ON found.identifier_key = ends.key
            INNER JOIN kinds ON ends.kind = kinds.kind
            WHERE found.identifier_value <> ends.value OR found.identifier_type <> kinds.identifier_type
        )
    """):
        raise Collision


def _closure(warehouse: Warehouse) -> Nodes:
    """Founders of the concerned profiles and of all that pairs set aside connect with them."""
    founders = warehouse.arrow("SELECT DISTINCT founder_key FROM concerned")["founder_key"].to_numpy()
    if not warehouse.value("SELECT EXISTS (FROM aside)"):
        return founders
    bridges = warehouse.arrow(_BRIDGES)
    one, other = bridges["one"].to_numpy(), bridges["other"].to_numpy()
    everyone = np.unique(np.concatenate([founders, one, other]))
    labels = connect(len(everyone), np.searchsorted(everyone, one), np.searchsorted(everyone, other))
    return everyone[np.isin(labels, labels[np.searchsorted(everyone, founders)])]


_ENDS = """
    CREATE OR REPLACE TEMP TABLE ends AS
    SELECT key, kind, value, MIN(first_received_at) AS first_received_at
    FROM (
        SELECT left_key AS key, left_kind AS kind, left_value AS value, first_received_at FROM keyed
        UNION ALL
        SELECT right_key, right_kind, right_value, first_received_at FROM keyed
    ) AS sides
    GROUP BY key, kind, value
"""

_FOUND = """
    CREATE OR REPLACE TEMP TABLE found AS
    SELECT identifier_key, identifier_type, identifier_value, founder_key, first_received_at
    FROM known_identifiers WHERE identifier_key IN (SELECT key FROM ends)
"""

_NEW_PAIRS = """
    CREATE OR REPLACE TEMP TABLE new_pairs AS
    SELECT
        left_key,
        right_key,
        MIN(first_received_at) AS first_received_at,
        CAST(SUM(edge_count) AS BIGINT) AS edge_count
    FROM keyed
    WHERE left_key <> right_key
    GROUP BY left_key, right_key
"""

_KNOWN_PAIRS = """
    CREATE OR REPLACE TEMP TABLE known_pairs AS
    SELECT known.left_key, known.right_key, MIN(known.first_received_at) AS first_received_at
    FROM known_edges AS known
    SEMI JOIN new_pairs ON known.left_key = new_pairs.left_key AND known.right_key = new_pairs.right_key
    GROUP BY known.left_key, known.right_key
"""

_ASIDE = """
    CREATE OR REPLACE TEMP TABLE aside AS
    SELECT pair.*, {left} AS left_key, {right} AS right_key
    FROM known_conflicts AS pair
    INNER JOIN kinds AS left_kinds ON pair.left_type = left_kinds.identifier_type
    INNER JOIN kinds AS right_kinds ON pair.right_type = right_kinds.identifier_type
"""

_CHANGED_SPLITS = """
    CREATE OR REPLACE TEMP TABLE changed_splits AS
    SELECT {left} AS left_key, {right} AS right_key
    FROM decided AS pair
    INNER JOIN kinds AS left_kinds ON pair.left_type = left_kinds.identifier_type
    INNER JOIN kinds AS right_kinds ON pair.right_type = right_kinds.identifier_type
    LEFT JOIN known_splits AS known
        ON pair.left_type = known.left_type AND pair.left_value = known.left_value
        AND pair.right_type = known.right_type AND pair.right_value = known.right_value
    WHERE pair.is_apart <> COALESCE(known.is_apart, FALSE)
"""

_CONCERNED = """
    CREATE OR REPLACE TEMP TABLE concerned AS
    WITH changed_pairs AS (
        SELECT fresh.left_key, fresh.right_key
        FROM new_pairs AS fresh
        LEFT JOIN known_pairs AS known ON fresh.left_key = known.left_key AND fresh.right_key = known.right_key
        LEFT JOIN aside ON fresh.left_key = aside.left_key AND fresh.right_key = aside.right_key
        WHERE
            known.left_key IS NULL
            OR fresh.first_received_at < known.first_received_at
            OR aside.left_key IS NOT NULL
    ),

    starts AS (
        SELECT left_key AS key FROM changed_pairs
        UNION
        SELECT right_key FROM changed_pairs
        UNION
        SELECT found.identifier_key
        FROM found
        INNER JOIN ends ON found.identifier_key = ends.key
        WHERE ends.first_received_at < found.first_received_at
    )

    SELECT found.founder_key FROM found SEMI JOIN starts ON found.identifier_key = starts.key
    UNION
    SELECT founder_key FROM known_identifiers
    WHERE EXISTS (FROM changed_splits) AND identifier_key IN (
        SELECT left_key FROM changed_splits UNION SELECT right_key FROM changed_splits
    )
"""

_BRIDGES = """
    SELECT DISTINCT one.founder_key AS one, other.founder_key AS other
    FROM aside
    INNER JOIN (
        SELECT identifier_key, founder_key FROM known_identifiers
        WHERE identifier_key IN (SELECT left_key FROM aside)
    ) AS one ON aside.left_key = one.identifier_key
    INNER JOIN (
        SELECT identifier_key, founder_key FROM known_identifiers
        WHERE identifier_key IN (SELECT right_key FROM aside)
    ) AS other ON aside.right_key = other.identifier_key
"""

_NODES = """
    CREATE OR REPLACE TEMP TABLE nodes AS
    SELECT
        members.identifier_key AS key,
        CAST(kinds.kind AS TINYINT) AS kind,
        members.identifier_value AS value,
        LEAST(members.first_received_at, COALESCE(ends.first_received_at, members.first_received_at))
            AS first_received_at
    FROM members
    INNER JOIN kinds ON members.identifier_type = kinds.identifier_type
    LEFT JOIN ends ON members.identifier_key = ends.key
    UNION ALL
    SELECT ends.key, ends.kind, ends.value, ends.first_received_at
    FROM ends
    ANTI JOIN found ON ends.key = found.identifier_key
    ORDER BY key
"""
