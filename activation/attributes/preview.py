"""What a definition comes to before it is saved, over the current snapshot; nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from activation.attributes.evaluation import lay_present
from activation.segments.comparisons import property_text
from activation.segments.computation import (
    KIND,
    AttributeBody,
    ComputedAttribute,
    Laid,
    lay_computed,
    read_attribute,
)
from activation.segments.computation.event_sql import EventSql
from activation.segments.explain import published
from activation.segments.literals import literal, name_literal
from activation.segments.terms import Kind
from activation.segments.world import World, open_world
from kith.definitions import load_definition
from kith.ids import bucket
from kith.settings import Settings

TOP, SAMPLE = 10, 10
ORDERED = ("whole", "amount", "date", "instant")


@dataclass(frozen=True)
class Range:
    """The least, the middle and the greatest value, as text."""

    least: str
    middle: str
    greatest: str


@dataclass(frozen=True)
class Preview:
    """The values of a definition. `events` counts the rows that it looks at, `read` those whose property reads as its
    type; `currencies` are those that amounts were given in, where the definition doesn't choose one."""

    attribute: str
    type: str
    as_of: str
    profiles: int
    with_value: int
    default: str | None
    events: int
    without_property: int
    unreadable: int
    range: Range | None
    top: tuple[tuple[str, int], ...]
    sample: tuple[tuple[str, str], ...]
    currencies: tuple[str, ...]

    @property
    def share(self) -> float:
        return self.with_value / self.profiles if self.profiles else 0.0


def preview(settings: Settings, path: Path) -> Preview:
    """Compute a file for all profiles of the current snapshot."""
    definition = load_definition(path, AttributeBody, kind=KIND)
    with open_world(settings, published(settings)) as world:
        attribute = read_attribute(definition, world.catalogue, world.as_of)
        laid = lay_computed(world.warehouse, [attribute], world.as_of, world.zone)
        lay_present(world, laid)
        values = world.warehouse.rows("SELECT profile_id, value FROM attribute_present")
        events, without, unreadable = _looked_at(world, attribute)
        return Preview(
            attribute=attribute.name,
            type=attribute.type,
            as_of=world.as_of.isoformat(),
            profiles=int(world.warehouse.value("SELECT COUNT(*) FROM memory.main.profiles")),
            with_value=len(values),
            default=attribute.default_text,
            events=events,
            without_property=without,
            unreadable=unreadable,
            range=_range(world, laid, attribute) if attribute.type in ORDERED else None,
            top=_top(world),
            sample=_sample(values),
            currencies=_currencies(world, attribute),
        )


def _looked_at(world: World, attribute: ComputedAttribute) -> tuple[int, int, int]:
    """How many rows count, how many of them lack the property, and of how many it doesn't read as the type."""
    sql = EventSql(attribute.happening.occurrence.event, [attribute], world.as_of, world.zone).witnesses()
    [row] = world.warehouse.rows(
        f"""
        SELECT COUNT(*) AS rows, COUNT(text) AS texts, COUNT(value) AS readable
        FROM ({sql}) AS witnesses WHERE counts
        """
    )
    if not attribute.keys:
        return row["rows"], 0, 0
    return row["rows"], row["rows"] - row["texts"], row["texts"] - row["readable"]


def _range(world: World, laid: Laid, attribute: ComputedAttribute) -> Range | None:
    value = laid.value(attribute)
    zero = f" AND {value} <> 0" if attribute.is_counted else ""
    [row] = world.warehouse.rows(
        f"""
        SELECT MIN({value}) AS least, QUANTILE_DISC({value}, 0.5) AS middle, MAX({value}) AS greatest
        FROM {laid.tables[attribute.name]} WHERE {value} IS NOT NULL{zero}
        """
    )
    return None if row["least"] is None else Range(**{name: str(each) for name, each in row.items()})


def _top(world: World) -> tuple[tuple[str, int], ...]:
    rows = world.warehouse.rows(
        f"""
        SELECT value, COUNT(*) AS profiles FROM attribute_present
        GROUP BY value ORDER BY profiles DESC, value LIMIT {TOP:d}
        """
    )
    return tuple((row["value"], row["profiles"]) for row in rows)


def _sample(values: list[dict[str, Any]]) -> tuple[tuple[str, str], ...]:
    """A few profiles, the same few each time, by a hash of their ids."""
    pairs = [(row["profile_id"], row["value"]) for row in values]
    return tuple(sorted(pairs, key=lambda pair: (bucket(pair[0], "sample"), pair[0]))[:SAMPLE])


def _currencies(world: World, attribute: ComputedAttribute) -> tuple[str, ...]:
    """Amounts are reckoned as they stand: those of several currencies are worth a word."""
    occurrence = attribute.happening.occurrence
    if attribute.type != "amount" or any(each.keys == ("currency",) for each in occurrence.filters):
        return ()
    rows = world.warehouse.rows(
        f"""
        SELECT DISTINCT {property_text(("currency",), "properties")} AS currency FROM events
        WHERE event = {name_literal(occurrence.event)}
            AND effective_at < {literal(world.as_of, Kind.INSTANT)}
        """
    )
    return tuple(sorted(row["currency"] for row in rows if row["currency"]))
