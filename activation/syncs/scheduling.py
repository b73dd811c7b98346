"""When a sync runs by itself: with every run of the graph, or with the first one after an hour of the day."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from activation.destinations.contract import DestinationPlugin
from activation.syncs.grammar import find_sync
from activation.syncs.planning import PACKAGE
from activation.syncs.running import SKIPPED, Engine, Report, last_looks
from kith.clock import Clock
from kith.registry import plugin
from kith.settings import Settings
from kith.state import StateDatabase
from kith.times import from_local, from_utc_naive, local_day


def run_if_due(settings: Settings, clock: Clock, name: str, is_replay: bool = False) -> Report:
    """Run one sync as its schedule says. A run over the past changes nothing outside; an unconfigured one is passed
    over."""
    if is_replay:
        return Report(name, SKIPPED, "a run over the past sends nothing")
    definition = find_sync(settings, name)
    if not plugin(PACKAGE, definition.body.to, DestinationPlugin).is_configured():
        return Report(name, SKIPPED, f"{definition.body.to} isn't set up")
    if not is_due(definition.body.schedule, settings.zone, clock.now(), _last_look(settings, name)):
        return Report(name, SKIPPED, f"not due: {definition.body.schedule}")
    return Engine(settings, clock).run(name)


def is_due(schedule: str, zone: str, now: datetime, last: datetime | None) -> bool:
    """`daily 06:00`: due where six o'clock of this day has passed, and nobody looked since."""
    if schedule == "manual":
        return False
    if schedule == "each run" or last is None:
        return True
    hour, minute = schedule.removeprefix("daily ").split(":")
    due = from_local(datetime.combine(local_day(now, zone), time(int(hour), int(minute))), zone)
    return now >= due > last


def _last_look(settings: Settings, name: str) -> datetime | None:
    database = StateDatabase.open(settings)
    try:
        look: dict[str, Any] = last_looks(database).get(name, {})
    finally:
        database.close()
    return from_utc_naive(look["looked_at"]) if look else None
