"""The closed loop: the world, its mail and texts, and its people's answers, moved on together in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from kith.clock import VirtualClock
from kith.durable import write_durably
from kith.errors import KithError
from kith.lake import Home
from kith.landing import LandingLog
from sandbox.answers import Answers
from sandbox.calendar import from_hour, from_ms, to_hour, to_ms
from sandbox.directory import Directory
from sandbox.emulation import Emulation, vendors
from sandbox.emulation import Habit as Manners
from sandbox.feed import Feed
from sandbox.feedback import SOURCE, Feedback
from sandbox.mailbox import Habit, MailServer, Postbox
from sandbox.pushes import PUSH_SERVICES, push_of
from sandbox.settings import SandboxSettings
from sandbox.texts import CARRIERS, STOP, text_of
from sandbox.truth import write_ledger
from sandbox.world import World

MILLISECOND = timedelta(milliseconds=1)
PLATFORM = "http://127.0.0.1:8300"
#: Where the platform keeps lists of its people: a CRM and an audience to advertise to.
LISTS = ("hubspot", "facebook_audiences")


@dataclass
class Loop:
    """What runs while a world is open. `events` counts lines landed by it."""

    settings: SandboxSettings
    clock: VirtualClock
    world: World
    answers: Answers
    server: MailServer
    carriers: Emulation
    feed: Feed
    events: int = 0

    def advance(self, until: datetime, progress: Callable[[float], None] = lambda hours: None) -> None:
        """Move on to `until`, where the clock then stands."""
        self.approach(until, progress)
        self.clock.set(max(until, self.clock.now()))

    def approach(self, until: datetime, progress: Callable[[float], None] = lambda hours: None) -> None:
        """All that happens before `until`; the clock is not yet there, so who waits for it still waits.

        People answer at their times, and each full hour's events land behind it.
        """
        while self.world.state.hour < to_hour(until) and not self.world.has_ended:
            hour_end = from_hour(self.world.state.hour + 1)
            self._answer(hour_end - MILLISECOND)
            for arrivals in self.world.live(hour_end - timedelta(hours=1), hour_end):
                self.feed.land(arrivals)
                self.events += len(arrivals)
            progress(1)
        self._answer(until - MILLISECOND)
        self.feed.settle()

    def save(self) -> None:
        """Where the world stands, on file."""
        self.world.save(self.settings.state)
        self.answers.save(self.settings.state)
        write_ledger(self.world.state, self.settings.truth)

    def texts(self) -> dict[str, int]:
        """How many texts each carrier took."""
        return self._taken(CARRIERS)

    def pushes(self) -> dict[str, int]:
        """How many notifications each push service took."""
        return self._taken(PUSH_SERVICES)

    def vendor_settings(self, home: Home) -> dict[str, str]:
        """What a platform has to be told to reach them all. The keys that vendors gave it lie in its own home: it can't
        read ours."""
        told = {**self.carriers.settings, "KITH_WEBPUSH_BASE_URL": self.carriers.url("webpush")}
        return {name: _handed_over(name, value, home) for name, value in told.items()}

    def _taken(self, names: Iterable[str]) -> dict[str, int]:
        return {name: self.carriers.office(name).account.count("message") for name in names}

    def _answer(self, until: datetime) -> None:
        self.answers.perform_until(to_ms(until), self._set_clock)

    def _set_clock(self, ms: int) -> None:
        self.clock.set(max(from_ms(ms), self.clock.now()))


@contextmanager
def closed_loop(
    settings: SandboxSettings, home: Home, clock: VirtualClock, platform: str = PLATFORM
) -> Iterator[Loop]:
    """Open the saved world with its mail server and carriers running; it is saved again on leaving, whatever happened.

    `platform` is the public URL that carriers tell of texts.
    """
    world = World.open(settings.state)
    if world is None:
        raise KithError("there is no world yet", where=str(settings.home), way_out="run 'kith sandbox world'")
    directory = Directory(world.shop.people, world.shop.devices)
    feedback = Feedback(LandingLog(home, SOURCE, clock))
    answers = Answers(world, feedback.report, directory.find)
    answers.load(settings.state)
    habit = Habit(directory.refuses, latency=settings.latency, drop_after_dot=settings.drop_after_dot)
    server = MailServer(
        Postbox(settings.mail, clock), habit, answers.deliver, settings.smtp_host, settings.smtp_port
    )
    carriers = _carriers(settings, clock, directory, answers, platform)
    answers.stop = lambda carrier, number: CARRIERS[carrier](carriers.office(carrier), number, STOP)
    with Feed(home, clock) as feed, server, carriers:
        loop = Loop(settings, clock, world, answers, server, carriers, feed)
        try:
            yield loop
        finally:
            loop.save()


def _handed_over(name: str, value: str, home: Home) -> str:
    """A setting; where it names a key's file, a copy of that for the platform alone."""
    key = Path(value)
    if not (key.is_absolute() and key.is_file()):
        return value
    copy = home.root / "secrets" / f"{name.lower()}{key.suffix}"
    copy.parent.mkdir(parents=True, exist_ok=True)
    write_durably(copy, key.read_bytes())
    copy.chmod(0o600)
    return str(copy)


def _carriers(
    settings: SandboxSettings, clock: VirtualClock, directory: Directory, answers: Answers, platform: str
) -> Emulation:
    """The vendors whose texts reach the people of this world, and those that hold lists of them."""

    def took(carrier: str, row: dict[str, Any]) -> None:
        text = text_of(carrier, row, clock.now())
        if text is not None and not directory.is_off(text.number):
            answers.receive_text(text, directory.find_number(text.number))
        if (push := push_of(carrier, row, clock.now())) is not None:
            answers.receive_push(push, directory.find_device(push.token))

    served = {
        name: vendor for name, vendor in vendors().items() if name in (*CARRIERS, *PUSH_SERVICES, *LISTS)
    }
    manners = Manners(refuses=directory.is_off, took=took)
    return Emulation(served, settings.vendors, clock, habit=manners, platform=platform)
