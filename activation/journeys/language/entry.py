"""How people come in, `enter:`, and when they may come again.

enter: {segment: lapsed_buyers, again_after: 180d}
enter: {left: big_spenders}
enter: {event: Cart Updated, where: {total: {at_least: 20}}, key: cart_id, again: always}
enter: {segment: customers, schedule: weekly mon 09:00}
enter: {segment: customers, launch_at: 2026-05-01T08:00, window: 24h}
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from activation.journeys.graph import (
    LIST_PREFIX,
    Entry,
    EventEntry,
    EventMatch,
    LaunchEntry,
    ListEntry,
    Reentry,
    ScheduleEntry,
    SegmentEntry,
)
from activation.journeys.language.matches import filters
from activation.journeys.language.step import Place
from activation.journeys.language.values import (
    WEEKDAYS,
    Duration,
    Instant,
    Span,
    Text,
    Word,
    instant_micros,
    micros,
)
from activation.segments.grammar.behaviour import Filtered
from kith.times import parse_instant

NEVER, EVER = 0, 1 << 60
_CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9]"
_DAYS = f"({'|'.join(WEEKDAYS)})"
_RULE = f"daily {_CLOCK}|weekly {_DAYS}(,{_DAYS})* {_CLOCK}|monthly ([1-9]|[12][0-9]|3[01]) {_CLOCK}"


def _rule(text: str) -> str:
    if not re.fullmatch(_RULE, text):
        raise ValueError(
            f"'{text}' is no schedule: expected 'daily 09:00', 'weekly mon,thu 09:00' or 'monthly 1 09:00'"
        )
    return text


Schedule = Annotated[
    str, AfterValidator(_rule), WithJsonSchema({"type": "string", "pattern": f"^({_RULE})$"})
]
WAYS = ("segment", "left", "list", "event", "api")


class Enter(Filtered):
    """One way in: `segment` (who enters it; with `schedule` or `launch_at` its members then), `left`, `list` (who is
    put on an uploaded list; with `schedule` who is on it then), `event` or `api`. `from` and `until` bound when;
    `once` is the rule for coming again unless another is told."""

    segment: Word | None = None
    left: Word | None = None
    list: Word | None = None
    event: Text | None = None
    api: Word | None = None
    key: Text | None = None
    schedule: Schedule | None = None
    launch_at: Instant | None = None
    window: Duration = timedelta(hours=24)
    from_: Instant | None = Field(None, alias="from")
    until: Instant | None = None
    again: Literal["once", "always"] | None = None
    again_after: Span | None = None

    @model_validator(mode="after")
    def _of_one_mind(self) -> Enter:
        given = [word for word in WAYS if getattr(self, word) is not None]
        if len(given) != 1:
            raise ValueError(
                f"has {' and '.join(given) or 'no way in'}; expected exactly one of {', '.join(WAYS)}"
            )
        if self.event is None and (self.where or self.key):
            raise ValueError(
                f"has {'where' if self.where else 'key'} beside {given[0]}; expected it beside event"
            )
        if self.segment is None and (self.schedule or self.launch_at):
            raise ValueError(
                f"has {'schedule' if self.schedule else 'launch_at'}; expected it beside segment"
            )
        if self.schedule and self.launch_at:
            raise ValueError("has schedule and launch_at; expected one of them")
        if self.again and self.again_after:
            raise ValueError("has again and again_after; expected one of them")
        if not self.window:
            raise ValueError("has a window of 0s, in which nobody could enter; expected more")
        return self

    def reentry(self) -> Reentry:
        """When somebody may come again."""
        if self.again_after is not None:
            return Reentry("again_after", self.again_after)
        return Reentry(self.again or "once")

    def span(self, place: Place, zone: str) -> tuple[int, int]:
        """Instants in [from, until), microseconds."""
        begins = NEVER if self.from_ is None else instant_micros(parse_instant(self.from_, zone))
        ends = EVER if self.until is None else instant_micros(parse_instant(self.until, zone))
        if begins >= ends:
            raise place.error("lets nobody in", "until", expected="an instant after from")
        return begins, ends

    def entry(self, place: Place, zone: str) -> Entry:
        """The graph's entry."""
        begins, ends = self.span(place, zone)
        if self.event is not None:
            return EventEntry(EventMatch(self.event, filters(self.where, place, "where")), self.key or "")
        if self.left is not None:
            return SegmentEntry(self.left, "left")
        if self.api is not None:
            return ListEntry(f"Entered {self.api}")
        segment = self.segment or f"{LIST_PREFIX}{self.list}"
        if self.schedule:
            return ScheduleEntry(segment, self.schedule, zone, begins, ends)
        if self.launch_at:
            launch = instant_micros(parse_instant(self.launch_at, zone))
            return LaunchEntry(segment, launch, launch + micros(self.window))
        return SegmentEntry(segment, "entered")
