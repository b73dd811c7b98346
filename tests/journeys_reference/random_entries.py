"""Random ways into a journey."""

from __future__ import annotations

from random import Random

from activation.journeys.graph import (
    Entry,
    EventEntry,
    EventMatch,
    LaunchEntry,
    ListEntry,
    PropertyFilter,
    ScheduleEntry,
    SegmentEntry,
)
from tests.journeys_reference.world import DAY

ZONES = (
    *("America/New_York", "Europe/London", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns", "UTC"),
    *("Pacific/Auckland", "America/Havana", "Asia/Beirut", "Africa/Casablanca", "Pacific/Chatham"),
)
RULES = (
    "daily 02:30",
    "daily 01:30",
    "weekly mon,thu,sat 09:00",
    "monthly 31 12:00",
    "monthly 1 00:00",
    "daily 00:00",
)


def random_entry(r: Random, start: int, end: int) -> Entry:
    """Mostly events, keyed or not; launches and schedules have windows of their own."""
    segment = r.choice(["big", "small"])
    opens, closes = r.choice([0, start + DAY]), r.choice([1 << 60, end])
    kind = r.choice(["event", "event", "event", "segment", "segment", "launch", "schedule", "list"])
    if kind == "event":
        where = (PropertyFilter("total", "at_least", 5),) if r.random() < 0.3 else ()
        match = EventMatch(r.choice(["Cart Viewed", "Order Completed", "Product Viewed"]), where)
        return EventEntry(match, r.choice(["", "", "cart"]))
    if kind == "segment":
        return SegmentEntry(segment, r.choice(["entered", "entered", "left"]))
    if kind == "launch":
        return LaunchEntry(segment, opens, closes)
    if kind == "schedule":
        return ScheduleEntry(segment, r.choice(RULES), r.choice(ZONES), opens, closes)
    return ListEntry("Added By Hand")
