"""A computed attribute as engines see it."""

from __future__ import annotations

from dataclasses import dataclass

from activation.segments.terms import Happening, Kind, Operand

#: Of no events these are 0; every other measure is missing then, and its default stands in.
COUNTED = ("count", "days", "distinct", "sum")


@dataclass(frozen=True)
class ComputedAttribute:
    """`measure` of the events of `happening`, over the property at `keys` where it has one.

    `kind` is one of TEXT, WHOLE, DECIMAL (of four fractional digits), BOOLEAN, DATE, INSTANT. `default` is of
    that kind; None where nothing stands in for a missing value.
    """

    name: str
    version: str
    kind: Kind
    happening: Happening
    measure: str
    keys: tuple[str, ...] = ()
    default: Operand | None = None

    @property
    def is_counted(self) -> bool:
        return self.measure in COUNTED
