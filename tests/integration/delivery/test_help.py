"""HELP is answered, once, by the channel that it came by: over the real API and an emulated carrier."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta

import pyarrow.parquet as pq
import pytest

from activation.contract import HelpAsked
from activation.delivery.balance import balance
from activation.delivery.worker import deliver
from activation.journeys.help_answers import answer_help
from kith.lake import Home, commits
from sandbox.vendors import twilio
from tests.integration.delivery.delivery_world import consent_event, land, ledger_rows, plan, until

NUMBER = "+12025550100"
HELP = {
    "template.yml": "defaults: {shop_name: Larkfield, contact: help@shop.example}\n",
    "sms.txt": "{{ shop_name }}: {{ contact }}. Reply STOP to opt out.",
}


@pytest.fixture
def carrier(api, vendor, world):
    """A carrier, and a workspace that has something to say."""
    folder = world.definitions / "templates" / "help"
    folder.mkdir(parents=True)
    for name, text in HELP.items():
        (folder / name).write_text(text)
    return vendor("twilio")


def texts(carrier) -> Counter[tuple[str, str]]:
    rows = carrier.office("twilio").account.rows("message")
    return Counter((row["to"], row["text"]) for row in rows)


def write(carrier, api, clock, text: str, landed: int) -> None:
    twilio.reply(carrier.office("twilio"), NUMBER, text)
    until(lambda: carrier.caller.open_calls == 0 and sum(carrier.caller.told.values()) >= landed)
    assert set(carrier.caller.told) == {200}


ANSWER = (NUMBER, "Larkfield: help@shop.example. Reply STOP to opt out.")


def test_help__is_answered_whoever_asks_and_each_time(api, carrier, clock) -> None:
    write(carrier, api, clock, " Help! ", 1)
    write(carrier, api, clock, "help me choose a lamp", 2)
    deliver(api, clock)
    deliver(api, clock)
    assert texts(carrier) == Counter({ANSWER: 1})
    write(carrier, api, clock, "INFO", 3)
    deliver(api, clock)
    assert texts(carrier) == Counter({ANSWER: 2})
    assert {(row.journey, row.is_transactional) for row in ledger_rows(api).values()} == {("help", True)}
    assert balance(api).is_balanced


def test_help__is_the_message_of_whom_it_answers(api, carrier, clock, world) -> None:
    event = consent_event(NUMBER, "granted", clock.now() - timedelta(days=1), "sms")
    properties = {"purpose": "marketing", "channel": "sms", "status": "granted", "phone": NUMBER}
    land(world, clock, [{**event, "userId": "u1", "properties": properties}])
    identifiers = json.dumps([["user_id", "u1"], ["phone", NUMBER]])
    plan(world, [NUMBER], clock.now(), channel="sms", identifiers=identifiers)
    deliver(api, clock)
    write(carrier, api, clock, "HELP", 1)
    (found,) = [row for row in _planned(api) if row["journey"] == "help"]
    assert json.loads(found["identifiers"]) == [["user_id", "u1"], ["phone", NUMBER]]
    assert found["profile_id"] == f"profile-{NUMBER}"


def test_help__after_stop_stays_without_an_answer(api, carrier, clock) -> None:
    write(carrier, api, clock, "STOP", 1)
    write(carrier, api, clock, "HELP", 2)
    deliver(api, clock)
    assert texts(carrier) == Counter()


def test_help__that_the_carrier_answered_is_not_answered_twice(api, carrier, clock) -> None:
    twilio.reply(carrier.office("twilio"), NUMBER, "HELP", answers_help=True)
    until(lambda: sum(carrier.caller.told.values()) >= 1)
    deliver(api, clock)
    assert texts(carrier) == Counter()


def test_help__told_again_after_a_crash_is_planned_once(world, clock) -> None:
    folder = world.definitions / "templates" / "help"
    folder.mkdir(parents=True)
    for name, text in HELP.items():
        (folder / name).write_text(text)
    asked = [HelpAsked("one", "sms", NUMBER, clock.now()), HelpAsked("one", "sms", NUMBER, clock.now())]
    assert answer_help(world, asked, clock.now()) == 1
    assert answer_help(world, asked, clock.now() + timedelta(minutes=5)) == 0
    assert answer_help(world, [HelpAsked("two", "sms", NUMBER, clock.now())], clock.now()) == 1
    assert len({row["message_id"] for row in _planned(world)}) == len(_planned(world)) == 2


def test_help__without_a_template_is_recorded_alone(world, clock) -> None:
    assert answer_help(world, [HelpAsked("one", "sms", NUMBER, clock.now())], clock.now()) == 0
    assert commits(Home(world.home), "journeys") == []


def _planned(settings) -> list[dict]:
    found = commits(Home(settings.home), "journeys")
    return [row for each in found for row in pq.read_table(each.table("outbox")).to_pylist()]
