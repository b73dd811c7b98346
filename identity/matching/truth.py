"""The truth about a file: an expression that names the entity of a row, and all that it looks at, kept away
from the matcher; and how well the groups that were found agree with it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from identity.matching.files import ROW
from kith.errors import UsageError
from kith.warehouse import literal, quote

OPTION = "--truth"


@dataclass(frozen=True)
class Quality:
    """Pairs of rows: true by the truth, found by the matcher, and both. Rates are None where undefined."""

    true_pairs: int
    found_pairs: int
    right_pairs: int

    @property
    def precision(self) -> float | None:
        return self.right_pairs / self.found_pairs if self.found_pairs else None

    @property
    def recall(self) -> float | None:
        return self.right_pairs / self.true_pairs if self.true_pairs else None

    @property
    def f1(self) -> float | None:
        """2·right ÷ (true + found): the harmonic mean of precision and recall."""
        both = self.true_pairs + self.found_pairs
        return 2 * self.right_pairs / both if both else None


def withheld_columns(
    connection: duckdb.DuckDBPyConnection, expression: str, names: Sequence[str]
) -> frozenset[str]:
    """The columns (lower case) that the expression uses. One that can't be read, or that might look at
    columns without naming them, is refused."""
    parsed = connection.execute(
        f"SELECT json_serialize_sql({literal(f'SELECT {expression} AS entity FROM rows')})"
    ).fetchall()[0][0]
    tree = json.loads(parsed)
    if tree.get("error"):
        raise UsageError(
            f"is no SQL expression: {tree.get('error_message')}", where=OPTION, expected=_EXPECTED
        )
    statements = tree["statements"]
    if len(statements) != 1 or len(statements[0]["node"].get("select_list", [])) != 1:
        raise UsageError("is more than one expression", where=OPTION, expected=_EXPECTED)
    found = _Uses(set(), set())
    _walk(statements[0]["node"]["select_list"], found)
    if found.kinds & {"STAR", "SUBQUERY"}:
        raise UsageError(
            "looks at columns that it doesn't name (a star or a subquery)", where=OPTION, expected=_EXPECTED
        )
    used = frozenset(name.lower() for name in names) & {name.lower() for name in found.names}
    if not used:
        raise UsageError(
            "uses no column of the file",
            where=OPTION,
            expected=f"an expression over {', '.join(names)}",
        )
    return used


_EXPECTED = "one expression over columns, such as cluster or split_part(rec_id, '-', 2)"


@dataclass(frozen=True)
class _Uses:
    names: set[str]
    kinds: set[str]


def _walk(node: Any, found: _Uses) -> None:
    if isinstance(node, dict):
        if "class" in node:
            found.kinds.add(str(node["class"]))
        if node.get("class") == "COLUMN_REF":
            found.names.update(node["column_names"])
        for each in node.values():
            _walk(each, found)
    elif isinstance(node, list):
        for each in node:
            _walk(each, found)


def entities(
    connection: duckdb.DuckDBPyConnection, expression: str, withheld: frozenset[str], table: str
) -> None:
    """Add `table`'s rows to `truth(row_number, entity)`, by the withheld columns and nothing else."""
    connection.execute("CREATE TABLE IF NOT EXISTS truth (row_number BIGINT, entity VARCHAR)")
    columns = ", ".join([ROW, *(quote(name) for name in sorted(withheld))])
    try:
        connection.execute(
            f"INSERT INTO truth SELECT {ROW}, CAST({expression} AS VARCHAR)"
            f" FROM (SELECT {columns} FROM {table}) AS rows"
        )
    except duckdb.Error as error:
        raise UsageError(f"fails: {str(error).splitlines()[0]}", where=OPTION, expected=_EXPECTED) from None


def measure(connection: duckdb.DuckDBPyConnection, is_link: bool) -> Quality:
    """Compare `grouped(row_number, side, cluster_id)` with `truth`, over all pairs of rows of one file, or
    over all pairs between two; those never compared count as missed. Rows without an entity are nobody."""
    joined = "(SELECT * FROM grouped LEFT JOIN truth USING (row_number)) AS known"
    return Quality(
        true_pairs=_pair_count(connection, joined, "entity", is_link),
        found_pairs=_pair_count(connection, joined, "cluster_id", is_link),
        right_pairs=_pair_count(connection, joined, "entity, cluster_id", is_link),
    )


def _pair_count(connection: duckdb.DuckDBPyConnection, source: str, keys: str, is_link: bool) -> int:
    pairs = "n_left * n_right" if is_link else "(n_left + n_right) * (n_left + n_right - 1) // 2"
    known = " AND ".join(f"{key} IS NOT NULL" for key in keys.split(", "))
    sql = f"""
        SELECT coalesce(sum({pairs}), 0) FROM (
            SELECT count(*) FILTER (side = 0) AS n_left, count(*) FILTER (side = 1) AS n_right
            FROM {source} WHERE {known} GROUP BY {keys}
        ) AS counted
    """
    return int(connection.execute(sql).fetchall()[0][0])
