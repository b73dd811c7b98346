"""How a dimension is spelled: to MetricFlow, in a query, and as a column of the answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kith.errors import KithError
from kith.metrics.catalogue import TIME
from kith.warehouse import quote

GRAINS = ("day", "week", "month", "quarter", "year")
_SAVED = re.compile(r"^(?:Time)?Dimension\(\s*['\"](\w+)['\"]\s*(?:,\s*['\"](\w+)['\"]\s*)?\)$")


@dataclass(frozen=True)
class Column:
    """A dimension by which an answer is told, at a grain if it is a time."""

    dimension: str
    grain: str = ""

    @property
    def asked(self) -> str:
        """As MetricFlow takes it and names it: `order__currency`, `metric_time__month`."""
        return f"{self.dimension}__{self.grain}" if self.grain else self.dimension

    @property
    def name(self) -> str:
        """As people read it: `currency`, `month`, `first_order_at_month`."""
        if self.dimension == TIME:
            return self.grain
        return f"{short(self.dimension)}_{self.grain}" if self.grain else short(self.dimension)


def short(dimension: str) -> str:
    """`order__currency` → `currency`."""
    return dimension.rsplit("__", 1)[-1]


def parse_saved(group_by: Sequence[str]) -> tuple[Column, ...]:
    """`["TimeDimension('metric_time', 'day')", "Dimension('order__currency')"]` as columns."""
    return tuple(_parse(text) for text in group_by)


def _parse(text: str) -> Column:
    match = _SAVED.match(text.strip())
    if match is None:
        raise KithError(
            f"group_by {text!r} is not understood",
            expected="Dimension('order__currency') or TimeDimension('metric_time', 'day')",
        )
    dimension, grain = match[1], match[2] or ""
    return Column(dimension, grain or ("day" if dimension == TIME else ""))


def answer_sql(
    sql: str,
    columns: Sequence[Column],
    metrics: Sequence[str],
    order: Sequence[str] = (),
    limit: int | None = None,
) -> str:
    """MetricFlow's SQL with columns as people read them: days as dates, in the order asked for, else by the columns."""
    told = [f"{_expression(column)} AS {quote(column.name)}" for column in columns]
    selected = ",\n  ".join([*told, *(quote(metric) for metric in metrics)])
    ordered = order or [f"{quote(column.name)} NULLS LAST" for column in columns]
    tail = f"\nORDER BY {', '.join(ordered)}" if ordered else ""
    tail += f"\nLIMIT {limit}" if limit is not None else ""
    return f"SELECT\n  {selected}\nFROM (\n{sql}\n) AS told{tail}"


def _expression(column: Column) -> str:
    return f"CAST({quote(column.asked)} AS DATE)" if column.grain else quote(column.asked)
