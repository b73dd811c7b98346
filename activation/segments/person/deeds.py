"""The rows of one event of one profile, cut into the occurrences that definitions name."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import accumulate
from operator import or_

from activation.segments.judgement import read_amount, read_property
from activation.segments.person.columns import Column
from activation.segments.person.days import LocalDays
from activation.segments.person.facts import Path, Row
from activation.segments.terms import Comparison, Filter, Kind, Occurrence

#: So many different texts of a property are remembered with what they come to.
MOST_TEXTS = 4_096
#: So many different texts are remembered with the amount that they read as.
MOST_AMOUNTS = 65_536


class Readings:
    """What texts and moments were read as, for all profiles."""

    def __init__(self, zone: str) -> None:
        self.days = LocalDays(zone)
        self.amounts: dict[str | None, int | None] = {}

    def amount(self, text: str | None) -> int | None:
        """In ten-thousandths; remembered."""
        amount = read_quickly(text)
        if len(self.amounts) < MOST_AMOUNTS:
            self.amounts[text] = amount
        return amount


class EventRows:
    """All rows of an event before an instant, oldest first, as columns; each is made when it is first asked for."""

    def __init__(self, rows: Sequence[Row], moments: list[int], readings: Readings) -> None:
        self._rows, self.moments, self._readings = rows, moments, readings
        self._texts: dict[Path, list[str | None]] = {}
        self._amounts: dict[Path, list[int | None]] = {}
        self._days: list[int] = []

    def texts(self, path: Path) -> list[str | None]:
        if path not in self._texts:
            self._texts[path] = [row.texts.get(path) for row in self._rows]
        return self._texts[path]

    def amounts(self, path: Path) -> list[int | None]:
        """In ten-thousandths."""
        if path not in self._amounts:
            known, read = self._readings.amounts, self._readings.amount
            self._amounts[path] = [known[text] if text in known else read(text) for text in self.texts(path)]
        return self._amounts[path]

    def days(self) -> list[int]:
        """Numbers of local days."""
        if not self._days:
            self._days = [self._readings.days.number(each) for each in self.moments]
        return self._days


class Rows:
    """The rows of one occurrence, oldest first: some of an event's (`places`), or all of them."""

    def __init__(self, event: EventRows, places: list[int] | None = None) -> None:
        self._event, self._places = event, places
        self.moments = event.moments if places is None else [event.moments[n] for n in places]
        self._amounts: dict[Path, list[int | None]] = {}
        self._sums: dict[Path, tuple[list[int], list[int]]] = {}

    def bounds(self, start: int | None, end: int | None) -> tuple[int, int]:
        """The first row from moment `start` on (None: at all), and the first from `end` on."""
        first = 0 if start is None else bisect_left(self.moments, start)
        return first, len(self.moments) if end is None else bisect_left(self.moments, end)

    def texts(self, path: Path, start: int, end: int) -> list[str | None]:
        texts = self._event.texts(path)
        return texts[start:end] if self._places is None else [texts[n] for n in self._places[start:end]]

    def days(self, start: int, end: int) -> list[int]:
        days = self._event.days()
        return days[start:end] if self._places is None else [days[n] for n in self._places[start:end]]

    def amounts(self, path: Path) -> list[int | None]:
        if self._places is None:
            return self._event.amounts(path)
        if path not in self._amounts:
            amounts = self._event.amounts(path)
            self._amounts[path] = [amounts[n] for n in self._places]
        return self._amounts[path]

    def sums(self, path: Path, start: int, end: int) -> tuple[int, int]:
        """The sum of the amounts of rows from `start` until `end`, and how many of them have one. The sums up
        to each row are shared by all spans."""
        if path not in self._sums:
            amounts = self.amounts(path)
            counts: list[int] = []
            if None in amounts:
                counts = list(accumulate([each is not None for each in amounts], initial=0))
                amounts = [each or 0 for each in amounts]
            self._sums[path] = list(accumulate(amounts, initial=0)), counts  # type: ignore[arg-type]
        totals, counts = self._sums[path]
        return totals[end] - totals[start], counts[end] - counts[start] if counts else end - start


class EventFilters:
    """Which occurrences of one event a row is of. Each text is read once a kind, and each combination of filters
    that pass is looked up once."""

    def __init__(self, occurrences: Iterable[tuple[int, Occurrence]]) -> None:
        wanted = list(occurrences)
        self._bits: dict[Filter, int] = {}
        by_reading: dict[tuple[Path, Kind], list[tuple[Comparison, int]]] = defaultdict(list)
        for each in sorted({each for _, one in wanted for each in one.filters}, key=repr):
            self._bits[each] = 1 << len(self._bits)
            by_reading[each.keys, each.kind].append((each.comparison, self._bits[each]))
        self._readings: dict[Path, list[tuple[Kind, Column]]] = defaultdict(list)
        for (path, kind), compared in by_reading.items():
            self._readings[path].append((kind, Column(kind, compared)))
        self._passing: dict[Path, dict[str | None, int]] = {path: {} for path in self._readings}
        self._needs = [(sum(self._bits[each] for each in one.filters), number) for number, one in wanted]
        self._of_mask: dict[int, list[int]] = {}

    def cut(self, rows: EventRows) -> dict[int, Rows]:
        """The rows of each occurrence that has any, by its number."""
        if not self._bits:
            return {one: Rows(rows) for _, one in self._needs}
        cut: dict[int, list[int]] = defaultdict(list)
        known = self._of_mask
        for place, mask in enumerate(self._masks(rows)):
            for one in known[mask] if mask in known else self._occurrences(mask):
                cut[one].append(place)
        count = len(rows.moments)
        return {one: Rows(rows, None if len(places) == count else places) for one, places in cut.items()}

    def _masks(self, rows: EventRows) -> Iterable[int]:
        """By row the filters that pass."""
        masks: Iterable[int] = ()
        for path, known in self._passing.items():
            texts = rows.texts(path)
            told = [known[text] if text in known else self._pass(path, text) for text in texts]
            masks = map(or_, masks, told) if masks else told
        return masks

    def _occurrences(self, mask: int) -> list[int]:
        found = [one for needed, one in self._needs if mask & needed == needed]
        if len(self._of_mask) < MOST_TEXTS:
            self._of_mask[mask] = found
        return found

    def _pass(self, path: Path, text: str | None) -> int:
        passing = 0
        for kind, column in self._readings[path]:
            passing |= column.of(read_property(text, kind))
        if len(self._passing[path]) < MOST_TEXTS:
            self._passing[path][text] = passing
        return passing


def read_quickly(text: str | None) -> int | None:
    """As `read_amount`, with a short way for what most amounts look like."""
    if text is None:
        return None
    whole, point, fraction = text.partition(".")
    if whole.isdecimal() and len(whole) <= 13 and text.isascii():
        if not point:
            return int(whole) * 10_000
        if fraction.isdecimal() and len(fraction) <= 4:
            return int(whole + fraction) * _SCALES[len(fraction)]
    return read_amount(text)


_SCALES = (10_000, 1_000, 100, 10, 1)
