"""Where a span of the past is cut: few enough to be fast, many enough for memory, and where live runs cut it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from activation.journeys.history.archive import microseconds
from kith.lake import Home, commits
from kith.settings import Settings
from kith.times import format_instant, parse_instant

DAY = 86_400_000_000
#: What a slice costs whatever is in it (laying who was who) makes few of them faster; what is in it makes memory.
LONGEST = 62 * DAY
MOST_LIVE = 64


def slices(settings: Settings, since: datetime, until: datetime) -> list[tuple[int, int]]:
    """[begin, end) in microseconds. Any cut gives the same rows, but for what a run's instant changes: who was who,
    and which scores and attributes were in force. So the cuts of live runs are kept where there are not too many."""
    begin, end = microseconds(since), microseconds(until)
    cuts = {begin, end, *_thinned(_live(settings, since, until))}
    found: list[tuple[int, int]] = []
    for start, stop in pairwise(sorted(cuts)):
        parts = -(-(stop - start) // LONGEST)
        edges = [start + (stop - start) * part // parts for part in range(parts + 1)]
        found += pairwise(edges)
    return found


def _live(settings: Settings, since: datetime, until: datetime) -> list[int]:
    """The instants of runs that moved people, and of those that told who was who."""
    home, first, last = Home(settings.home), format_instant(since), format_instant(until)
    moments = {
        each.meta["as_of"]
        for room in ("journeys", "identity")
        for each in commits(home, room)
        if first < each.meta.get("as_of", "") < last
    }
    return sorted(microseconds(parse_instant(each)) for each in moments)


def _thinned(cuts: Sequence[int]) -> Sequence[int]:
    """At most MOST_LIVE of them, evenly."""
    step = -(-len(cuts) // MOST_LIVE) or 1
    return cuts[::step]
