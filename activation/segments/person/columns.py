"""Values of one kind against all comparisons that any definition makes with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from activation.segments.judgement import judge, month_and_day
from activation.segments.person.cells import ORDERED, Cells
from activation.segments.terms import Comparison, Kind

#: A set beyond this is asked as one; a cell for each of its values would cost memory.
LARGE_SET = 64
MOST_VALUES = 4_096


class Column:
    """`of(value)` has the bit of each comparison that holds; None is a missing value.

    A window up to the instant of compiling (`now`) is taken as one without an end: see `future`.
    """

    __slots__ = ("_cells", "_days", "_known", "_missing", "_others", "_remembered", "_windows")

    def __init__(
        self, kind: Kind, compared: Iterable[tuple[Comparison, int]], now: datetime | None = None
    ) -> None:
        self._known = self._missing = self._windows = 0
        ordered: list[tuple[Comparison, int]] = []
        self._others: list[tuple[Callable[[Any], bool], int]] = []
        self._days: dict[int, int] = defaultdict(int)
        for given, bit in compared:
            comparison = _typed(given, kind)
            if comparison.operator == "missing":
                self._missing |= bit if comparison.operands[0] else 0
                self._known |= 0 if comparison.operands[0] else bit
            elif comparison.operator == "from_until" and comparison.operands[1] == now:
                self._windows |= bit
                ordered.append((Comparison("at_least", comparison.operands[:1]), bit))
            elif comparison.operator in ORDERED and len(comparison.operands) <= LARGE_SET:
                ordered.append((comparison, bit))
            elif comparison.operator == "anniversary":
                for day in comparison.operands:
                    self._days[int(str(day))] |= bit
            else:
                self._others.append((_predicate(comparison), bit))
        self._cells = Cells(ordered)
        self._remembered: dict[Any, int] = {}

    def of(self, value: Any) -> int:
        if value is None:
            return self._missing
        if not self._others:
            found = self._known | self._cells.of(value)
            return found | self._days.get(month_and_day(value), 0) if self._days else found
        found = self._remembered.get(value)
        return self._look(value) if found is None else found

    def _look(self, value: Any) -> int:
        """Of a text: what each of the other comparisons says, remembered for so many values."""
        found = self._known | self._cells.of(value)
        for holds, bit in self._others:
            if holds(value):
                found |= bit
        if len(self._remembered) < MOST_VALUES:
            self._remembered[value] = found
        return found

    def at(self, value: Any, now: datetime) -> int:
        """As `of`, of an instant: what is not before `now` is in no window that ends with it."""
        found = self.of(value)
        return found & ~self._windows if value is not None and value >= now else found


def _typed(comparison: Comparison, kind: Kind) -> Comparison:
    """Operands as the floats that they are compared with."""
    if kind is not Kind.REAL or comparison.operator == "missing":
        return comparison
    return Comparison(comparison.operator, tuple(float(str(each)) for each in comparison.operands))


def _predicate(comparison: Comparison) -> Callable[[Any], bool]:
    return lambda value: judge(value, comparison)
