"""A compiled statement as its engine's own parser reads it: what is code in it, and what are literals."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import duckdb
import orjson
import sqlglot
from sqlglot import exp

RELATIONS = {"profiles", "events", "consents_at", "scores_at", "analyst_members", "list_members"}
MADE = re.compile(
    r"(hits|marks|measures|terms|steps|followed|listed|recent|answers|valueslist|"
    r"(level|score|member|consent|list|sequence|recent|attribute_set|filter_set)_\d+|[tmoaps]\d+(_n)?)"
)
COLUMNS = {
    "profile_id", "event", "effective_at", "properties", "model", "score", "segment", "is_member", "purpose", "channel",
    "is_granted", "list", "value", "local_on", "moment", "is_first", "is_then", "is_without", "then_at", "without_at",
    "is_shown", "answer_key", "place", "answered",
}  # fmt: skip
FUNCTIONS = {
    "count", "sum", "min", "max", "md5", "substr", "contains", "starts_with", "ends_with", "json_extract_string",
    "regexp_full_match", "timezone", "epoch_us", "isfinite", "month", "day", "||", "*", "-", "/", "+", "nullif", "rank",
}  # fmt: skip
# Of the nodes that DuckDB's parser knows, those that a segment needs. No subquery in an expression, no parameter,
# no function that makes a table: so nothing can be read but the relations above.
NODES = {
    "SELECT_NODE", "BASE_TABLE", "JOIN", "SUBQUERY", "EXPRESSION_LIST", "EMPTY", "STAR", "COLUMN_REF", "CONSTANT",
    "VALUE_CONSTANT", "FUNCTION", "OPERATOR", "CAST", "CASE", "CASE_EXPR", "COMPARISON", "CONJUNCTION", "BETWEEN",
    "OPERATOR_COALESCE", "OPERATOR_NOT", "OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL", "OPERATOR_CAST", "OPERATOR_NULLIF",
    "COMPARE_EQUAL", "COMPARE_NOTEQUAL", "COMPARE_LESSTHAN", "COMPARE_GREATERTHAN", "COMPARE_LESSTHANOREQUALTO",
    "COMPARE_GREATERTHANOREQUALTO", "COMPARE_IN", "COMPARE_NOT_IN", "COMPARE_BETWEEN", "CONJUNCTION_AND",
    "CONJUNCTION_OR", "WINDOW", "WINDOW_AGGREGATE", "WINDOW_RANK", "ORDER_MODIFIER", "DISTINCT_MODIFIER", "OPERATOR_TRY",
    "DECIMAL_TYPE_INFO", "ORDER_DEFAULT", "DESCENDING",
}  # fmt: skip
MARK = re.compile(r"zq\d+qz")


@dataclass
class Read:
    """Literals, and everything that is code or a name."""

    literals: set[str] = field(default_factory=set)
    breaches: list[str] = field(default_factory=list)


def read_by_duckdb(sql: str, columns: Collection[str]) -> Read:
    """As DuckDB's own parser serialises it."""
    connection = duckdb.default_connection().cursor()
    statements = connection.extract_statements(sql)
    if len(statements) != 1 or statements[0].type.name not in ("SELECT", "SELECT_STATEMENT"):
        return Read(breaches=[f"{len(statements)} statements"])
    answer = connection.execute("SELECT CAST(JSON_SERIALIZE_SQL(?) AS VARCHAR)", [sql]).fetchone()
    assert answer is not None
    tree, found = orjson.loads(answer[0].replace("18446744073709551615", "0")), Read()
    if tree.get("error"):
        return Read(breaches=[str(tree)[:300]])
    names = {*COLUMNS, *columns}
    for node in _nodes(tree["statements"][0]["node"]):
        _judge(node, names, found)
    return found


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    waiting = [tree]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            yield each
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each


def _judge(node: dict[str, Any], names: Collection[str], found: Read) -> None:
    if node.get("class") == "CONSTANT":
        value = node["value"].get("value")
        found.literals |= {value} if isinstance(value, str) else set()
        return
    for key, value in node.items():
        if key in ("class", "type") and isinstance(value, str) and node.get("id") is None:
            found.breaches += [] if value in NODES else [f"node {value}"]
        elif key == "function_name":
            found.breaches += [] if value.lower() in FUNCTIONS else [f"function {value}"]
        elif key == "table_name" and "class" not in node:
            found.breaches += [] if value in RELATIONS or MADE.fullmatch(value) else [f"table {value}"]
        elif key in ("column_names", "column_name_alias", "alias", "key", "relation_name"):
            for name in value if isinstance(value, list) else [value]:
                known = not isinstance(name, str) or not name or name in names or name in RELATIONS
                found.breaches += [] if known or MADE.fullmatch(name) else [f"name {name}"]
        elif key in ("schema", "schema_name", "catalog", "catalog_name"):
            found.breaches += [f"{key} {value}"] if value else []
        elif key != "value" and isinstance(value, str) and MARK.search(value):
            found.breaches.append(f"{key} {value}")


def read_by_sqlglot(sql: str, columns: Collection[str]) -> Read:
    """As Spark reads it: there a backslash in a text means something."""
    parsed = sqlglot.parse(sql, read="spark")
    found = Read()
    if len(parsed) != 1 or not isinstance(parsed[0], exp.Select):
        return Read(breaches=[f"{len(parsed)} statements"])
    for node in parsed[0].walk():
        if isinstance(node, exp.Literal) and node.is_string:
            found.literals.add(node.this)
        elif isinstance(node, exp.JSONPathKey):
            found.literals.add(str(node.this))
        elif isinstance(node, exp.HexString):
            found.literals.add(_of_bytes(node))
        elif isinstance(node, exp.Table):
            known = node.name in RELATIONS or MADE.fullmatch(node.name)
            found.breaches += [] if known and not node.db else [f"table {node.sql()}"]
        elif isinstance(node, exp.Identifier):
            found.breaches += (
                [] if node.this in columns or not MARK.search(node.this) else [f"name {node.this}"]
            )
        elif isinstance(
            node, (exp.Command, exp.Parameter, exp.Placeholder, exp.Union, exp.Subquery, exp.Comment)
        ):
            is_from = isinstance(node, exp.Subquery) and isinstance(node.parent, (exp.From, exp.Join))
            found.breaches += [] if is_from else [f"node {type(node).__name__}"]
        if node.comments:
            found.breaches.append(f"comment {node.comments}")
    return found


def _of_bytes(node: exp.HexString) -> str:
    digits = str(node.this)
    if not re.fullmatch(r"[0-9a-fA-F]*", digits) or len(digits) % 2:
        digits = f"{int(digits):x}"
        digits = digits if len(digits) % 2 == 0 else f"0{digits}"
    return bytes.fromhex(digits).decode()
