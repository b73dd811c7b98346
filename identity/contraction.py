"""Connected components in plain SQL, for engines that hold the pairs on many machines.

Each round hooks every label to the least label beside it (minimum over its edges), follows the hooks to their
roots, and contracts the edges to the roots: what is joined disappears, so the work shrinks with each round. It
takes O(log n) rounds, however long a chain is. The partition is that of `identity.components.connect`.

The statements keep to what every warehouse has: CREATE TABLE AS, DROP TABLE, joins, MIN, LEAST, GREATEST.
"""

from __future__ import annotations

from collections.abc import Callable

Execute = Callable[[str], object]
Count = Callable[[str], int]
MOST_ROUNDS = 64


def contract(execute: Execute, count: Count, nodes: str, edges: str, result: str) -> int:
    """Make the table `result(node, label)`: for each row of `nodes(node)` the least node of its component.

    `edges` has `left_node` and `right_node`. `execute` runs a statement, `count` answers the number that a
    query selects. Tables named `<result>_…` are made and dropped. Answers how many rounds it took.
    """
    names = {"nodes": nodes, "edges": edges, "result": result}

    def run(*statements: str) -> None:
        for statement in statements:
            execute(statement.format(**names))

    def size(table: str) -> int:
        return count(f"SELECT COUNT(*) FROM {result}_{table}")

    run(*_dropped("edges", "hooks", "roots"), "DROP TABLE IF EXISTS {result}", _LABELS, _EDGES)
    for number in range(MOST_ROUNDS):
        if size("edges") == 0:
            run(*_dropped("edges"))
            return number
        run(_HOOKS)
        while _is_chained(count, result):
            run(*_FOLLOW)
        run(*_RELABEL, *_CONTRACT, *_dropped("hooks"))
    raise ArithmeticError(f"no end after {MOST_ROUNDS} rounds")


def _dropped(*tables: str) -> list[str]:
    return [f"DROP TABLE IF EXISTS {{result}}_{table}" for table in tables]


def _is_chained(count: Count, result: str) -> bool:
    return bool(
        count(f"""
            SELECT COUNT(*) FROM {result}_hooks AS hooks
            INNER JOIN {result}_hooks AS beyond ON hooks.root = beyond.label
        """)
    )


_LABELS = "CREATE TABLE {result} AS SELECT DISTINCT node, node AS label FROM {nodes}"

_EDGES = """
    CREATE TABLE {result}_edges AS
    SELECT DISTINCT
        LEAST(left_node, right_node) AS low,
        GREATEST(left_node, right_node) AS high
    FROM {edges}
    WHERE left_node <> right_node
"""

# Every label but a least one of its neighbourhood leads to a lesser one: there is no circle.
_HOOKS = (
    "CREATE TABLE {result}_hooks AS SELECT high AS label, MIN(low) AS root FROM {result}_edges GROUP BY high"
)

_FOLLOW = (
    """
    CREATE TABLE {result}_roots AS
    SELECT hooks.label, COALESCE(beyond.root, hooks.root) AS root
    FROM {result}_hooks AS hooks
    LEFT JOIN {result}_hooks AS beyond ON hooks.root = beyond.label
    """,
    "DROP TABLE {result}_hooks",
    "CREATE TABLE {result}_hooks AS SELECT label, root FROM {result}_roots",
    "DROP TABLE {result}_roots",
)

_RELABEL = (
    """
    CREATE TABLE {result}_roots AS
    SELECT labels.node, COALESCE(hooks.root, labels.label) AS label
    FROM {result} AS labels
    LEFT JOIN {result}_hooks AS hooks ON labels.label = hooks.label
    """,
    "DROP TABLE {result}",
    "CREATE TABLE {result} AS SELECT node, label FROM {result}_roots",
    "DROP TABLE {result}_roots",
)

_CONTRACT = (
    """
    CREATE TABLE {result}_roots AS
    SELECT
        COALESCE(lower.root, edges.low) AS one,
        COALESCE(upper.root, edges.high) AS other
    FROM {result}_edges AS edges
    LEFT JOIN {result}_hooks AS lower ON edges.low = lower.label
    LEFT JOIN {result}_hooks AS upper ON edges.high = upper.label
    """,
    "DROP TABLE {result}_edges",
    """
    CREATE TABLE {result}_edges AS
    SELECT DISTINCT LEAST(one, other) AS low, GREATEST(one, other) AS high
    FROM {result}_roots
    WHERE one <> other
    """,
    "DROP TABLE {result}_roots",
)
