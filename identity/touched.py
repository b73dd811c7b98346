"""Which part of the state fresh evidence concerns.

Fresh rows mostly repeat pairs that are known: those only count. What is new, or was seen earlier than it was
known, or is set aside, or is split or rejoined, concerns its whole component; and since a pair that was set
aside might now be taken, all components that such pairs connect.

The state is read in three passes, whatever is concerned: the keys alone to find the profiles that fresh rows
name, then what is known of these, then their pairs. What is concerned is told from that, without the state.
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

    - `nodes(key, kind, value, first_received_at, founder_key, known_first, known_joined)`: the identifiers of
      all concerned profiles, and the new ones, for which the last three are null;
    - `near_pairs(left_key, right_key, first_received_at, edge_count)`: known pairs, all of the nodes' among
      them and some several times; and `new_pairs`, in the same columns: the evidence by keys.

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
    run(_NEW_PAIRS)
    run(_ASIDE.format(left=_typed("left", salt), right=_typed("right", salt)))
    run(_CHANGED_SPLITS.format(left=_typed("left", salt), right=_typed("right", salt)))
    run(_LOCATED)
    bridges = warehouse.arrow(_BRIDGES)
    _lay_near(warehouse, _closure(warehouse.arrow(_NAMED), bridges))
    _refuse_collisions(warehouse)
    founders = _closure(warehouse.arrow(_CONCERNED), bridges)
    warehouse.connection.register("concerned", pa.table({"founder_key": founders}))
    run(_NODES)
    return len(founders)


def _lay_near(warehouse: Warehouse, founders: Nodes) -> None:
    """What is known of these profiles, and their pairs: it holds all that might be concerned."""
    warehouse.connection.register("near_founders", pa.table({"founder_key": founders}))
    warehouse.connection.execute(_NEAR)
    warehouse.connection.execute(_NEAR_PAIRS)


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
    if not warehouse.value(f"SELECT EXISTS (FROM ({users}))"):
        return
    if warehouse.value(f"""
        WITH users AS ({users}), behind AS ({behind})
        SELECT EXISTS (FROM behind WHERE left_key IN (FROM users) OR right_key IN (FROM users))
    """):
        raise Retyped


def _refuse_collisions(warehouse: Warehouse) -> None:
    if warehouse.value("""
        SELECT EXISTS (SELECT key FROM ends GROUP BY key HAVING COUNT(*) > 1) OR EXISTS (
            SELECT 1 FROM near
            INNER JOIN ends ON near.identifier_key = ends.key
            INNER JOIN kinds ON ends.kind = kinds.kind
            WHERE near.identifier_value <> ends.value OR near.identifier_type <> kinds.identifier_type
        )
    """):
        raise Collision


def _closure(profiles: pa.Table, bridges: pa.Table) -> Nodes:
    """The founders of these profiles and of all that pairs set aside connect with them."""
    founders = profiles["founder_key"].to_numpy()
    if not bridges.num_rows:
        return founders
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

_LOCATED = """
    CREATE OR REPLACE TEMP TABLE located AS
    SELECT identifier_key, founder_key
    FROM known_identifiers
    WHERE identifier_key IN (
        SELECT key FROM ends
        UNION SELECT left_key FROM aside UNION SELECT right_key FROM aside
        UNION SELECT left_key FROM changed_splits UNION SELECT right_key FROM changed_splits
    )
"""

_NAMED = """
    SELECT DISTINCT founder_key
    FROM located
    WHERE identifier_key IN (
        SELECT key FROM ends
        UNION SELECT left_key FROM changed_splits UNION SELECT right_key FROM changed_splits
    )
"""

_BRIDGES = """
    SELECT DISTINCT one.founder_key AS one, other.founder_key AS other
    FROM aside
    INNER JOIN located AS one ON aside.left_key = one.identifier_key
    INNER JOIN located AS other ON aside.right_key = other.identifier_key
"""

_NEAR = """
    CREATE OR REPLACE TEMP TABLE near AS
    SELECT identifier_key, identifier_type, identifier_value, founder_key, first_received_at, joined_at
    FROM known_identifiers SEMI JOIN near_founders USING (founder_key)
"""

_NEAR_PAIRS = """
    CREATE OR REPLACE TEMP TABLE near_pairs AS
    SELECT left_key, right_key, first_received_at, edge_count
    FROM known_edges WHERE left_key IN (SELECT identifier_key FROM near)
"""

_CONCERNED = """
    WITH known_pairs AS (
        SELECT known.left_key, known.right_key, MIN(known.first_received_at) AS first_received_at
        FROM near_pairs AS known
        SEMI JOIN new_pairs ON known.left_key = new_pairs.left_key AND known.right_key = new_pairs.right_key
        GROUP BY known.left_key, known.right_key
    ),

    changed_pairs AS (
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
        SELECT near.identifier_key
        FROM near
        INNER JOIN ends ON near.identifier_key = ends.key
        WHERE ends.first_received_at < near.first_received_at
        UNION
        (SELECT left_key FROM changed_splits UNION SELECT right_key FROM changed_splits)
    )

    SELECT DISTINCT founder_key FROM located SEMI JOIN starts ON located.identifier_key = starts.key
"""

_NODES = """
    CREATE OR REPLACE TEMP TABLE nodes AS
    SELECT
        near.identifier_key AS key,
        CAST(kinds.kind AS TINYINT) AS kind,
        near.identifier_value AS value,
        LEAST(near.first_received_at, COALESCE(ends.first_received_at, near.first_received_at))
            AS first_received_at,
        near.founder_key,
        near.first_received_at AS known_first,
        near.joined_at AS known_joined
    FROM near
    SEMI JOIN concerned ON near.founder_key = concerned.founder_key
    INNER JOIN kinds ON near.identifier_type = kinds.identifier_type
    LEFT JOIN ends ON near.identifier_key = ends.key
    UNION ALL
    SELECT ends.key, ends.kind, ends.value, ends.first_received_at, NULL, NULL, NULL
    FROM ends
    ANTI JOIN located ON ends.key = located.identifier_key
"""
