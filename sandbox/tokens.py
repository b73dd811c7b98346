"""Where devices are reached: an app's token, a browser's subscription; told as long as their owner allows notifications.

All of it follows from a device's anonymous id, so that no dice of the world are cast for it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import orjson

from kith.ids import share, stable_id
from sandbox.devices import APP, Devices

#: Stands in for every push service; platforms are led to the emulator by KITH_WEBPUSH_BASE_URL.
PUSH_SERVICE = "https://push.example"
#: The share of devices whose app is no more though nobody told the shop, and of browsers that take notifications.
REMOVED, SUBSCRIBERS = 0.08, 0.2
ANDROID, IOS = "android", "ios"


def platform_of(devices: Devices, device: int) -> str:
    """`android` or `ios` for an app, `web` for a browser that takes notifications, empty for what is never reached."""
    if devices.owner[device] < 0:
        return ""
    if devices.kind[device] == APP:
        return IOS if "iOS" in devices.user_agent[device] else ANDROID
    return "web" if share(devices.anonymous_id[device], "takes notifications") < SUBSCRIBERS else ""


@lru_cache(maxsize=65_536)
def token_of(platform: str, anonymous_id: str) -> str:
    """What vendors call the device: FCM's token, Apple's in hex, the browser's name at its push service."""
    drawn = stable_id("token", anonymous_id)
    if platform == IOS:
        return drawn + stable_id("token", drawn)
    return f"{drawn[:22]}:APA91b{drawn}{stable_id('token', drawn)}" if platform == ANDROID else anonymous_id


def is_removed(token: str) -> bool:
    """Whether the vendor says that nobody is there any more."""
    return share(token, "app removed") < REMOVED


def token_context(platform: str, token: str) -> bytes:
    """What an app's context says of its device, as a JSON member."""
    return b'"device":' + orjson.dumps({"type": platform, "token": token})


def told_as(platform: str, anonymous_id: str, is_allowed: bool) -> tuple[str, dict[str, Any]]:
    """The event by which a device says that it can be reached, or no more, and its properties."""
    if platform == "web":
        return f"Web Push {'Subscribed' if is_allowed else 'Unsubscribed'}", {
            "subscription": _subscription(anonymous_id)
        }
    token = token_of(platform, anonymous_id)
    return f"Push Token {'Registered' if is_allowed else 'Unregistered'}", {
        "token": token,
        "platform": platform,
    }


@lru_cache(maxsize=1_024)
def _subscription(name: str) -> dict[str, Any]:
    from sandbox.vendors.webpush import subscription

    return orjson.loads(subscription(PUSH_SERVICE, name))
