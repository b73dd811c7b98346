"""The vendors of each channel, found by their files: `<channel>_<vendor>.py`, told apart by `plugin.channel`."""

from collections.abc import Mapping

from activation.channels.contract import Capabilities, ChannelPlugin
from kith.errors import KithError
from kith.registry import plugins

Vendors = Mapping[str, ChannelPlugin]
"""One channel's vendors by provider, in the order of their files."""


def channels() -> dict[str, Vendors]:
    """Every channel with its vendors."""
    found: dict[str, dict[str, ChannelPlugin]] = {}
    for plugin in plugins("activation.channels", ChannelPlugin).values():
        found.setdefault(plugin.channel, {})[plugin.provider] = plugin
    return dict(found)


def vendor_capabilities() -> dict[tuple[str, str], Capabilities]:
    """What each (channel, provider) can do."""
    return {
        (channel, provider): plugin.capabilities
        for channel, vendors in channels().items()
        for provider, plugin in vendors.items()
    }


def configured(vendors: Vendors) -> list[ChannelPlugin]:
    """Those that somebody set up. Where none is, the error names what each of them lacks."""
    ready = [plugin for plugin in vendors.values() if plugin.is_configured()]
    return ready or _none_is(vendors)


def _none_is(vendors: Vendors) -> list[ChannelPlugin]:
    channel = next(iter(vendors.values())).channel
    lacking = []
    for plugin in vendors.values():
        try:
            plugin.build().close()
        except KithError as error:
            lacking.append(f"{plugin.provider}: {error.problem}")
    raise KithError(
        f"no vendor of {channel} is set up: {'; '.join(lacking)}",
        where=f"channel {channel}",
        way_out="set up one of them; docs/adding/channel.md tells how",
    )
