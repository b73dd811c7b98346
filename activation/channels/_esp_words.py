"""What e-mail services say happened, in our words. Shared by the readers of all of them.

Services tell bounces apart in their own ways; where they pass on the receiving server's reply, that reply decides what
it costs the address, by the same table as our own SMTP.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from activation.channels._status_codes import judge_reply
from activation.channels.contract import Reason, Status

_REPLY = re.compile(r"(?<!\d)([45]\d\d)[ -](?:#?([45]\.\d{1,3}\.\d{1,3})[ :]?)?(.*)", re.DOTALL)
_ENHANCED = re.compile(r"(?<![\d.])([45])\.(\d{1,3})\.(\d{1,3})(?![\d.])")


@dataclass(frozen=True)
class Told:
    """One event. `status` None: it tells nothing about a message, and `detail` says why."""

    status: Status | None
    detail: str
    suppress_after: int = 0


SENT = Told(Status.ACCEPTED, "sent")
DELIVERED = Told(Status.DELIVERED, "delivered")
LATER = Told(Status.DEFERRED, "deferred")
HARD = Told(Status.BOUNCED, "hard_bounce", suppress_after=1)
INVALID = Told(Status.BOUNCED, "bad_address", suppress_after=1)
SOFT = Told(Status.BOUNCED, "soft_bounce", suppress_after=5)
BLOCKED = Told(Status.BOUNCED, "policy")
#: The service itself did not send it: its own list says no. Nothing new about the address.
DROPPED = Told(Status.REJECTED, "suppressed_by_vendor")
REFUSED = Told(Status.FAILED, "content_refused")
SPAM = Told(Status.COMPLAINED, "spam", suppress_after=1)
UNSUBSCRIBED = Told(Status.UNSUBSCRIBED, "unsubscribed")
OPENED = Told(Status.OPENED, "opened")
CLICKED = Told(Status.CLICKED, "clicked")
# Not about a message, or not to be believed of a person.
MACHINE = Told(None, "machine_open")
INBOUND = Told(None, "inbound_mail")
RESUBSCRIBED = Told(None, "resubscribed")  # a consent comes from the person, never from a service
LIST_CHANGE = Told(None, "list_change")
PING = Told(None, "ping")
UNKNOWN_EVENT = Told(None, "unknown_event")


def means(words: Mapping[Told, str]) -> Mapping[str, Told]:
    """A service's words, separated by commas, for each of ours: by their word."""
    return {word: told for told, theirs in words.items() for word in theirs.split(", ")}


def by_reply(told: Told, diagnosis: str) -> tuple[Told, str]:
    """A bounce seen with the receiving server's own reply: what it means, and the codes in it.

    Our table knows better than a service whether a bounce speaks of the address (a full mailbox, a spam filter and a
    dead mailbox are all "hard" somewhere). Without codes the service's word stands.
    """
    code, enhanced, text = _codes(diagnosis)
    if told.status is not Status.BOUNCED or not (code or enhanced):
        return told, f"{code} {enhanced}".strip()
    answer = judge_reply("", "rcpt", int(code or f"{enhanced[0]}50"), f"{enhanced} {text}".strip())
    codes = f"{code} {enhanced}".strip()
    if answer.detail == "unspecified" or answer.status is Status.FAILED:  # codes that speak of no address
        return told, codes
    if (
        answer.status is Status.DEFERRED
    ):  # a bounce with a transient code: they gave up, the address may be fine
        return Told(
            Status.BOUNCED, answer.detail, SOFT.suppress_after if _is_address(answer.reason) else 0
        ), codes
    return Told(Status.BOUNCED, answer.detail, answer.suppress_after), codes


def _is_address(reason: Reason) -> bool:
    return reason is Reason.ADDRESS_REFUSED


def _codes(diagnosis: str) -> tuple[str, str, str]:
    """Reply code, enhanced code, the rest; each may be empty."""
    reply = _REPLY.search(diagnosis)
    if reply:
        return reply[1], reply[2] or _enhanced(reply[3]), reply[3][:300]
    return "", _enhanced(diagnosis), diagnosis[:300]


def _enhanced(text: str) -> str:
    found = _ENHANCED.search(text)
    return found[0] if found else ""
