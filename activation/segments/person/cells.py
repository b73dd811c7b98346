"""Many comparisons of one value, answered by one search.

The operands of all comparisons, sorted, cut the values into cells: each operand is one, and each space between
two is one. Within a cell every comparison has one answer, so a value's answers are a single integer, with a
bit for each comparison that holds, found by bisection.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from activation.segments.terms import Comparison

Bit = int
Compared = Iterable[tuple[Comparison, Bit]]


class Cells:
    """Ordered values against comparisons: equality, order and sets."""

    __slots__ = ("_keys", "_masks")

    def __init__(self, compared: Compared) -> None:
        given = list(compared)
        self._keys: list[Any] = sorted({operand for each, _ in given for operand in each.operands})
        place = {key: 2 * number + 1 for number, key in enumerate(self._keys)}
        toggles: dict[int, int] = defaultdict(int)
        for comparison, bit in given:
            for start, end in _ranges(comparison.operator, [place[each] for each in comparison.operands]):
                toggles[start] ^= bit
                toggles[end] ^= bit
        mask, self._masks = 0, list[int]()
        for cell in range(2 * len(self._keys) + 1):
            mask ^= toggles.get(cell, 0)
            self._masks.append(mask)

    def of(self, value: Any) -> int:
        """The bits of the comparisons that hold of a value."""
        keys = self._keys
        place = bisect_left(keys, value)
        return self._masks[2 * place + (place < len(keys) and keys[place] == value)]

    def after(self, value: int) -> int:
        """The bits that hold strictly between a whole number and the next; the operands are whole as well."""
        return self._masks[2 * bisect_left(self._keys, value + 1)]


ALL = 1 << 62

_RANGES: dict[str, Callable[[Sequence[int]], list[tuple[int, int]]]] = {
    "is": lambda at: [(at[0], at[0] + 1)],
    "in": lambda at: [(each, each + 1) for each in dict.fromkeys(at)],
    "greater": lambda at: [(at[0] + 1, ALL)],
    "less": lambda at: [(0, at[0])],
    "at_least": lambda at: [(at[0], ALL)],
    "at_most": lambda at: [(0, at[0] + 1)],
    "between": lambda at: [(at[0], at[1] + 1)],
    "from_until": lambda at: [(at[0], at[1])],
}
ORDERED = frozenset({*_RANGES, "is_not", "not_in"})


def _ranges(operator: str, at: Sequence[int]) -> list[tuple[int, int]]:
    """The cells in which a comparison holds, given those of its operands, as ranges without their ends."""
    if operator in ("is_not", "not_in"):
        return [(0, ALL), *_RANGES["in"](at)]
    return [(start, end) for start, end in _RANGES[operator](at) if start < end]
