"""How people come into a journey, and when they may come again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from activation.journeys.graph.conditions import EventMatch


@dataclass(frozen=True)
class Reentry:
    """Refused while an enrolment of (journey, person, key) is active at `e` or ended at `e` or later. Beyond that:

    `once`: never again; `again_after`: not before the last entry + `after`; `always`: at once.
    """

    rule: Literal["once", "again_after", "always"] = "once"
    after: int = 0


@dataclass(frozen=True)
class SegmentEntry:
    """At the instant of the evaluation at which somebody `entered` or `left` the segment."""

    segment: str
    change: Literal["entered", "left"] = "entered"


@dataclass(frozen=True)
class EventEntry:
    """At the `effective_at` of a matching event. `key` names the property that tells instances apart."""

    match: EventMatch
    key: str = ""


@dataclass(frozen=True)
class LaunchEntry:
    """Once: the members of `segment` at its first evaluation in [enter_from, enter_until) that found anybody."""

    segment: str
    enter_from: int
    enter_until: int


@dataclass(frozen=True)
class ScheduleEntry:
    """At each local instant of the workspace that the rule names: the members of `segment` in force then.

    `rule` is `daily HH:MM`, `weekly mon,thu HH:MM` or `monthly DAY HH:MM` (31 is a month's last day), in `zone`,
    in [enter_from, enter_until). A gap of the clock moves an instant forward, a fold takes the first.
    """

    segment: str
    rule: str
    zone: str
    enter_from: int
    enter_until: int


@dataclass(frozen=True)
class ListEntry:
    """People handed over by the API, as events of the name `event` that the journey alone listens to."""

    event: str


Entry = SegmentEntry | EventEntry | LaunchEntry | ScheduleEntry | ListEntry
