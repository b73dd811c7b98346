"""The vendors by themselves, for `kith up`: a mail server, all vendors over HTTP, and people who answer as the clock
goes on."""

from __future__ import annotations

import time
from collections.abc import Callable

from kith.clock import Clock, system_clock
from kith.lake import Home
from kith.landing import LandingLog
from kith.settings import load_settings
from sandbox.answers import Answers
from sandbox.calendar import to_ms
from sandbox.directory import Directory
from sandbox.emulation import Emulation, vendors
from sandbox.feedback import SOURCE, Feedback
from sandbox.mailbox import Delivery, Habit, MailServer, Postbox
from sandbox.settings import SandboxSettings
from sandbox.world import World

LOOK_EVERY_SECONDS = 0.5


def run_vendors(settings: SandboxSettings, say: Callable[[str], None]) -> None:
    """Serve until interrupted. Without a world there is nobody to read the mail: it is kept and counted."""
    platform = load_settings()
    clock = system_clock(platform)
    world = World.open(settings.state)
    directory = Directory(world.shop.people if world is not None else None)
    habit = Habit(directory.refuses, latency=settings.latency, drop_after_dot=settings.drop_after_dot)
    answers = None
    if world is not None:
        feedback = Feedback(LandingLog(Home(platform.home), SOURCE, clock))
        answers = Answers(world, feedback.report, directory.find)
        answers.load(settings.state)
    deliver: Callable[[Delivery], None] = answers.deliver if answers is not None else lambda delivery: None
    postbox = Postbox(settings.mail, clock)
    with (
        MailServer(postbox, habit, deliver, settings.smtp_host, settings.smtp_port) as server,
        Emulation(
            vendors(), settings.vendors, clock, port=settings.http_port, platform=platform.public_url
        ) as emulation,
    ):
        readers = "" if answers is not None else "; nobody reads it, for there is no world yet"
        say(f"smtp://{settings.smtp_host}:{server.port}, mail kept in {settings.mail}{readers}")
        say(f"http://{emulation.host}:{emulation.port}/<vendor>, accounts in {settings.vendors}")
        try:
            _serve(answers, clock)
        except KeyboardInterrupt:
            say(f"{len(postbox.received())} mails kept")


def _serve(answers: Answers | None, clock: Clock) -> None:
    while True:
        if answers is not None:
            answers.perform_until(to_ms(clock.now()))
        time.sleep(LOOK_EVERY_SECONDS)
