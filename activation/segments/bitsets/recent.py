"""The last few rows of each profile, and how many of them have an answer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from activation.segments.bitsets.comparing import compare_numbers
from activation.segments.bitsets.measures import Measuring
from activation.segments.bitsets.population import Truth
from activation.segments.bitsets.rows import Rows, Texts
from activation.segments.terms import RecentTerm


def count_recent(measuring: Measuring, term: RecentTerm) -> Truth:
    """Whether the number of answered ones among the last compares, by profile."""
    rows, answers = measuring.span(term.happening), measuring.span(term.answers)
    kept = _last(rows, term.last)
    sent, answered = rows.texts[term.keys], answers.texts[term.keys]
    width = len(answered.distinct) + 1
    codes = _codes_in(answered, sent)[kept]
    keys = rows.positions[kept].astype(np.int64) * width + codes
    known = answered.codes >= 0
    given = np.sort(answers.positions[known].astype(np.int64) * width + answered.codes[known])
    place = np.searchsorted(given, keys)
    found = (codes < width - 1) & (np.append(given, -1)[place] == keys)
    counts = np.bincount(rows.positions[kept][found], minlength=measuring.size)
    return compare_numbers(counts, term.comparison)


def _last(rows: Rows, count: int) -> NDArray[np.int64]:
    """The rows of which fewer than `count` of the same profile are strictly later."""
    order = np.argsort(rows.positions, kind="stable")
    positions, moments = rows.positions[order], rows.moments[order]
    is_last = np.append(positions[1:] != positions[:-1], True) if len(order) else np.zeros(0, bool)
    is_last_of_instant = is_last.copy()
    is_last_of_instant[:-1] |= moments[1:] != moments[:-1]
    later = _next(is_last) - _next(is_last_of_instant)
    return order[later < count]


def _next(marked: NDArray[np.bool]) -> NDArray[np.int64]:
    """For each place the next one that is marked, itself included."""
    marks = np.flatnonzero(marked)
    return marks[np.cumsum(marked) - marked]


def _codes_in(texts: Texts, other: Texts) -> NDArray[np.int64]:
    """The rows of `other` by the codes of `texts`; what isn't among these has the code after the last."""
    beyond = len(texts.distinct)
    code_of = {text: code for code, text in enumerate(texts.distinct)}
    table = np.array([*(code_of.get(text, beyond) for text in other.distinct), beyond], np.int64)
    return table[other.codes]
