"""One event and later another, with nothing of a third from the one to the other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from activation.segments.bitsets.measures import Measuring
from activation.segments.bitsets.population import Truth
from activation.segments.bitsets.rows import Rows
from activation.segments.terms import Happening, Occurrence, SequenceTerm

Keys = NDArray[np.int64]


def show_sequence(measuring: Measuring, term: SequenceTerm) -> Truth:
    """Which profiles show it. A key orders by profile, then by moment (as its rank among all that take part).

    For each first event the nearest later second is looked at: if it fails, every farther one does.
    """

    def rows(occurrence: Occurrence) -> Rows:
        return measuring.span(Happening(occurrence, term.days))

    parts = [rows(term.first), rows(term.then), *([rows(term.without)] if term.without else [])]
    ranks = np.unique(np.concatenate([each.moments for each in parts]))
    first, then, *forbidden = (_keys(each, ranks) for each in parts)
    nearest = np.searchsorted(then, first, "right")
    is_followed = nearest < len(then)
    first, nearest = first[is_followed], nearest[is_followed]
    second = then[nearest]
    shown = first >> 32 == second >> 32
    if term.gap is not None:
        shown &= ranks[second & 0xFFFFFFFF] - ranks[first & 0xFFFFFFFF] <= term.gap
    if forbidden:
        [keys] = forbidden
        after = np.searchsorted(keys, first, "left")
        closest = np.append(keys, np.iinfo(np.int64).max)[after]
        shown &= closest > second
    found = np.zeros(measuring.size, bool)
    found[first[shown] >> 32] = True
    return found


def _keys(rows: Rows, ranks: NDArray[np.int64]) -> Keys:
    return np.sort(rows.positions.astype(np.int64) << 32 | np.searchsorted(ranks, rows.moments))
