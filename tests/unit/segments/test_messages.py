"""What became of messages. Each case says who is in; and what is refused."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from activation.segments.messages import ANSWERS, message_event
from tests.unit.segments.edges import DAY, NOON, TICK, Case, Happened, judged, midnight
from tests.unit.segments.world import AS_OF

ROOT = Path(__file__).parents[3]
HOUR = timedelta(hours=1)


def sent(number: int, at: datetime = NOON - DAY, **about: Any) -> Happened:
    return ("Message Sent", at, {"message_id": f"m{number}", **about})


def told(event: str, number: int | None, at: datetime = NOON, **about: Any) -> Happened:
    return (event, at, {"message_id": f"m{number}", **about} if number is not None else about or None)


OPENED = {"message": "any", "was": "opened"}
LAST_TWO = {"message": "any", "was_not": "opened", "of_last": 2}
BOUGHT = {"message": "offer", "was": "converted"}
OFFER: dict[str, Any] = {
    "template": "offer",
    "campaign": "winback",
    "channel": "email",
    "step_id": "message:offer",
}

CASES: dict[str, Case] = {
    "an open is one": (OPENED, [told("Email Opened", 1)], True),
    "a click is no open": (OPENED, [told("Email Link Clicked", 1)], False),
    "an open without a message is one": (OPENED, [told("Email Opened", None)], True),
    "who got nothing opened nothing": ({"message": "any", "was_not": "opened"}, [], True),
    "not opened is the complement": ({"message": "any", "was_not": "opened"}, [told("Email Opened", 1)], False),
    "every channel's click is a click": (
        {"message": "any", "was": "clicked", "count": {"is": 3}},
        [told("Email Link Clicked", 1), told("SMS Link Clicked", 2), told("Push Notification Tapped", 3)], True,
    ),
    "a count counts messages": (
        {**OPENED, "count": {"is": 1}}, [told("Email Opened", 1), told("Email Opened", 1, NOON + HOUR)], True,
    ),
    "opens without a message are different ones": (
        {**OPENED, "count": {"is": 2}}, [told("Email Opened", None), told("Email Opened", None, NOON + HOUR)], True,
    ),
    "a window begins at its midnight": ({**OPENED, "within": "7d"}, [told("Email Opened", 1, midnight(7))], True),
    "nothing before a window": ({**OPENED, "within": "7d"}, [told("Email Opened", 1, midnight(7) - TICK)], False),
    "nothing at the instant": (OPENED, [told("Email Opened", 1, AS_OF)], False),
    "the sending tells the campaign": (
        {**OPENED, "campaign": "winback"}, [sent(1, **OFFER), told("Email Opened", 1)], True,
    ),
    "the sending of another message doesn't": (
        {**OPENED, "campaign": "winback"}, [sent(2, **OFFER), told("Email Opened", 1)], False,
    ),
    "a sending that comes later doesn't": (
        {**OPENED, "campaign": "winback"}, [sent(1, NOON + TICK, **OFFER), told("Email Opened", 1)], False,
    ),
    "a sending of the same instant does": (
        {**OPENED, "campaign": "winback"}, [sent(1, NOON, **OFFER), told("Email Opened", 1)], True,
    ),
    "the answer's own word comes first": (
        {**OPENED, "campaign": "winback"}, [sent(1, **OFFER), told("Email Opened", 1, campaign="other")], False,
    ),
    "journeys, steps and templates as campaigns": (
        {"message": "offer", "was": "clicked", "journey": "winback", "step": "message:offer"},
        [sent(1, **OFFER), told("Email Link Clicked", 1)], True,
    ),
    "another journey is another": (
        {"message": "any", "was": "clicked", "journey": "welcome"},
        [sent(1, **OFFER), told("Email Link Clicked", 1)], False,
    ),
    "another step is another": (
        {"message": "any", "was": "clicked", "step": "welcome"},
        [sent(1, **OFFER), told("Email Link Clicked", 1)], False,
    ),
    "another template is another message": ({**OPENED, "message": "offer"}, [told("Email Opened", 1)], False),
    "an event names its channel": (
        {"message": "any", "was": "delivered", "channel": "push"}, [told("Push Notification Received", 1)], True,
    ),
    "what the answer says of its channel comes first": (
        {**OPENED, "channel": "sms"}, [told("Email Opened", 1, channel="sms")], True,
    ),
    "a leaving's channel is that of the message": (
        {"message": "any", "was": "unsubscribed", "channel": "email"}, [sent(1, **OFFER), told("Unsubscribed", 1)], True,
    ),
    "a message is sent once": (
        {"message": "any", "was": "sent", "count": {"is": 1}}, [sent(1), sent(1, NOON)], True,
    ),
    "when it was first": ({"message": "any", "was": "sent", "within": "2d"}, [sent(1, midnight(3)), sent(1)], False),
    "a reserved name that was tracked": (OPENED, [told("message:opened", 1)], False),
    "the raw rows can be asked": (
        {"event": "message:opened", "last": {"older_than": "1d"}}, [told("Email Opened", 1, midnight(3))], True,
    ),
    "neither of the last two": (LAST_TWO, [sent(1), sent(2, NOON), sent(3, NOON + HOUR), told("Email Opened", 1)], True),
    "the last but one": (LAST_TWO, [sent(1), sent(2, NOON), sent(3, NOON + HOUR), told("Email Opened", 2)], False),
    "of fewer all": (LAST_TWO, [sent(1), told("Email Opened", 1)], False),
    "of none none": (LAST_TWO, [], True),
    "those of one instant are in together": (
        LAST_TWO, [sent(1, NOON), sent(2, NOON), sent(3, NOON + HOUR), told("Email Opened", 1, NOON + DAY / 2)], False,
    ),
    "whichever of them": (
        LAST_TWO, [sent(1, NOON), sent(2, NOON), sent(3, NOON + HOUR), told("Email Opened", 2, NOON + DAY / 2)], False,
    ),
    "twice opened is one of them": (
        {**OPENED, "of_last": 2, "count": {"is": 1}},
        [sent(1), sent(2), told("Email Opened", 1), told("Email Opened", 1, NOON + HOUR)], True,
    ),
    "the last of a campaign": (
        {**OPENED, "of_last": 1, "campaign": "winback"},
        [sent(1, **OFFER), sent(2, NOON), told("Email Opened", 1)], True,
    ),
    "the last in a window": (
        {**OPENED, "of_last": 1, "within": "1d"}, [sent(1, midnight(2)), told("Email Opened", 1)], False,
    ),
    "an answer before the window": (
        {**OPENED, "of_last": 1, "within": "1d"}, [sent(1, NOON), told("Email Opened", 1, midnight(2))], False,
    ),
    "an order within a week": (BOUGHT, [sent(1, NOON - 8 * DAY, **OFFER), ("Order Completed", NOON - DAY, None)], True),
    "an order after a week": (
        BOUGHT, [sent(1, NOON - 8 * DAY, **OFFER), ("Order Completed", NOON - DAY + TICK, None)], False,
    ),
    "an order at once is of something else": (BOUGHT, [sent(1, NOON, **OFFER), ("Order Completed", NOON, None)], False),
    "an order after another message": (BOUGHT, [sent(1, NOON), ("Order Completed", NOON + HOUR, None)], False),
    "not converted is the complement": (
        {"message": "offer", "was_not": "converted"},
        [sent(1, NOON, **OFFER), ("Order Completed", NOON + HOUR, None)], False,
    ),
    "another event and another time": (
        {**BOUGHT, "by": "Signed Up", "gap": "1h"}, [sent(1, NOON, **OFFER), ("Signed Up", NOON + HOUR, None)], True,
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, bool]]:
    return judged(CASES, tmp_path_factory.mktemp("messages"))


@pytest.mark.parametrize("case", CASES)
def test_messages__at_their_edges(case: str, seen: dict[str, dict[str, bool]]) -> None:
    assert seen[case] == dict.fromkeys(seen[case], CASES[case][2])


def test_messages__speak_as_the_warehouse_does() -> None:
    text = (ROOT / "dbt" / "macros" / "messages.sql").read_text(encoding="utf-8")
    told = dict(re.findall(r"'([A-Z][^']*)': '(\w+)'", text))
    assert told == {event: status for status, events in ANSWERS.items() for event in events}
    assert message_event("opened") == "message:opened"
