"""When segments are evaluated: in each run, or at their own hour of each local day.

`evaluate: daily 06:00` is an instant a local day, in the workspace's zone: where the clocks leap over it, it
is that much later; where they show it twice, it is the first. A run evaluates each instant of a grid that
passed since the segment's last evaluation, as of that instant. A segment that was never evaluated is, in the
run that finds it, so that nobody who asks for it reads an empty one; from then on it keeps to its grid.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta

from activation.segments.grammar import SegmentBody
from activation.segments.grammar.upkeep import hour_of
from activation.segments.membership.state import State
from activation.segments.ordering import closure
from activation.segments.terms import Segment, references
from kith.definitions import Definition
from kith.times import from_local, local_day

Definitions = Mapping[str, Definition[SegmentBody]]


def grid_instants(hour: time, after: datetime, until: datetime, zone: str) -> list[datetime]:
    """The instants of a daily hour later than `after` and not later than `until`."""
    days = (local_day(until, zone) - local_day(after, zone)).days
    found = [
        _instant(local_day(after, zone) + timedelta(days=number), hour, zone) for number in range(days + 1)
    ]
    return [each for each in found if after < each <= until]


def next_due(
    definitions: Definitions,
    analysts: Iterable[str],
    state: State,
    done: datetime | None,
    as_of: datetime,
    zone: str,
) -> tuple[datetime, frozenset[str]] | None:
    """The next instant that a run at `as_of` evaluates, and the segments that are due then; None after the last.

    `done` is the instant that it evaluated before. Analysts' models are made once a run, so they are due at its
    own instant, and so is what was never evaluated.
    """
    dues: dict[datetime, set[str]] = {as_of: set(analysts)}
    for name, definition in definitions.items():
        hour, standing = hour_of(definition.body.evaluate), state.standings.get(name)
        instants = [as_of]
        if hour is not None and standing is not None:
            instants = grid_instants(hour, standing.as_of, as_of, zone)
        for instant in instants[:1]:
            dues.setdefault(instant, set()).add(name)
    left = [instant for instant in dues if done is None or instant > done]
    return (min(left), frozenset(dues[min(left)])) if left else None


def with_unknown(due: frozenset[str], segments: Mapping[str, Segment], state: State) -> frozenset[str]:
    """Whoever is due brings along what it asks for and was never evaluated, analysts' models too."""
    own = closure(segments, sorted(due))
    asked = own.keys() | {name for each in own.values() for name in references(each.tree)}
    return due | (asked - state.standings.keys())


def _instant(day: date, hour: time, zone: str) -> datetime:
    return from_local(datetime.combine(day, hour), zone)
