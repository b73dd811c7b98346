"""Whether two engines hold the same rows, and where not: which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from tests.integration.spark.builds import Published
from tests.integration.spark.digests import Column, checksum, row_digest, sums_query, value_text
from tests.integration.spark.tables import Tables, in_list

SHOWN = 3


@dataclass(frozen=True)
class Side:
    """A table on one engine; `checksum` says why there is none where there is none."""

    row_count: int
    checksum: str


@dataclass(frozen=True)
class Verdict:
    """A table on both engines, and the first differing rows in a line each."""

    table: str
    left: Side
    right: Side
    differences: tuple[str, ...]

    @property
    def is_equal(self) -> bool:
        return not self.differences


def compare(table: Published, left: Tables, right: Tables) -> Verdict:
    """One table on both engines."""
    columns = left.columns(table.name), right.columns(table.name)
    if columns[0] is None or columns[1] is None:
        sides = [Side(0, "absent" if each is None else "present") for each in columns]
        return Verdict(table.name, sides[0], sides[1], ("the table is absent on one engine",))
    if columns[0] != columns[1]:
        typed = [Side(0, "other columns")] * 2
        return Verdict(table.name, typed[0], typed[1], _column_differences(columns[0], columns[1]))
    one, other = _side(table, columns[0], left), _side(table, columns[0], right)
    differences = () if one == other else _row_differences(table, columns[0], left, right)
    return Verdict(table.name, one, other, differences)


def _side(table: Published, columns: Sequence[Column], tables: Tables) -> Side:
    row = tables.query(sums_query(tables.name(table.name), columns, tables.dialect)).to_pylist()[0]
    count = int(row.pop("row_count"))
    return Side(count, checksum(count, list(row.values())))


def _column_differences(left: Sequence[Column], right: Sequence[Column]) -> tuple[str, ...]:
    def told(columns: Sequence[Column]) -> set[str]:
        return {f"{column.name} {column.type}" for column in columns}

    first, second = told(left), told(right)
    only = [f"only on DuckDB: {each}" for each in sorted(first - second)]
    only += [f"only on Spark: {each}" for each in sorted(second - first)]
    return tuple(only or ["the columns stand in another order"])


def _row_differences(
    table: Published, columns: Sequence[Column], left: Tables, right: Tables
) -> tuple[str, ...]:
    """The first rows that one engine has and the other not, paired by the table's key."""
    digests = [_digests(table, columns, tables) for tables in (left, right)]
    alone = [_alone(digests[0], digests[1]), _alone(digests[1], digests[0])]
    rows = [
        _texts(table, columns, tables, found[:SHOWN])
        for tables, found in zip((left, right), alone, strict=True)
    ]
    head = f"{len(alone[0])} rows are on DuckDB alone, {len(alone[1])} on Spark alone"
    return (head, *_paired(table, rows[0], rows[1]))


def _digests(table: Published, columns: Sequence[Column], tables: Tables) -> Any:
    name, digest = tables.name(table.name), row_digest(columns, tables.dialect)
    keys = "".join(f"{value_text(each, tables.dialect)} || '|' || " for each in _key(table, columns))
    return tables.query(f"select {keys}'' as row_key, {digest} as digest from {name}")


def _alone(mine: Any, theirs: Any) -> list[str]:
    """Digests of `mine` that `theirs` lacks (or has less often), by key."""
    with duckdb.connect() as scratch:
        scratch.register("mine", mine)
        scratch.register("theirs", theirs)
        return [
            str(row[0])
            for row in scratch.sql(
                """
                select digest
                from (select digest, min(row_key) as row_key, count(*) as copies from mine group by digest) as one
                left join (select digest, count(*) as copies from theirs group by digest) as other using (digest)
                where one.copies > coalesce(other.copies, 0)
                order by row_key, digest
                """
            ).fetchall()
        ]


def _texts(
    table: Published, columns: Sequence[Column], tables: Tables, digests: Sequence[str]
) -> list[dict[str, str]]:
    if not digests:
        return []
    texts = ", ".join(
        f"{value_text(each, tables.dialect)} as {tables.dialect.quote.format(each.name)}" for each in columns
    )
    condition = f"{row_digest(columns, tables.dialect)} in {in_list(digests)}"
    return tables.query(f"select {texts} from {tables.name(table.name)} where {condition}").to_pylist()


def _paired(table: Published, left: list[dict[str, str]], right: list[dict[str, str]]) -> list[str]:
    by_key = {_told_key(table, row): row for row in right}
    lines = []
    for row in left:
        other = by_key.pop(_told_key(table, row), None)
        unequal = [name for name in row if other is not None and row[name] != other[name]]
        told = ", ".join(f"{name} {row[name]} != {other[name]}" for name in unequal) if other else "on DuckDB"
        lines.append(f"{_told_key(table, row)}: {told}")
    return lines + [f"{key}: on Spark" for key in by_key]


def _told_key(table: Published, row: dict[str, str]) -> str:
    return ", ".join(f"{name}={row[name]}" for name in (table.key or list(row)[:2]))


def _key(table: Published, columns: Sequence[Column]) -> list[Column]:
    return [column for column in columns if column.name in table.key]
