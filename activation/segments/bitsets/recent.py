"""The last few rows of each profile, and how many of them have an answer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from activation.segments.audience import Bits, pack
from activation.segments.bitsets.grouping import by_profile
from activation.segments.bitsets.moments import Instant
from activation.segments.columns.comparing import compare_numbers
from activation.segments.columns.rows import Cut, Distinct, Rows, cut_rows
from activation.segments.terms import Happening, RecentTerm


def judge_recent(rows: Callable[[str], Rows], term: RecentTerm, size: int, instant: Instant) -> Bits:
    """Whether the number of answered ones among the last compares, by profile."""
    sent, answers = (_cut(rows, each, instant) for each in (term.happening, term.answers))
    kept = _last(sent, term.last, size)
    of_sent, of_answers = (each.rows.texts[term.keys].distinct for each in (sent, answers))
    width = len(of_answers.texts) + 1
    codes = _codes_in(of_answers, of_sent)[sent.codes(term.keys)[kept]]
    keys = sent.positions[kept].astype(np.int64) * width + codes
    answered = answers.codes(term.keys).astype(np.int64)
    known = answered > 0
    given = np.sort(answers.positions[known].astype(np.int64) * width + answered[known])
    place = np.searchsorted(given, keys)
    found = (codes > 0) & (np.append(given, -1)[place] == keys)
    counts = np.bincount(sent.positions[kept][found], minlength=size)
    return pack(compare_numbers(counts, term.comparison))


def _cut(rows: Callable[[str], Rows], happening: Happening, instant: Instant) -> Cut:
    event = rows(happening.occurrence.event)
    if (end := instant.start(happening.until)) is not None:
        event = event.until(end)
    start = instant.start(happening.days)
    return cut_rows(event, happening.occurrence, 0 if start is None else event.place(start))


def _last(cut: Cut, count: int, size: int) -> NDArray[np.int64]:
    """The rows of which fewer than `count` of the same profile are strictly later."""
    positions, order = by_profile(cut.positions, np.arange(len(cut)), size)
    moments = cut.moments[order]
    is_last = np.append(positions[1:] != positions[:-1], True) if len(order) else np.zeros(0, bool)
    is_last_of_instant = is_last.copy()
    is_last_of_instant[:-1] |= moments[1:] != moments[:-1]
    later = _next(is_last) - _next(is_last_of_instant)
    return order[later < count]


def _next(marked: NDArray[np.bool]) -> NDArray[np.int64]:
    """For each place the next one that is marked, itself included."""
    marks = np.flatnonzero(marked)
    return marks[np.cumsum(marked) - marked]


def _codes_in(distinct: Distinct, other: Distinct) -> NDArray[np.int64]:
    """The codes of `other` as codes of `distinct`; 0 for what isn't among these, or missing."""
    code_of = {text: code for code, text in enumerate(distinct.texts.to_pylist(), 1)}
    return np.array([0, *(code_of.get(text, 0) for text in other.texts.to_pylist())], np.int64)
