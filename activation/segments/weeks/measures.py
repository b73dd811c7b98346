"""Each measure in a window that moves on: every row is looked at when it comes and when it goes, however many
instants there are.

Whether and when are read off the number of a profile's last row before an instant (or its first one after a
start). The greatest amount is at least so much if there is a row of at least so much. Of what was done on one day
the first row stands for all, wherever an instant cuts the day.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from activation.segments.audience import Bits, pack
from activation.segments.bitsets.measures import (
    Span,
    asks_presence,
    compare_averages,
    rows_between,
)
from activation.segments.bitsets.totals import Totals, counting, summing
from activation.segments.columns.comparing import Truth, compare_numbers
from activation.segments.columns.rows import UNREADABLE, Cut
from activation.segments.judgement import AMOUNT_SCALE
from activation.segments.terms import BehaviourTerm, Comparison
from activation.segments.weeks.lanes import Lane, first_rows, last_rows

Told = Iterator[tuple[int, BehaviourTerm, Bits]]
#: So many pairs of a profile and a text, and so many for a row, have a place each; of more only those that occur.
DENSE, DENSE_A_ROW = 1 << 25, 8


def judge_lane(lane: Lane) -> Told:
    """The bits of every term of a lane at its instant."""
    yield from _MEASURES[lane.measure.word](lane)


def _count(lane: Lane) -> Told:
    asked = {term: asks_presence(term.comparison) for _, term in lane.weeks()}
    if None in asked.values():
        yield from _compared(lane, counting(lane.cut.positions, lane.size), lane.spans)
        return
    for week, last in enumerate(last_rows(lane.cut.positions, lane.spans, lane.size)):
        has = last >= lane.spans[week][0]
        for term in lane.asked[week]:
            yield week, term, pack(has if asked[term] else ~has)


def _days(lane: Lane) -> Told:
    kept = lane.cut.only(_first_of_days(lane))
    yield from _compared(lane, counting(kept.positions, lane.size), lane.spans_in(kept))


def _first_of_days(lane: Lane) -> Truth:
    """Which rows are a profile's first of a local day."""
    cut, start = lane.cut, lane.spans[0][0]
    keep, first = np.zeros(len(cut), bool), np.empty(lane.size, np.int32)
    if start == len(cut):
        return keep
    midnights = lane.instants[-1].midnights(int(cut.moments[start]))
    places = cut.places(np.searchsorted(cut.rows.moments, midnights, "left"))
    bounds = np.unique(np.clip([start, *places, len(cut)], start, None)).tolist()
    for low, high in itertools.pairwise(bounds):
        positions, numbers = cut.positions[low:high], np.arange(low, high, dtype=np.int32)
        first[positions[::-1]] = numbers[::-1]
        np.equal(first[positions], numbers, out=keep[low:high])
    return keep


def _distinct(lane: Lane) -> Told:
    """How many texts a profile's rows bear: those of which the last row before the end isn't before the start."""
    slots, owner = _slots(lane)
    known = np.flatnonzero(slots >= 0).astype(np.int32)
    last, done = np.full(len(owner) if owner is not None else _width(lane) * lane.size, -1, np.int32), 0
    for week, (start, end) in enumerate(lane.spans):
        low, high = np.searchsorted(known, [done, end], "left")
        last[slots[known[low:high]]] = known[low:high]
        done = max(done, end)
        counts = _counts(last >= start, owner, lane.size)
        for term in lane.asked[week]:
            yield week, term, pack(compare_numbers(counts, term.comparison))


def _width(lane: Lane) -> int:
    return len(lane.cut.rows.texts[lane.measure.keys].distinct.texts)


def _slots(lane: Lane) -> tuple[NDArray[np.int64], NDArray[np.int64] | None]:
    """By row the place of its profile and text, -1 without one; and whose each place is, where they aren't in
    order of texts and then of profiles."""
    codes, width = lane.cut.codes(lane.measure.keys).astype(np.int64), _width(lane)
    if width * lane.size <= min(DENSE, DENSE_A_ROW * len(codes)):
        return np.where(codes > 0, (codes - 1) * lane.size + lane.cut.positions, -1), None
    pairs = lane.cut.positions.astype(np.int64) * (width + 1) + codes
    coded = pa.array(pairs, mask=codes == 0).dictionary_encode()
    slots = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return slots, coded.dictionary.to_numpy() // (width + 1)


def _counts(seen: Truth, owner: NDArray[np.int64] | None, size: int) -> NDArray[np.int64]:
    if owner is not None:
        return np.bincount(owner[seen], minlength=size)
    counts = np.zeros(size, np.int32)
    for text in seen.reshape(-1, max(size, 1)):
        counts += text
    return counts.astype(np.int64)


def _first(lane: Lane) -> Told:
    for week, first in first_rows(lane.cut.positions, lane.spans, lane.size):
        for term in lane.asked[week]:
            low, high = rows_between(lane.cut, term.comparison)
            yield week, term, pack((first >= low) & (first < min(high, lane.spans[week][1])))


def _latest(lane: Lane) -> Told:
    for week, last in enumerate(last_rows(lane.cut.positions, lane.spans, lane.size)):
        for term in lane.asked[week]:
            low, high = rows_between(lane.cut, term.comparison)
            yield week, term, pack((last >= max(low, lane.spans[week][0])) & (last < high))


def _sum(lane: Lane) -> Told:
    readable, amounts = _amounts(lane)
    totals = summing(readable.positions, amounts, lane.size)
    yield from _compared(lane, totals, lane.spans_in(readable), AMOUNT_SCALE)


def _average(lane: Lane) -> Told:
    readable, amounts = _amounts(lane)
    spans = lane.spans_in(readable)
    sums = summing(readable.positions, amounts, lane.size).moving(spans)
    counts = counting(readable.positions, lane.size).moving(spans)
    for week, (total, count) in enumerate(zip(sums, counts, strict=True)):
        for term in lane.asked[week]:
            yield week, term, pack(compare_averages(total, count, term.comparison))


def _extreme(lane: Lane) -> Told:
    """Of a least amount the opposite is the greatest of the opposite amounts."""
    readable, amounts = _amounts(lane)
    sign = 1 if lane.measure.word == "maximum" else -1
    wanted = {term: _bounds(term.comparison, sign) for _, term in lane.weeks()}
    levels = {each for bounds in wanted.values() for each in bounds}
    present = {each: _present(lane, readable, amounts * sign, each) for each in levels}
    for week, terms in enumerate(lane.asked):
        reached = {level: next(each) for level, each in present.items()}
        for term in terms:
            least, beyond = wanted[term]
            yield week, term, pack(reached[least] & ~reached[beyond])


def _present(
    lane: Lane, readable: Cut, amounts: NDArray[np.int64], level: int | float | None
) -> Iterator[Truth]:
    """By instant, who has a row of at least so much (None: of whatever amount; infinite: nobody)."""
    if level == np.inf:
        return iter([np.zeros(lane.size, bool)] * len(lane.instants))
    cut = readable if level is None else readable.only(amounts >= level)
    spans = lane.spans_in(cut)
    lasts = last_rows(cut.positions, spans, lane.size)
    return (last >= start for last, (start, _) in zip(lasts, spans, strict=True))


def _bounds(comparison: Comparison, sign: int) -> tuple[int | float | None, int | float | None]:
    """The greatest amount compares if a row reaches the first bound and none reaches the second."""
    low, high, operator = None, None, comparison.operator
    operands = [Decimal(str(each)) * AMOUNT_SCALE * sign for each in comparison.operands][::sign]
    if sign < 0:
        operator = _OPPOSITE[operator]
    if operator in ("at_least", "between"):
        low = int(operands[0].to_integral_value(ROUND_CEILING))
    elif operator == "greater":
        low = int(operands[0].to_integral_value(ROUND_FLOOR)) + 1
    if operator in ("at_most", "between"):
        high = int(operands[-1].to_integral_value(ROUND_FLOOR)) + 1
    elif operator == "less":
        high = int(operands[-1].to_integral_value(ROUND_CEILING))
    return low, np.inf if high is None else high


_OPPOSITE = {
    "at_least": "at_most", "at_most": "at_least", "greater": "less", "less": "greater", "between": "between"
}  # fmt: skip


def _amounts(lane: Lane) -> tuple[Cut, NDArray[np.int64]]:
    """The rows whose property reads as an amount, and the amounts."""
    amounts = lane.cut.amounts(lane.measure.keys)
    readable = amounts != UNREADABLE
    return (lane.cut, amounts) if readable.all() else (lane.cut.only(readable), amounts[readable])


def _compared(lane: Lane, totals: Totals, spans: list[Span], scale: int = 1) -> Told:
    for week, total in enumerate(totals.moving(spans)):
        for term in lane.asked[week]:
            yield week, term, pack(compare_numbers(total, term.comparison, scale))


_MEASURES: Mapping[str, Callable[[Lane], Any]] = {
    "count": _count, "days": _days, "distinct": _distinct, "first": _first, "last": _latest,
    "sum": _sum, "average": _average, "minimum": _extreme, "maximum": _extreme,
}  # fmt: skip
