"""Makes a world where there is none, and tells what there is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kith.clock import VirtualClock
from kith.durable import write_durably
from kith.errors import KithError
from kith.init import initialise
from kith.lake import Home
from kith.settings import HOME_SETTINGS, load_settings
from sandbox.platform import SENDER, SENDER_NAME
from sandbox.settings import SandboxSettings
from sandbox.world import Shape, World, history


@dataclass(frozen=True)
class MadeWorld:
    """A world that is on file; `is_new` says whether this call made it."""

    world: World
    is_new: bool

    def summary(self) -> dict[str, Any]:
        shape, state = self.world.shape, self.world.state
        return {
            "is_new": self.is_new,
            "seed": shape.seed,
            "people": shape.people,
            "days": shape.days,
            "vocabulary": shape.vocabulary,
            "lines_landed": sum(state.landed.values()),
            **{f"lines_{source}": count for source, count in sorted(state.landed.items())},
            **{f"planted_{flaw}": count for flaw, count in sorted(state.flaws.items())},
        }


def make_world(settings: SandboxSettings, progress: Callable[[float], None] = lambda days: None) -> MadeWorld:
    """Land the history of the settings' world in KITH_HOME and set the virtual clock to its launch.

    A world already there is left alone; one of another shape is an error, for its history has landed.
    """
    platform = load_settings()
    shape = Shape(settings.seed, settings.people, settings.days, settings.live_days, settings.vocabulary)
    found = World.open(settings.state)
    if found is not None:
        _must_be(found.shape, shape, settings)
        return MadeWorld(found, is_new=False)
    initialise(platform)
    made = history(Home(platform.home), settings.home, shape, progress)
    VirtualClock(platform.clock_file).set(made.calendar.launch)
    _tell_home(platform.home, settings)
    return MadeWorld(made, is_new=True)


def _tell_home(home: Path, settings: SandboxSettings) -> None:
    """The home's own settings: it lives by the virtual clock, and its mail goes to the sandbox's vendors."""
    told = {
        "KITH_CLOCK": "virtual",
        "KITH_SMTP_HOST": settings.smtp_host,
        "KITH_SMTP_PORT": str(settings.smtp_port),
        "KITH_SMTP_SENDER": SENDER,
        "KITH_SMTP_SENDER_NAME": SENDER_NAME,
    }
    lines = "".join(f"{name}={value}\n" for name, value in told.items())
    write_durably(home / HOME_SETTINGS, f"# This home belongs to a sandbox world.\n{lines}".encode())


def _must_be(found: Shape, wanted: Shape, settings: SandboxSettings) -> None:
    if found != wanted:
        raise KithError(
            f"another world lives here: {found}",
            where=str(settings.home),
            expected=str(wanted),
            way_out="give its options, or other folders by KITH_HOME and SANDBOX_HOME",
        )
