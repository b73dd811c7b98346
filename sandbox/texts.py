"""What people do with a text message: they follow its link, or send STOP to the number that it came from."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.emulation import Office
from sandbox.people import CHANNELS
from sandbox.reactions import Reaction
from sandbox.vendors import twilio, vonage

SMS = CHANNELS.index("sms")
STOP = "STOP"

#: The vendors of the sandbox whose texts reach people, and how somebody answers through them.
CARRIERS: Mapping[str, Callable[[Office, str, str], None]] = {"twilio": twilio.reply, "vonage": vonage.reply}
_LINK = re.compile(r"https?://\S+")


@dataclass(frozen=True)
class Text:
    """A text that reached a phone. `link` is the first address in it; `carrier` the vendor that brought it."""

    number: str
    link: str
    at: datetime
    carrier: str


def text_of(carrier: str, row: Mapping[str, Any], at: datetime) -> Text | None:
    """The text that took effect at a vendor, or None for anything else that did."""
    if carrier not in CARRIERS or row["kind"] != "message" or "text" not in row:
        return None
    found = _LINK.search(str(row["text"]))
    return Text(str(row["to"]), found.group().rstrip(".,)") if found else "", at, carrier)


def deeds_of(reaction: Reaction, text: Text) -> list[tuple[str, int, str]]:
    """Kind, delay (ms) and address of each deed. Nobody sees an opening of a text."""
    found = [("text click", reaction.clicks, text.link)] if text.link else []
    found += [("text stop", reaction.unsubscribes or reaction.complains, text.carrier)]
    return [(kind, after, target) for kind, after, target in found if after is not None]
