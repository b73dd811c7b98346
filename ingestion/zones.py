"""Local wall times to UTC as plain arithmetic: a zone's offsets over the span that a file covers.

A gap moves forward and a fold takes the first, as everywhere in Kith (`kith.times.from_local`); an engine's
own conversion takes the second of a fold, and costs more.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


def offsets(zone: str, first: datetime, last: datetime) -> list[tuple[datetime | None, timedelta]]:
    """`(from local time on, offset from UTC)` in order, for naive local times in [first, last].

    The first entry has no beginning.
    """
    place = ZoneInfo(zone)
    at, end = (first - DAY).replace(tzinfo=UTC), (last + DAY).replace(tzinfo=UTC)
    found: list[tuple[datetime | None, timedelta]] = [(None, _offset(place, at))]
    while at < end:
        later = at + DAY
        before, after = _offset(place, at), _offset(place, later)
        if before != after:
            change = _change(place, at, later)
            found.append(((change + max(before, after)).replace(tzinfo=None), after))
        at = later
    return found


def shifted(expression: str, spans: list[tuple[datetime | None, timedelta]]) -> str:
    """SQL: the UTC time of a local timestamp."""
    if len(spans) == 1:
        return _minus(expression, spans[0][1])
    ends = [begin for begin, _ in spans[1:]]
    cases = " ".join(
        f"WHEN {expression} < TIMESTAMP '{end}' THEN {_minus(expression, offset)}"
        for end, (_, offset) in zip(ends, spans, strict=False)
    )
    return f"CASE {cases} ELSE {_minus(expression, spans[-1][1])} END"


def _minus(expression: str, offset: timedelta) -> str:
    seconds = int(offset.total_seconds())
    return f"({expression} - INTERVAL ({seconds}) SECOND)" if seconds else expression


def _offset(place: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(place).utcoffset() or timedelta()


def _change(place: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The second at which the offset changes."""
    old = _offset(place, before)
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if middle <= before:
            break
        before, after = (middle, after) if _offset(place, middle) == old else (before, middle)
    return after
