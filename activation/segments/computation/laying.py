"""Computed attributes as columns of `profiles`, for everybody at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from activation.segments.computation.attribute import SQL_TYPES, ComputedAttribute
from activation.segments.computation.event_sql import EventSql
from kith.warehouse import Warehouse, literal, quote


@dataclass(frozen=True)
class Laid:
    """Where the values stand: by attribute its table (profile_id and a column of the attribute's name).

    Who isn't in the table has no rows of the event. A value may be missing; defaults are not applied.
    """

    attributes: tuple[ComputedAttribute, ...]
    tables: Mapping[str, str]

    def value(self, attribute: ComputedAttribute) -> str:
        """The value, missing where there is none."""
        return f"CAST({self.tables[attribute.name]}.{quote(attribute.name)} AS {SQL_TYPES[attribute.type]})"

    def filled(self, attribute: ComputedAttribute) -> str:
        """The value, or what stands in for it."""
        default = default_literal(attribute)
        return self.value(attribute) if default is None else f"COALESCE({self.value(attribute)}, {default})"

    def joins(self, profiles: str) -> str:
        """Every table joined to a relation of profiles."""
        return "".join(
            f"\nLEFT JOIN {table} ON {profiles}.profile_id = {table}.profile_id"
            for table in dict.fromkeys(self.tables.values())
        )


def lay_computed(
    warehouse: Warehouse, attributes: Iterable[ComputedAttribute], as_of: datetime, zone: str
) -> Laid:
    """Compute from the relation `events` into temporary tables: one pass over the rows of each event."""
    attributes = tuple(attributes)
    by_event: dict[str, list[ComputedAttribute]] = {}
    for each in attributes:
        by_event.setdefault(each.happening.occurrence.event, []).append(each)
    tables = {}
    for number, (event, mine) in enumerate(sorted(by_event.items())):
        table = f"computed_{number}"
        select = EventSql(event, mine, as_of, zone).select()
        warehouse.connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {select}")
        tables |= {each.name: table for each in mine}
    return Laid(attributes, tables)


def widen_profiles(warehouse: Warehouse, laid: Laid) -> None:
    """Make them columns of the relation `profiles`, defaults applied; done again it replaces what it laid."""
    columns = "".join(f", {laid.filled(each)} AS {quote(each.name)}" for each in laid.attributes)
    warehouse.connection.execute(
        f"CREATE OR REPLACE TEMP VIEW profiles AS SELECT published.*{columns}"
        f"\nFROM memory.main.profiles AS published{laid.joins('published')}"
    )


def default_literal(attribute: ComputedAttribute) -> str | None:
    """What stands in for a missing value, as SQL; None where nothing does."""
    text = attribute.default_text
    return None if text is None else f"CAST({literal(text)} AS {SQL_TYPES[attribute.type]})"
