"""What people ask: names as they type them, resolved against a catalogue before anything is compiled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from kith.errors import KithError, UsageError
from kith.metrics.catalogue import TIME, Catalogue, Metric, ways_out
from kith.metrics.columns import GRAINS, Column, answer_sql, short
from kith.metrics.compiler import Compiler
from kith.warehouse import quote


@dataclass(frozen=True)
class Question:
    """Metrics by columns, of days (`first` and `last` count), where conditions hold."""

    metrics: tuple[str, ...]
    columns: tuple[Column, ...]
    where: str = ""
    first: date | None = None
    last: date | None = None
    order: tuple[str, ...] = ()
    limit: int | None = None

    def sql(self, compiler: Compiler) -> str:
        """SQL over a snapshot's views."""
        asked = [column.asked for column in self.columns]
        inner = compiler.sql(self.metrics, asked, [self.where] if self.where else [], self.first, self.last)
        return answer_sql(inner, self.columns, self.metrics, self._ordered(), self.limit)

    def _ordered(self) -> list[str]:
        known = [*(column.name for column in self.columns), *self.metrics]
        for name in self.order:
            if name.removeprefix("-") not in known:
                raise UsageError(
                    f"the answer has no column {name.removeprefix('-')} to order by",
                    expected=", ".join(known),
                )
        return [
            f"{quote(name.removeprefix('-'))} {'DESC' if name.startswith('-') else 'ASC'} NULLS LAST"
            for name in self.order
        ]


class Names:
    """The dimensions that some metrics share, by the names that people may use for them."""

    def __init__(self, catalogue: Catalogue, metrics: Sequence[str]) -> None:
        self.metrics: list[Metric] = [catalogue.metric(name) for name in metrics]
        if not self.metrics:
            raise UsageError("no metric was named", way_out="'kith metrics list' lists them")
        self.times = set(catalogue.times)
        self.shared = sorted(set.intersection(*(set(metric.dimensions) for metric in self.metrics)))

    def columns(self, by: Sequence[str], grain: str | None) -> tuple[Column, ...]:
        """The columns of the answer: what was asked for, the period, and the currency that money needs."""
        asked = [self.column(name, grain) for name in by]
        if grain and not any(column.dimension == TIME for column in asked):
            asked.insert(0, Column(TIME, grain))
        for metric in self.metrics:
            asked += [Column(each) for each in metric.currencies if Column(each) not in asked]
            if metric.needs_time and not any(column.dimension == TIME for column in asked):
                raise UsageError(f"{metric.name} looks back from a day", way_out="add --by day")
        self._refuse_unshared(asked)
        return tuple(dict.fromkeys(asked))

    def column(self, name: str, grain: str | None = None) -> Column:
        """One name: `currency`, `order__currency`, `month`, `metric_time`, `first_order_at__month`."""
        if name in GRAINS:
            return Column(TIME, name)
        stem, _, last = name.rpartition("__")
        dimension = self.dimension(stem if last in GRAINS and stem else name)
        if dimension not in self.times:
            return Column(dimension)
        chosen = last if last in GRAINS and stem else (grain if dimension == TIME else None)
        return Column(dimension, chosen or "day")

    def dimension(self, name: str) -> str:
        """The full name of a dimension."""
        if name in self.shared:
            return name
        found = [each for each in self.shared if short(each) == name]
        if len(found) == 1:
            return found[0]
        if found:
            raise UsageError(f"{name} is ambiguous", expected=" or ".join(found))
        asked = ", ".join(metric.name for metric in self.metrics)
        known = [short(each) for each in self.shared if each != TIME]
        told = ways_out(name, known, f"kith metrics list {asked}")
        raise KithError(f"{asked} can't be told by {name}", **{"expected": ", ".join(known), **told})

    def _refuse_unshared(self, columns: Sequence[Column]) -> None:
        for column in columns:
            for metric in self.metrics:
                if column.dimension not in metric.dimensions:
                    owner = next(each.name for each in self.metrics if column.dimension in each.currencies)
                    raise KithError(
                        f"{owner} is money, told by {column.dimension}, and {metric.name} can't be told by that",
                        way_out="ask for them one after the other",
                    )
