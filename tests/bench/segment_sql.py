"""A segment as one query that an analyst would write: over native tables with integer keys and extracted columns.

`profiles` (number, the attributes, a column per score), `rows` in time order (number, moment, day, event, category,
channel, quantity, amount), `lists` (list, number), `consents` (number, channel, is_granted) and `asked` (segment,
number), the members of segments that others ask for. Each leaf is a condition on `number` that is true or false.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from activation.segments.percentiles import SIDES
from activation.segments.terms import (
    AttributeTerm,
    BehaviourTerm,
    Comparison,
    ConsentTerm,
    Filter,
    Group,
    Happening,
    ListTerm,
    MemberTerm,
    Occurrence,
    Scored,
    ScoreTerm,
    SequenceTerm,
    Tree,
)
from kith.times import to_utc_naive
from tests.bench.segment_world import AS_OF, MODELS

_MEASURES = {
    "count": "count(*)", "days": "count(DISTINCT day)", "distinct": "count(DISTINCT {of})", "sum": "sum({of})",
    "maximum": "max({of})", "average": "avg({of})", "first": "min(moment)", "last": "max(moment)",
}  # fmt: skip
_ORDERS = {"at_least": ">=", "at_most": "<=", "greater": ">", "less": "<", "is": "=", "is_not": "<>"}


def load_tables(connection: duckdb.DuckDBPyConnection, home: Path, *, clustered: bool = False) -> None:
    """The world as native tables, rows in time order (or by event, then time)."""
    run = (home / "published" / "CURRENT").read_text().strip()
    snapshot, scores = home / "published" / run, home / "lake" / "scores" / "*" / "scores.parquet"
    own = "".join(
        f" LEFT JOIN (SELECT profile_id, score AS {model} FROM '{scores}' WHERE model = '{model}') USING (profile_id)"
        for model in MODELS
    )
    connection.execute(f"""
        CREATE TEMP TABLE numbered AS
        SELECT profile_id, (row_number() OVER (ORDER BY profile_id) - 1)::INT AS number
        FROM '{snapshot}/profiles.parquet';
        CREATE TABLE profiles AS
        SELECT number, columns(c -> c NOT IN ('number', 'profile_id'))
        FROM '{snapshot}/profiles.parquet' INNER JOIN numbered USING (profile_id){own} ORDER BY number;
        CREATE TABLE rows AS
        SELECT number, effective_at AS moment, effective_at::DATE AS day, event,
            properties ->> '$.category' AS category, properties ->> '$.channel' AS channel,
            (properties ->> '$.quantity')::INT AS quantity, (properties ->> '$.amount')::DECIMAL(18, 4) AS amount
        FROM '{snapshot}/events/*.parquet' INNER JOIN numbered USING (profile_id)
        ORDER BY {"event, " if clustered else ""}moment;
        CREATE TABLE lists AS
        SELECT list, number FROM '{home}/lake/lists/*/entries.parquet' AS e
        INNER JOIN numbered ON e.identifier_value = numbered.profile_id
        INNER JOIN '{home}/lake/lists/*/uploads.parquet' USING (upload_id);
        CREATE TABLE consents AS
        SELECT number, channel, is_granted FROM '{snapshot}/consents.parquet' INNER JOIN numbered USING (profile_id);
        CREATE TABLE asked (segment VARCHAR, number INT);
        CREATE TABLE members (segment VARCHAR, number INT)""")


def condition(tree: Tree) -> str:
    """The condition of a tree."""
    match tree:
        case Group(word=word, children=children):
            told = (" AND " if word == "all" else " OR ").join(condition(each) for each in children)
            return f"NOT ({told})" if word == "none" else f"({told})"
        case Scored(term=term, fallback=fallback):
            return f"CASE WHEN {term.model} IS NOT NULL THEN {_score(term)} ELSE {condition(fallback)} END"
        case AttributeTerm(attribute=name, comparison=comparison):
            return f"COALESCE({_compare(name, comparison)}, FALSE)"
        case BehaviourTerm():
            return _behaviour(tree)
        case SequenceTerm():
            return _sequence(tree)
        case ListTerm(name=name):
            return f"number IN (SELECT number FROM lists WHERE list = '{name}')"
        case MemberTerm(segment=segment):
            return f"number IN (SELECT number FROM asked WHERE segment = '{segment}')"
        case ConsentTerm(channel=channel, state=state):
            said = {"granted": " AND is_granted", "refused": " AND NOT is_granted", "unknown": ""}[state]
            no = "NOT " if state == "unknown" else ""
            return f"number {no}IN (SELECT number FROM consents WHERE channel = '{channel}'{said})"
    raise AssertionError(tree)


def _score(term: ScoreTerm) -> str:
    assert term.comparison is not None
    if term.comparison.operator not in SIDES:
        return _compare(term.model, term.comparison)
    model, share = term.model, term.comparison.operands[0]
    ranked = f"SELECT {model}, row_number() OVER (ORDER BY {model} DESC) AS place, count(*) OVER () AS total"
    known = f"{ranked} FROM profiles WHERE {model} IS NOT NULL"
    return f"{model} >= (SELECT min({model}) FROM ({known}) WHERE place <= ceil(total * {share} / 100.0))"


def _compare(value: str, comparison: Comparison) -> str:
    operands = [_literal(each) for each in comparison.operands]
    match comparison.operator:
        case "missing":
            return f"{value} IS NULL"
        case "in":
            return f"{value} IN ({', '.join(operands)})"
        case "between":
            return f"{value} BETWEEN {operands[0]} AND {operands[1]}"
        case "from_until":
            return f"({value} >= {operands[0]} AND {value} < {operands[1]})"
        case "anniversary":
            return f"month({value}) * 100 + day({value}) IN ({', '.join(operands)})"
        case "starts_with" | "ends_with" as word:
            return f"{word}({value}, {operands[0]})"
        case word:
            return f"{value} {_ORDERS[word]} {operands[0]}"


def _literal(value: Any) -> str:
    if isinstance(value, datetime):
        return f"TIMESTAMP '{to_utc_naive(value):%Y-%m-%d %H:%M:%S}'"
    if isinstance(value, bool | int | float | Decimal):
        return str(value)
    return f"DATE '{value}'" if not isinstance(value, str) else f"'{value}'"


def _behaviour(term: BehaviourTerm) -> str:
    """Whoever has no rows is counted by asking for the opposite."""
    word, rows = term.measure.word, _rows(term.happening)
    asked = (word, term.comparison.operator, *term.comparison.operands)
    if asked == ("count", "at_least", 1):
        return f"number IN (SELECT number FROM {rows})"
    if asked == ("count", "at_most", 0):
        return f"number NOT IN (SELECT number FROM {rows})"
    measure = _MEASURES[word].format(of=".".join(term.measure.keys))
    if word == "average":
        [operand] = term.comparison.operands
        told = f"sum({term.measure.keys[0]}) >= {operand} * count(*)"
    else:
        told = _compare(measure, term.comparison)
    return f"number IN (SELECT number FROM {rows} GROUP BY number HAVING {told})"


def _rows(happening: Happening) -> str:
    return f"rows WHERE {_occurs(happening.occurrence)}{_since(happening.days)}{_since(happening.until, '<')}"


def _since(days: int | None, order: str = ">=") -> str:
    """Windows begin at midnight; the world's zone is UTC."""
    if days is None:
        return ""
    start = AS_OF.replace(hour=0) - timedelta(days=days)
    return f" AND moment {order} {_literal(start)}"


def _occurs(occurrence: Occurrence) -> str:
    filters: Mapping[str, Filter] = {".".join(each.keys): each for each in occurrence.filters}
    told = [_compare(name, each.comparison) for name, each in sorted(filters.items())]
    return " AND ".join([f"event = '{occurrence.event}'", *told])


def _sequence(term: SequenceTerm) -> str:
    def steps(occurrence: Occurrence) -> str:
        return f"(SELECT number, moment FROM rows WHERE {_occurs(occurrence)}{_since(term.days)})"

    without = (
        f" WHERE NOT EXISTS (SELECT 1 FROM {steps(term.without)} AS w"
        " WHERE w.number = a.number AND w.moment >= a.moment AND w.moment <= b.moment)"
        if term.without
        else ""
    )
    gap = f" AND b.moment <= a.moment + to_microseconds({term.gap})" if term.gap is not None else ""
    return (
        f"number IN (SELECT a.number FROM {steps(term.first)} AS a"
        f" INNER JOIN {steps(term.then)} AS b ON a.number = b.number AND b.moment > a.moment{gap}{without})"
    )
