"""The days themselves: the world lives on, the platform runs as it would, people answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from kith.clock import VirtualClock
from kith.errors import KithError
from kith.lake import Home
from kith.settings import Settings
from sandbox.loop import closed_loop
from sandbox.platform import Platform, free_port
from sandbox.settings import SandboxSettings
from sandbox.simulation.copying import Copied, copy_world
from sandbox.simulation.findings import Findings, find

Progress = Callable[[float], None]


def simulate(
    platform: Settings,
    sandbox: SandboxSettings,
    file: Path,
    days: int,
    run_every: int = 24,
    keep: Path | None = None,
    progress: Progress = lambda runs: None,
) -> Findings:
    """What the journey or campaign of `file` does to the people of this world in so many days, were it live from now on.

    Everything happens in a copy, below `keep` where it is to stay. The first run is at the world's present instant.
    """
    if run_every < 1 or (days * 24) % run_every:
        raise KithError(
            f"runs every {run_every} hours don't divide {days} days", expected="a divisor, such as 24"
        )
    clock = platform.clock_file
    if not clock.exists():
        raise KithError(
            "this home lives by no virtual clock", where=str(platform.home), way_out="kith sandbox demo"
        )
    now = VirtualClock(clock).now()
    with TemporaryDirectory(prefix="kith-simulation-") as temporary:
        copied = copy_world(platform, sandbox, file, keep or Path(temporary), now, days)
        end = _live(copied, days, run_every, progress)
        return find(copied, now, end)


def _live(copied: Copied, days: int, run_every: int, progress: Progress) -> datetime:
    home, port = Home(copied.home), free_port(0)
    clock = VirtualClock(copied.home / "clock")
    begin = clock.now()
    times = [begin + timedelta(hours=step) for step in range(0, days * 24 + 1, run_every)]
    with closed_loop(copied.sandbox, home, clock, f"http://127.0.0.1:{port}") as loop:
        told = {**loop.vendor_settings(home), "KITH_DEFINITIONS": str(copied.definitions)}
        platform = Platform(copied.home, copied.sandbox.smtp_host, loop.server.port, port, vendors=told)
        with platform.serving(), platform.runs(run_every, len(times)) as next_summary:
            for number, instant in enumerate(times):
                if number:
                    loop.advance(instant)
                next_summary()
                progress(1)
    return times[-1]
