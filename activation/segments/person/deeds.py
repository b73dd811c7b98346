"""The rows of one event of one profile, cut into the occurrences that definitions name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from activation.segments.judgement import read_amount, read_property
from activation.segments.person.columns import Column
from activation.segments.person.facts import Path, Row
from activation.segments.terms import Comparison, Filter, Kind, Occurrence

#: So many different texts of a property are remembered with the filters that they pass.
MOST_TEXTS = 4_096


class Rows:
    """Rows of one occurrence, oldest first. What is derived of them is found when it is first asked for."""

    def __init__(self, rows: Sequence[Row], moments: list[int]) -> None:
        self.rows, self.moments = rows, moments
        self._amounts: dict[Path, list[int | None]] = {}

    def texts(self, path: Path, start: int, end: int) -> list[str | None]:
        return [row.texts.get(path) for row in self.rows[start:end]]

    def amounts(self, path: Path) -> list[int | None]:
        """By row, in ten-thousandths."""
        if path not in self._amounts:
            self._amounts[path] = [_amount(row.texts.get(path)) for row in self.rows]
        return self._amounts[path]


class EventFilters:
    """Which occurrences of one event a row is of. Each text is read once a kind, and each combination of filters
    that pass is looked up once."""

    def __init__(self, occurrences: Iterable[tuple[int, Occurrence]]) -> None:
        self._bits: dict[Filter, int] = {}
        by_reading: dict[tuple[Path, Kind], list[tuple[Comparison, int]]] = defaultdict(list)
        wanted = list(occurrences)
        for each in sorted({each for _, one in wanted for each in one.filters}, key=repr):
            self._bits[each] = 1 << len(self._bits)
            by_reading[each.keys, each.kind].append((each.comparison, self._bits[each]))
        self._readings: dict[Path, list[tuple[Kind, Column]]] = defaultdict(list)
        for (path, kind), compared in by_reading.items():
            self._readings[path].append((kind, Column(kind, compared)))
        self._passing: dict[Path, dict[str | None, int]] = {path: {} for path in self._readings}
        self._needs = [(sum(self._bits[each] for each in one.filters), number) for number, one in wanted]
        self._of_mask: dict[int, list[int]] = {}

    def cut(self, rows: Sequence[Row], moments: list[int]) -> dict[int, Rows]:
        """The rows of each occurrence that has any, by its number."""
        if not self._bits:
            return {one: Rows(rows, moments) for _, one in self._needs}
        cut: dict[int, list[int]] = defaultdict(list)
        for place, row in enumerate(rows):
            for one in self._occurrences(row):
                cut[one].append(place)
        return {
            one: Rows([rows[n] for n in places], [moments[n] for n in places]) for one, places in cut.items()
        }

    def _occurrences(self, row: Row) -> list[int]:
        mask, texts = 0, row.texts
        for path, known in self._passing.items():
            text = texts.get(path)
            passing = known.get(text)
            mask |= self._pass(path, text) if passing is None else passing
        found = self._of_mask.get(mask)
        if found is None:
            found = [one for needed, one in self._needs if mask & needed == needed]
            if len(self._of_mask) < MOST_TEXTS:
                self._of_mask[mask] = found
        return found

    def _pass(self, path: Path, text: str | None) -> int:
        passing = 0
        for kind, column in self._readings[path]:
            passing |= column.of(read_property(text, kind))
        known = self._passing[path]
        if len(known) < MOST_TEXTS:
            known[text] = passing
        return passing


def _amount(text: str | None) -> int | None:
    """As `read_amount`, with a short way for what most amounts look like."""
    if text is None or not text.isascii():
        return None
    whole, point, fraction = text.partition(".")
    if (
        whole.isdigit()
        and len(whole) <= 13
        and (fraction.isdigit() and len(fraction) <= 4 if point else True)
    ):
        return int(whole + fraction) * 10 ** (4 - len(fraction))
    return read_amount(text)
