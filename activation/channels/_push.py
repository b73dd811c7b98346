"""A push notification before it takes the form of one vendor: what it shows, where it leads, how long it may wait."""

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from activation.channels.contract import Capabilities, Refused, Request, check_capabilities

LONGEST_WAIT = 2_419_200  # seconds; four weeks, FCM's limit and more than APNs keeps anything
_DATA = "data."
_URGENCIES = ("normal", "high")
# Words that FCM keeps for itself; refused for all, so that a template says the same everywhere.
_RESERVED = re.compile(r"(?:from|message_type|gcm|google\..*|gcm\.notification\..*|aps|message_id|url)")


@dataclass(frozen=True)
class Notification:
    """`data` goes to the app beside what is shown, as texts. `collapse` names messages of which the last replaces the
    others: the message's own id unless the template says another, so that a second copy takes the place of the first.
    `seconds`: how long the vendor may keep it; None is as long as it likes."""

    message_id: str
    title: str
    body: str
    url: str = ""
    image: str = ""
    sound: str = ""
    badge: int | None = None
    category: str = ""
    collapse: str = ""
    is_urgent: bool = False
    seconds: int | None = None
    data: dict[str, str] = field(default_factory=dict)


def notification_of(request: Request, capabilities: Capabilities, now: datetime) -> Notification:
    """What the request says of a push. Raises Refused for a part or an option that no push carries."""
    check_capabilities(
        capabilities, html=request.html, amp=request.amp, media=request.media, actions=request.actions
    )
    options, data = _told(request)
    if not (request.subject or request.text):
        raise Refused("no_content", "a notification shows a title or a text")
    return Notification(
        request.message_id,
        request.subject,
        request.text,
        url=options.get("url", ""),
        image=_image(request),
        sound=options.get("sound", ""),
        badge=_badge(options.get("badge")),
        category=options.get("category", ""),
        collapse=_collapse(options.get("collapse", request.message_id)),
        is_urgent=_urgency(options) == "high",
        seconds=_seconds(request, now),
        data={**data, "message_id": request.message_id},
    )


def encoded(payload: dict[str, Any], largest: int) -> bytes:
    """Compact JSON in UTF-8. Raises Refused where it is too long (bytes), or holds half a character."""
    try:
        body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError as error:
        raise Refused("bad_text", "the text holds half of a character") from error
    if len(body) > largest:
        raise Refused("too_long", f"{len(body)} bytes, {largest} at most")
    return body


_OPTIONS = frozenset({"url", "sound", "badge", "category", "collapse", "urgency"})


def _told(request: Request) -> tuple[dict[str, str], dict[str, str]]:
    options, data = {}, {}
    for name, value in request.options.items():
        if name.startswith(_DATA):
            data[name.removeprefix(_DATA)] = value
        elif name in _OPTIONS:
            options[name] = value
        else:
            raise Refused("unknown_option", f"a push knows no option {name}")
    if reserved := sorted(name for name in data if _RESERVED.fullmatch(name) or not name):
        raise Refused("reserved_data", f"these names are the vendor's own: {', '.join(reserved)}")
    return options, data


def _image(request: Request) -> str:
    if not request.media:
        return ""
    first, *more = request.media
    if more or first.kind != "image":
        raise Refused("unsupported_media", "a notification shows one image and no other media")
    return first.url


def _badge(told: str | None) -> int | None:
    if told is None:
        return None
    if not (told.isascii() and told.isdigit() and len(told) <= 5):
        raise Refused("bad_badge", "a badge is a number")
    return int(told)


def _collapse(told: str) -> str:
    """It goes into a header: printable ASCII, and no longer than APNs takes."""
    if not re.fullmatch(r"[!-~]{1,64}", told):
        raise Refused("bad_collapse", "a collapse key is 1 to 64 visible ASCII characters")
    return told


def _urgency(options: dict[str, str]) -> str:
    told = options.get("urgency", "high")
    if told not in _URGENCIES:
        raise Refused("bad_urgency", "urgency is normal or high")
    return told


def _seconds(request: Request, now: datetime) -> int | None:
    if request.not_after is None:
        return None
    return max(0, min(int((request.not_after - now).total_seconds()), LONGEST_WAIT))
