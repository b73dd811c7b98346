"""A population whose columns are read once for a snapshot, and from then on mapped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from activation.segments.asked_attributes import lay_attributes
from activation.segments.audience import Bits, pack, unpack
from activation.segments.columns.column import Column
from activation.segments.columns.population import Population, read_population
from activation.segments.store.kept_columns import KeptColumns
from activation.segments.terms import Kind
from activation.segments.world import Relations, World, list_names

Truth = NDArray[np.bool]
SALT = "sample"
LISTS = ("list names",)


@dataclass
class KeptPopulation(Population):
    """Answers what the population would; of the world a relation is asked for only where a column isn't kept yet."""

    kept: KeptColumns = field(default_factory=lambda: KeptColumns(None))

    @cached_property
    def _read(self) -> Population:
        """The profiles as they are published."""
        return read_population(self.world)

    def attribute(self, name: str, kind: Kind) -> Column:
        computed = self.world.computed.get(name)
        version = computed.version if computed else ""
        return self.kept.column(("attribute", name, kind, version), lambda: self._attribute(name, kind))

    def _attribute(self, name: str, kind: Kind) -> Column:
        lay_attributes(self.world, {name} & self.world.computed.keys())
        return self._read.attribute(name, kind)

    def scores(self, model: str) -> Column:
        return self.kept.column(("scores", model), lambda: self._read.scores(model))

    def consent(self, purpose: str, channel: str) -> Column:
        return self.kept.column(("consent", purpose, channel), lambda: self._read.consent(purpose, channel))

    def consented_channels(self, purpose: str) -> list[str]:
        """The channels on which anybody agreed, by name."""
        return self.kept.texts(("channels", purpose), lambda: self._consented(purpose)).to_pylist()

    def _consented(self, purpose: str) -> pa.Array:
        sql = "SELECT DISTINCT channel FROM consents_at WHERE purpose = ? AND is_granted ORDER BY channel"
        return self.world.warehouse.arrow(sql, [purpose])["channel"].cast(pa.string()).combine_chunks()

    def lists(self, names: list[str]) -> Iterator[tuple[str, Truth]]:
        every = self.world.catalogue.lists
        for name in names:
            yield name, unpack(self.listed()[every.index(name)], self.size)

    def listed(self) -> NDArray[np.uint8]:
        """The bits of all lists, which are read together: what they hold is found together."""
        return self.kept.array(("lists",), lambda: self._lists(self.world.catalogue.lists))

    def _lists(self, names: tuple[str, ...]) -> NDArray[np.uint8]:
        found = np.zeros((len(names), -(-self.size // 8)), np.uint8)
        for row, (_, truth) in zip(found, self._read.lists(list(names)), strict=True):
            row[:] = pack(truth)
        return found

    def analyst_members(self, name: str) -> Truth:
        bits = self.kept.array(("analyst", name), lambda: pack(self._read.analyst_members(name)))
        return unpack(bits, self.size)

    def buckets(self, salt: str) -> NDArray[np.int64]:
        return self.kept.array(("buckets", salt), lambda: self._read.buckets(salt))

    def in_chance_order(self) -> NDArray[np.int32]:
        """All positions in the order of their buckets, the same each time."""
        return self.kept.array(
            ("in chance order",),
            lambda: np.argsort(self._read.buckets(SALT), kind="stable").astype(np.int32),
        )

    def some_of(self, bits: Bits, count: int) -> pa.Array:
        """The ids of a few members, the same few each time."""
        order = self.in_chance_order()
        return self.ids.take(pa.array(order[unpack(bits, self.size)[order]][:count]))


def kept_population(world: World, kept: KeptColumns) -> KeptPopulation:
    """The population of a world."""
    ids = kept.texts(("ids",), lambda: read_population(world).ids)
    return KeptPopulation(world, ids, kept=kept)


def kept_list_names(kept: KeptColumns, relations: Relations) -> tuple[str, ...]:
    """The lists that there are, known without a warehouse once they were read."""
    return tuple(kept.texts(LISTS, lambda: pa.array(list_names(relations), pa.string())).to_pylist())
