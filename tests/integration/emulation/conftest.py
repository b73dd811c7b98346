"""A platform that vendors call, and one vendor with one channel led to it."""

from contextlib import ExitStack

import pytest

from activation.channels.contract import ChannelPlugin
from kith.registry import plugin
from sandbox.emulation import Emulation, Faults, Habit
from sandbox.emulation import vendors as all_vendors
from tests.integration.emulation.messaging import CHANNELS, GONE, Platform


@pytest.fixture
def platform():
    found = Platform()
    yield found
    found.stop()


@pytest.fixture
def serve(tmp_path, clock, platform, settings, monkeypatch):
    """Start one vendor and build one channel that is led to it."""
    with ExitStack() as stack:

        def start(name: str, faults: Faults | None = None):
            vendor = CHANNELS[name][0]
            emulation = stack.enter_context(
                Emulation(
                    {vendor: all_vendors()[vendor]},
                    tmp_path / "vendors",
                    clock,
                    faults=faults,
                    habit=Habit(refuses=lambda address: address in GONE),
                    platform=platform.url,
                )
            )
            for variable, value in emulation.settings.items():
                monkeypatch.setenv(variable, value)
            one = plugin("activation.channels", name, ChannelPlugin)
            assert one.is_configured()
            channel = one.build()
            stack.callback(channel.close)
            channel.open()
            return one, channel, emulation.office(vendor)

        yield start
