"""What one profile did, measured."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any

from activation.segments.judgement import AMOUNT_SCALE, judge, passes, read_amount
from activation.segments.terms import BehaviourTerm, Comparison, Filter, Occurrence, RecentTerm, SequenceTerm
from activation.segments.windows import window_start
from kith.times import local_day

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)
Span = tuple[int | None, int]


@dataclass(frozen=True)
class Row:
    """One event: its moment in microseconds since 1970, and the texts of its properties by path."""

    moment: int
    texts: Mapping[tuple[str, ...], str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Window:
    """Local days of the workspace, seen from an instant."""

    as_of: datetime
    zone: str

    def start(self, days: int | None) -> int | None:
        return None if days is None else (window_start(self.as_of, days, self.zone) - EPOCH) // TICK

    def end(self, until: int | None) -> int:
        moment = self.as_of if until is None else min(self.as_of, window_start(self.as_of, until, self.zone))
        return (moment - EPOCH) // TICK

    def day(self, moment: int) -> date:
        return local_day(EPOCH + moment * TICK, self.zone)


@dataclass(frozen=True)
class Rows:
    """The rows of one occurrence, oldest first."""

    rows: Sequence[Row]

    @cached_property
    def moments(self) -> list[int]:
        return [each.moment for each in self.rows]

    def within(self, span: Span) -> Sequence[Row]:
        start = 0 if span[0] is None else bisect_left(self.moments, span[0])
        return self.rows[start : bisect_left(self.moments, span[1])]


class OneBehaviour:
    """Rows by event; each occurrence is cut once."""

    def __init__(self, rows: Mapping[str, Sequence[Row]]) -> None:
        self._events = rows
        self._cut: dict[Occurrence, Rows] = {}

    def measures(self, term: BehaviourTerm, span: Span, comparison: Comparison, window: Window) -> bool:
        """Whether the measure of the rows in the span compares."""
        rows, measure = self._rows(term.happening.occurrence).within(span), term.measure
        match measure.word:
            case "count":
                return judge(len(rows), comparison)
            case "days":
                return judge(len({window.day(each.moment) for each in rows}), comparison)
            case "distinct":
                texts = {text for each in rows if (text := each.texts.get(measure.keys)) is not None}
                return judge(len(texts), comparison)
            case "first" | "last" as word:
                return bool(rows) and judge(
                    EPOCH + rows[0 if word == "first" else -1].moment * TICK, comparison
                )
        amounts = [
            amount for each in rows if (amount := read_amount(each.texts.get(measure.keys))) is not None
        ]
        return _compare_amounts(amounts, measure.word, comparison)

    def shows(self, term: SequenceTerm, start: int | None) -> bool:
        """For each first event the nearest later second: if it fails, every farther one does."""
        first, then = (self._since(each, start) for each in (term.first, term.then))
        forbidden = self._since(term.without, start) if term.without else []
        for moment in first:
            place = bisect_right(then, moment)
            if place == len(then) or (term.gap is not None and then[place] - moment > term.gap):
                continue
            after = bisect_left(forbidden, moment)
            if after == len(forbidden) or forbidden[after] > then[place]:
                return True
        return False

    def answers(self, term: RecentTerm, span: Span) -> bool:
        rows = self._rows(term.happening.occurrence).within(span)
        if len(rows) > term.last:
            rows = [each for each in rows if each.moment >= rows[-term.last].moment]
        given = {each.texts.get(term.keys) for each in self._rows(term.answer).within(span)} - {None}
        return judge(sum(each.texts.get(term.keys) in given for each in rows), term.comparison)

    def _since(self, occurrence: Occurrence, start: int | None) -> list[int]:
        moments = self._rows(occurrence).moments
        return moments if start is None else moments[bisect_left(moments, start) :]

    def _rows(self, occurrence: Occurrence) -> Rows:
        if occurrence not in self._cut:
            rows = self._events.get(occurrence.event, ())
            if occurrence.filters:
                rows = [each for each in rows if all(_passes(each, one) for one in occurrence.filters)]
            self._cut[occurrence] = Rows(rows)
        return self._cut[occurrence]


def _passes(row: Row, each: Filter) -> bool:
    return passes(row.texts.get(each.keys), each)


def _compare_amounts(amounts: list[int], word: str, comparison: Comparison) -> bool:
    """Amounts and operands in ten-thousandths; an average is the sum against so many times the operand."""
    if not amounts and word != "sum":
        return False
    times = AMOUNT_SCALE * (len(amounts) if word == "average" else 1)
    operands: tuple[Any, ...] = tuple(each * times for each in comparison.operands)  # type: ignore[operator]
    value = {"minimum": min, "maximum": max}.get(word, sum)(amounts)
    return judge(value, Comparison(comparison.operator, operands))
