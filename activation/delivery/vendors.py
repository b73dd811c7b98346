"""The vendors of each channel, found by their files (`<channel>_<vendor>.py`) and told apart by `plugin.channel`."""

from collections.abc import Mapping

from activation.channels.contract import Capabilities, ChannelPlugin
from kith.errors import KithError
from kith.registry import plugins

Vendors = Mapping[str, ChannelPlugin]
"""One channel's vendors by provider, as the ledger calls them."""


def channels() -> dict[str, Vendors]:
    """Every channel with its vendors."""
    found: dict[str, dict[str, ChannelPlugin]] = {}
    for plugin in plugins("activation.channels", ChannelPlugin).values():
        found.setdefault(plugin.channel, {})[plugin.provider] = plugin
    return dict(found)


def vendor_capabilities() -> dict[tuple[str, str], Capabilities]:
    """What each vendor can do, by channel and provider."""
    return {
        (channel, provider): plugin.capabilities
        for channel, vendors in channels().items()
        for provider, plugin in vendors.items()
    }


def configured(vendors: Vendors) -> dict[str, ChannelPlugin]:
    """Those that somebody set up. Where none is, the error names what each of them lacks."""
    ready = {provider: plugin for provider, plugin in vendors.items() if plugin.is_configured()}
    if not ready:
        raise _none_is(vendors)
    return ready


def _none_is(vendors: Vendors) -> KithError:
    lacking = []
    for provider, plugin in vendors.items():
        try:
            plugin.build().close()
        except KithError as error:
            lacking.append(f"{provider}: {error.problem}")
    channel = next(iter(vendors.values())).channel
    return KithError(
        f"no vendor is set up: {'; '.join(lacking)}",
        where=f"channel {channel}",
        way_out="set up one of them; see .env.example",
    )
