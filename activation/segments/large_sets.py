"""Sets of many values as tables of their own: a list of a hundred thousand behind IN takes an engine minutes
where it is not free to hash it; joined, it takes half a second."""

from __future__ import annotations

from dataclasses import dataclass, field

from activation.segments.dialects import DUCKDB, Dialect
from activation.segments.literals import DECIMAL_TYPE, literal
from activation.segments.terms import Comparison, Kind

MANY = 200
_TYPES = {Kind.WHOLE: "BIGINT", Kind.DECIMAL: DECIMAL_TYPE, Kind.DATE: "DATE"}


def is_large(comparison: Comparison | None) -> bool:
    """Whether a comparison is with a set of many values."""
    return (
        comparison is not None and comparison.operator in ("in", "not_in") and len(comparison.operands) > MANY
    )


@dataclass
class LargeSets:
    """The large sets of one relation: each a table of distinct values, joined to what is compared with them."""

    prefix: str
    dialect: Dialect = DUCKDB
    tables: dict[tuple[str, Kind, Comparison], str] = field(default_factory=dict)

    def truth(self, value: str, comparison: Comparison, kind: Kind) -> str:
        """SQL for "the value is in the set" (or is not): true, false or null. The set is joined from then on."""
        key = (value, kind, Comparison("in", comparison.operands))
        table = self.tables.setdefault(key, f"{self.prefix}_{len(self.tables)}")
        if comparison.operator == "in":
            return f"{table}.value IS NOT NULL"
        return f"({value} IS NOT NULL AND {table}.value IS NULL)"

    def layers(self) -> list[str]:
        """A common table expression for each set."""
        return [self._layer(table, kind, each) for (_, kind, each), table in self.tables.items()]

    def joins(self) -> list[str]:
        """Each set beside the value that is looked up in it; one row at most, so no row is made twice."""
        return [f"LEFT JOIN {table} ON {value} = {table}.value" for (value, *_), table in self.tables.items()]

    def _layer(self, table: str, kind: Kind, each: Comparison) -> str:
        values = "), (".join(self._text(operand, kind) for operand in each.operands)
        value = "value" if kind is Kind.TEXT else f"CAST(value AS {_TYPES[kind]})"
        return f"""{table} AS (
    SELECT DISTINCT {value} AS value
    FROM (VALUES ({values})) AS listed (value)
)"""

    def _text(self, operand: object, kind: Kind) -> str:
        """A cast once around all of them is told and read faster than one around each."""
        if kind is Kind.TEXT and isinstance(operand, str):
            return literal(operand, kind, self.dialect)
        return f"'{operand:f}'" if kind is Kind.DECIMAL else f"'{operand}'"
