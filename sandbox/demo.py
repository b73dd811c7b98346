"""`make demo`: a world, the platform beside it, and a week in which people answer.

launch 08:00:30   first run: history becomes profiles, a model, a segment, mail
each day 08:00:30 people have answered and shopped on; one run takes it in
the end           the summary; a second call finds that nothing is new
"""

from __future__ import annotations

import shlex
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from kith.cli import Output
from kith.clock import VirtualClock
from kith.errors import UsageError
from kith.lake import Home
from kith.settings import load_settings
from sandbox.calendar import Calendar, from_hour
from sandbox.figures import read_figures
from sandbox.loop import Loop, closed_loop
from sandbox.making import make_world
from sandbox.platform import Platform, free_port
from sandbox.settings import SandboxSettings

AFTER_THE_HOUR = timedelta(seconds=30)
USUAL_PORT = 8300


@dataclass
class Told:
    """What the demo has to tell, filled as it goes."""

    world: dict[str, Any]
    runs: list[dict[str, Any]] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    new: dict[str, Any] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)


def run_demo(settings: SandboxSettings, out: Output, run_every: int, port: int) -> Told:
    """Make the world if there is none, live it to its end, and read the summary off the snapshot."""
    if run_every < 1 or (settings.live_days * 24) % run_every:
        raise UsageError(
            f"--run-every {run_every} does not divide {settings.live_days} days into equal parts"
        )
    home = load_settings().home
    with _timed("world") as world_time, out.progress("making the world, days", settings.days) as advance:
        made = make_world(settings, advance)
    told = Told(made.summary())
    told.seconds["world"] = world_time.seconds
    clock = VirtualClock(home / "clock")
    api_port = free_port(port or USUAL_PORT)
    own_ports = settings.model_copy(update={"smtp_port": 0})
    with closed_loop(own_ports, Home(home), clock, f"http://127.0.0.1:{api_port}") as loop:
        prefix = tuple(shlex.split(settings.platform_prefix))
        ports = loop.server.port, api_port
        platform = Platform(home, settings.smtp_host, *ports, prefix, loop.vendor_settings(Home(home)))
        mails_before = len(loop.server.postbox.received())
        _live(told, platform, loop, out, run_every)
        told.answers = {"done": dict(loop.answers.done), "failed": dict(loop.answers.failed)}
        mails = len(loop.server.postbox.received())
        told.new = {"events": loop.events, "mails": mails - mails_before, "mails_in_all": mails}
        told.new["texts_in_all"] = loop.texts()
        told.new["pushes_in_all"] = loop.pushes()
    with _timed("summary") as reading:
        told.figures = read_figures(platform)
    told.seconds["summary"] = reading.seconds
    told.places = {
        "home": str(home),
        "truth": str(settings.truth),
        "mail": str(settings.mail),
        "log": str(platform.log),
    }
    return told


def run_times(calendar: Calendar, every_hours: int, now: datetime) -> list[datetime]:
    """The runs that are still to come; behind the end, the last one again."""
    first, hours = from_hour(calendar.launch_hour) + AFTER_THE_HOUR, calendar.live_days * 24
    times = [first + timedelta(hours=step) for step in range(0, hours + 1, every_hours)]
    return [instant for instant in times if instant >= now] or times[-1:]


def _live(told: Told, platform: Platform, loop: Loop, out: Output, run_every: int) -> None:
    times = run_times(loop.world.calendar, run_every, loop.clock.now())
    with ExitStack() as stack, out.progress("runs", len(times)) as advance:
        loop.advance(times[0])
        stack.enter_context(platform.serving())
        next_summary = stack.enter_context(platform.runs(run_every, len(times)))
        for number, instant in enumerate(times):
            if number:
                with _timed("living") as living:
                    loop.advance(instant)
                told.seconds["living"] = told.seconds.get("living", 0.0) + living.seconds
            with _timed("run") as running:
                summary = next_summary()
            told.runs.append({"at": instant, **summary, "seconds": running.seconds})
            loop.save()
            advance(1)


class _timed:
    """Measures a block; `seconds` holds it afterwards."""

    def __init__(self, what: str) -> None:
        self.what, self.seconds = what, 0.0

    def __enter__(self) -> _timed:
        self._start = time.perf_counter()
        return self

    def __exit__(self, *_failure: object) -> None:
        self.seconds = round(time.perf_counter() - self._start, 1)
