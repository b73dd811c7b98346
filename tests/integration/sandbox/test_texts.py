"""People and their texts: they follow the link over HTTP, and send STOP by way of the carrier."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from kith.clock import FixedClock
from sandbox.answers import Answers
from sandbox.calendar import to_ms
from sandbox.directory import Directory
from sandbox.emulation import Emulation, vendors
from sandbox.texts import CARRIERS, STOP, Text, text_of
from tests.integration.sandbox.conftest import LAUNCH

WEEK = to_ms(LAUNCH + timedelta(days=7))


def test_text__is_a_message_of_a_carrier_with_the_first_link_in_it():
    row = {"kind": "message", "key": "1", "to": "+4915112345678", "text": "Hi: http://127.0.0.1:1/c/x. Bye"}
    found = text_of("twilio", row, LAUNCH)
    assert found == Text("+4915112345678", "http://127.0.0.1:1/c/x", LAUNCH, "twilio")
    assert text_of("twilio", {**row, "kind": "stop"}, LAUNCH) is None
    assert text_of("hubspot", row, LAUNCH) is None


def test_numbers__of_the_world_lead_to_their_people(world):
    directory = Directory(world.shop.people)
    numbers = [number for number in world.shop.people.identity.phone if number]
    for number in numbers:
        person = directory.find_number(number)
        assert person is not None
        assert world.shop.people.identity.phone[person] == number
    off = sum(directory.is_off(f"+999{number:09d}") for number in range(5_000))
    assert 0.01 < off / 5_000 < 0.03


@pytest.mark.parametrize("carrier", sorted(CARRIERS))
def test_texts__are_followed_and_stopped_through_the_carrier(world, links, tmp_path, carrier):
    world.shop.people.temper.unsubscribe_rate[:] = 0.5
    served = {name: vendor for name, vendor in vendors().items() if name in CARRIERS}
    directory = Directory(world.shop.people)
    with Emulation(served, tmp_path / "vendors", FixedClock(LAUNCH), platform=links.url) as carriers:
        answers = Answers(world, lambda event, deed: None, directory.find)
        answers.stop = lambda name, number: CARRIERS[name](carriers.office(name), number, STOP)
        numbers = [number for number in world.shop.people.identity.phone if number]
        for number in numbers:
            text = Text(number, f"{links.url}/c/{number}", LAUNCH, carrier)
            answers.receive_text(text, directory.find_number(number))
        answers.perform_until(WEEK)
        replies = carriers.office(carrier).account.rows("reply")
    assert answers.done["text click"] > 10
    assert answers.done["text stop"] == len(replies) > 10
    assert {row["text"] for row in replies} == {STOP}
    due = Counter(what for reminders in world.state.due.values() for what, *_rest in reminders)
    assert due["visit"] >= answers.done["text click"]
    assert due["withdraw"] >= len(replies)
