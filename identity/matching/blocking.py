"""Which rows are compared at all.

A pass compares the rows that agree in its keys. Small files are compared row by row with every other; else
each key that the kinds suggest is a pass of its own if few enough rows share a value, and those shared by
too many are taken two at a time. The data decides, so that a common surname doesn't make millions of pairs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import duckdb

from identity.matching.comparisons import Field

ALL_PAIRS = 1_000_000
PAIRS_PER_ROW = 40
MOST_PAIRS = 5_000_000
SHARE_OF_PASSES = 4
WHOLE = "{c}"
# What of a value is a key, by kind. A beginning survives typos further on.
KEYS: dict[str, tuple[str, ...]] = {
    "first_name": (WHOLE, "left({c}, 3)"),
    "last_name": (WHOLE, "left({c}, 4)"),
    "name": ("{c}_sorted", "left({c}, 4)"),
    "date": (WHOLE, "left({c}, 6)", "substr({c}, 3, 6)"),
    "email": (WHOLE, "{c}_local"),
    "phone": (WHOLE, "right({c}, 7)"),
    "postcode": (WHOLE,),
    "id": (WHOLE, "left({c}, 4)", "right({c}, 4)"),
    "city": (WHOLE,),
    "address": (WHOLE, "left({c}, 6)"),
    "code": (),
    "number": (WHOLE,),
    "text": (WHOLE,),
}


@dataclass(frozen=True)
class Pass:
    """Rows that agree in all `keys` (SQL over a row's fields) are compared; `pair_count` of them. `fields`
    are those that the keys are made of."""

    keys: tuple[str, ...]
    pair_count: int
    fields: frozenset[str]

    @property
    def sql(self) -> str:
        return " AND ".join(f"({_sided(key, 'l')}) = ({_sided(key, 'r')})" for key in self.keys)


def choose_passes(
    connection: duckdb.DuckDBPyConnection,
    fields: Sequence[Field],
    tables: Sequence[str],
    given: Sequence[Sequence[str]] = (),
) -> list[Pass]:
    """The passes over one table, or between two; those given (by names of columns) or those that the data bears."""
    by_name = {each.name: each for each in fields}
    if given:
        rules = [tuple(by_name[name].key for name in rule) for rule in given]
        return [_measured(connection, tables, rule, fields) for rule in rules]
    counts = [_count(connection, table) for table in tables]
    if _possible(counts) <= ALL_PAIRS:
        return [Pass(("1",), _possible(counts), frozenset())]
    budget = min(PAIRS_PER_ROW * sum(counts), MOST_PAIRS)
    return _within(connection, fields, tables, budget)


def _within(
    connection: duckdb.DuckDBPyConnection, fields: Sequence[Field], tables: Sequence[str], budget: int
) -> list[Pass]:
    single = [_measured(connection, tables, (key,), fields) for key in _keys(fields)]
    chosen = [each for each in single if 0 < each.pair_count <= budget]
    wide = [each for each in single if each.pair_count > budget]
    for one, other in combinations(wide, 2):
        if one.fields & other.fields:
            continue
        both = _measured(connection, tables, (*one.keys, *other.keys), fields)
        if 0 < both.pair_count <= budget:
            chosen.append(both)
    return _affordable(chosen, SHARE_OF_PASSES * budget)


def _affordable(passes: list[Pass], budget: int) -> list[Pass]:
    """The passes that cost least, as long as all of them together stay within the budget."""
    chosen: list[Pass] = []
    for each in sorted(passes, key=lambda one: (one.pair_count, one.keys)):
        budget -= each.pair_count
        if budget < 0:
            break
        chosen.append(each)
    return chosen


def training_passes(
    connection: duckdb.DuckDBPyConnection, fields: Sequence[Field], tables: Sequence[str], least: int = 20
) -> list[Pass]:
    """Passes to learn from, by exact agreement in one field: rare enough that matches are not drowned, and
    each leaves out other fields, so that every field is learned in the light of the others."""
    telling = [each for each in fields if each.kind not in ("code", "number")]
    found = [_measured(connection, tables, (each.key,), fields) for each in telling]
    total = sum(_count(connection, table) for table in tables)
    usable = [each for each in found if least <= each.pair_count <= max(PAIRS_PER_ROW * total, ALL_PAIRS)]
    return sorted(usable, key=lambda each: (each.pair_count, each.keys))[:6]


def _keys(fields: Sequence[Field]) -> list[str]:
    keys = [form.format(c=each.key) for each in fields for form in KEYS[each.kind]]
    first = [each.key for each in fields if each.kind == "first_name"]
    last = [each.key for each in fields if each.kind == "last_name"]
    if len(first) == 1 and len(last) == 1:
        # One order for both, so that a swapped pair of names meets its other self.
        keys.append(f"least({first[0]}, {last[0]}) || ' ' || greatest({first[0]}, {last[0]})")
    return keys


def _measured(
    connection: duckdb.DuckDBPyConnection,
    tables: Sequence[str],
    keys: tuple[str, ...],
    fields: Sequence[Field],
) -> Pass:
    """How many pairs a pass would make: by the sizes of its groups, without making them."""
    known = " AND ".join(f"({key}) IS NOT NULL" for key in keys)
    groups = [
        f"SELECT {', '.join(f'({key}) AS k{n}' for n, key in enumerate(keys))}, count(*) AS n"
        f" FROM {table} WHERE {known} GROUP BY ALL"
        for table in tables
    ]
    if len(tables) == 1:
        sql = f"SELECT sum(n * (n - 1) / 2) FROM ({groups[0]}) AS grouped"
    else:
        joined = ", ".join(f"k{n}" for n in range(len(keys)))
        sql = f"SELECT sum(one.n * other.n) FROM ({groups[0]}) AS one JOIN ({groups[1]}) AS other USING ({joined})"
    row = connection.execute(sql).fetchone()
    used = frozenset(each.key for each in fields if any(_mentions(key, each.key) for key in keys))
    return Pass(keys, int(row[0] or 0) if row else 0, used)


def _mentions(key: str, field: str) -> bool:
    return re.search(rf"\b{field}(?:\b|_)", key) is not None


def _sided(key: str, side: str) -> str:
    """`left(v1, 3)` as `left(l.v1, 3)`."""
    return re.sub(r"\b(v\d+(?:_[a-z]+)?)\b", rf"{side}.\1", key)


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(row[0]) if row else 0


def _possible(counts: Sequence[int]) -> int:
    return counts[0] * counts[1] if len(counts) == 2 else counts[0] * (counts[0] - 1) // 2
