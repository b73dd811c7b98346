"""A delivery world over a fresh home."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from api.app import create_app
from kith.clock import VirtualClock
from kith.registry import plugin
from kith.settings import Settings, load_settings
from sandbox.emulation import Emulation, Faults, Habit, Vendor
from tests.integration.delivery.delivery_world import Sink, smtp_sink, until


@pytest.fixture
def world(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings whose definitions are the test's own."""
    monkeypatch.setenv("KITH_DEFINITIONS", str(tmp_path / "definitions"))
    monkeypatch.setenv("KITH_SMTP_SENDER", "hello@kith.example")
    return load_settings()


@pytest.fixture
def sink(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    """A running SMTP server that the settings point to."""
    with smtp_sink(tmp_path) as running:
        monkeypatch.setenv("KITH_SMTP_HOST", "127.0.0.1")
        monkeypatch.setenv("KITH_SMTP_PORT", str(running.port))
        yield running


@pytest.fixture
def api(world, clock, monkeypatch):
    """The real API on a port of its own, which is where vendors are told to call."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("KITH_PUBLIC_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("KITH_CLOCK", "virtual")
    settings = load_settings()
    VirtualClock(settings.clock_file).set(clock.now())
    server = uvicorn.Server(uvicorn.Config(create_app(settings, clock), port=port, log_level="critical"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started)
    yield settings
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def vendor(api, tmp_path, clock, monkeypatch):
    """vendor(name, refused, faults) → an emulation that channels are led to."""
    running = []

    def start(name: str, refused=(), faults: Faults | None = None) -> Emulation:
        emulation = Emulation(
            {name: plugin("sandbox.vendors", name, Vendor)},
            tmp_path / "vendors",
            clock,
            faults=faults,
            habit=Habit(refuses=lambda address: address in refused),
            platform=api.public_url,
        )
        running.append(emulation.__enter__())
        for variable, value in emulation.settings.items():
            monkeypatch.setenv(variable, value)
        return emulation

    yield start
    for emulation in running:
        emulation.__exit__(None, None, None)
