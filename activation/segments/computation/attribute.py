"""A computed attribute as engines see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from activation.segments.terms import Happening, Kind, Operand
from kith.times import to_utc_naive

#: Of no events these are 0; every other measure is missing then, and its default stands in.
COUNTED = ("count", "days", "distinct", "sum")

#: An amount is a decimal of four fractional digits, as money is kept everywhere.
KINDS: dict[str, Kind] = {
    "text": Kind.TEXT,
    "whole": Kind.WHOLE,
    "amount": Kind.DECIMAL,
    "boolean": Kind.BOOLEAN,
    "date": Kind.DATE,
    "instant": Kind.INSTANT,
}

SQL_TYPES: dict[str, str] = {
    "text": "VARCHAR",
    "whole": "BIGINT",
    "amount": "DECIMAL(18, 4)",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "instant": "TIMESTAMP",
}


@dataclass(frozen=True)
class ComputedAttribute:
    """`measure` of the events of `happening`, over the property at `keys` where it has one.

    `type` is one of those of `KINDS`. `default` is of that type; None where nothing stands in for a missing value.
    """

    name: str
    version: str
    type: str
    happening: Happening
    measure: str
    keys: tuple[str, ...] = ()
    default: Operand | None = None

    @property
    def kind(self) -> Kind:
        return KINDS[self.type]

    @property
    def is_counted(self) -> bool:
        return self.measure in COUNTED

    @property
    def default_text(self) -> str | None:
        """What somebody without such events has, as the lake keeps values; None: nothing."""
        if self.is_counted:
            return f"{Decimal(0):.4f}" if self.type == "amount" else "0"
        match self.default:
            case None:
                return None
            case bool():
                return str(self.default).lower()
            case Decimal():
                return f"{self.default:.4f}"
            case datetime():
                return f"{to_utc_naive(self.default):%Y-%m-%d %H:%M:%S.%f}"
        return str(self.default)
