"""Emulated vendors, and channels that are told to send there."""

from contextlib import ExitStack

import pytest

from activation.channels.contract import ChannelPlugin
from kith.clock import VirtualClock
from kith.registry import plugin
from sandbox.emulation import Emulation, Habit, Vendor


@pytest.fixture
def connect(tmp_path, clock, settings, monkeypatch):
    """connect(channel, vendor, **of the emulation) → (an open channel, the emulation)."""
    monkeypatch.setenv("KITH_CLOCK", "virtual")
    VirtualClock(settings.clock_file).set(clock.now())
    with ExitStack() as stack:

        def start(channel, vendor, **given):
            served = {vendor: plugin("sandbox.vendors", vendor, Vendor)}
            given = {"habit": Habit(lambda address: "unknown" in address), **given}
            emulation = stack.enter_context(Emulation(served, tmp_path / "vendors", clock, **given))
            for name, value in emulation.settings.items():
                monkeypatch.setenv(name, value)
            built = plugin("activation.channels", channel, ChannelPlugin).build()
            stack.callback(built.close)
            built.open()
            return built, emulation

        yield start
