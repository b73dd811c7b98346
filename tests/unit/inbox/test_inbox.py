"""The inbox: once in, seen by its owner alone, gone when its time is over."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from activation.channels.contract import Action, Erases, Media, Reason, Status
from activation.channels.in_app_inbox import plugin as in_app
from activation.channels.web_message_inbox import plugin as web_message
from activation.inbox import INBOX, Deed, Inbox
from kith.clock import VirtualClock
from kith.state import StateDatabase
from tests.conftest import START
from tests.integration.channels.push_world import request

LATER = START + timedelta(minutes=1)


@pytest.fixture
def channel(settings, monkeypatch):
    monkeypatch.setenv("KITH_CLOCK", "virtual")
    VirtualClock(settings.clock_file).set(START)
    built = in_app.build()
    built.open()
    yield built
    built.close()


@pytest.fixture
def inbox(settings):
    database = StateDatabase.open(settings)
    yield Inbox(database)
    database.close()


def test_inbox__is_made_by_the_migrations_as_described(settings):
    database = StateDatabase.open(settings)
    made = sa.inspect(database.engine)
    columns = [(each["name"], each["nullable"], str(each["type"])) for each in made.get_columns("inbox")]
    dialect = database.engine.dialect
    assert columns == [
        (each.name, each.nullable, each.type.compile(dialect=dialect)) for each in INBOX.columns
    ]
    assert made.get_pk_constraint("inbox")["constrained_columns"] == ["message_id"]
    indexes = {each["name"]: each["column_names"] for each in made.get_indexes("inbox")}
    assert indexes == {"inbox_waiting": ["channel", "address", "arrived_at"]}
    database.close()


def test_channel__puts_a_message_in_once_and_whole(channel, inbox):
    full = request(
        "u1",
        html="<p>x</p>",
        locale="de",
        media=(Media("https://x.example/a.jpg"),),
        actions=(Action("Look", "https://x.example/"),),
        options={"place": "top"},
    )
    assert [each.status for each in channel.send([full, request("u2")])] == [Status.ACCEPTED] * 2
    assert channel.send([replace(full, subject="changed")])[0].status is Status.ACCEPTED
    (message,) = inbox.waiting("in_app", "u1", LATER)
    assert (message.title, message.text, message.html) == ("Hello", "Your order has left.", "<p>x</p>")
    assert message.media == [{"url": "https://x.example/a.jpg", "kind": "image", "text": ""}]
    assert (message.actions, message.options) == (
        [{"title": "Look", "url": "https://x.example/"}],
        {"place": "top"},
    )
    assert (message.locale, message.arrived_at) == ("de", START)


def test_inbox__shows_each_person_and_channel_their_own_the_newest_first(channel, settings, inbox):
    other = web_message.build()
    other.open()
    other.send([request("u1", 9)])
    other.close()
    channel.send([request("u1", 1)])
    VirtualClock(settings.clock_file).set(LATER)
    channel.send([request("u1", 2, text="newer"), request("u2", 3)])
    texts = [each.text for each in inbox.waiting("in_app", "u1", LATER)]
    assert texts == ["newer", "Your order has left."]
    assert len(inbox.waiting("web_message", "u1", LATER)) == 1
    assert inbox.waiting("in_app", "u1", LATER, limit=1)[0].text == "newer"


def test_inbox__what_is_over_or_dismissed_is_not_shown(channel, inbox):
    first, second = request("u1", 1, not_after=LATER), request("u1", 2)
    channel.send([first, second])
    assert len(inbox.waiting("in_app", "u1", LATER - timedelta(seconds=1))) == 2
    assert [each.message_id for each in inbox.waiting("in_app", "u1", LATER)] == [second.message_id]
    assert inbox.note(second.message_id, "u1", Deed.DISMISSED, LATER)
    assert inbox.waiting("in_app", "u1", LATER) == []


def test_inbox__a_deed_counts_once_and_for_its_owner_alone(channel, inbox):
    asked = request("u1")
    channel.send([asked])
    assert not inbox.note(asked.message_id, "u2", Deed.OPENED, LATER)
    assert inbox.note(asked.message_id, "u1", Deed.OPENED, LATER)
    assert not inbox.note(asked.message_id, "u1", Deed.OPENED, LATER)
    assert inbox.note(asked.message_id, "u1", Deed.CLICKED, LATER)


@pytest.mark.parametrize(
    ("address", "changed", "detail"),
    [
        ("", {}, "bad_address"),
        ("u\x00", {}, "bad_address"),
        ("u" * 401, {}, "bad_address"),
        ("u1", {"text": "\x00"}, "bad_text"),
        ("u1", {"options": {"a": "\ud800"}}, "bad_text"),
        ("u1", {"text": "x" * 64_001}, "too_long"),
        ("u1", {"amp": "<html amp>"}, "unsupported_content"),
    ],
)
def test_channel__what_no_table_can_hold_is_refused_and_the_others_go_in(
    channel, inbox, address, changed, detail
):
    answer, other = channel.send([request(address, **changed), request("u9")])
    assert (answer.status, answer.detail) == (Status.FAILED, detail)
    assert other.status is Status.ACCEPTED
    assert len(inbox.waiting("in_app", "u9", LATER)) == 1


def test_channel__a_database_that_fails_leaves_it_unknown_and_one_that_is_not_open_unsent(channel):
    with channel._database.begin() as connection:
        connection.execute(sa.text("DROP TABLE inbox"))
    (answer,) = channel.send([request("u1")])
    assert (answer.status, answer.reason) == (Status.UNKNOWN, Reason.ANSWER_LOST)
    channel.close()
    assert channel.send([request("u1")])[0].status is Status.DEFERRED


def test_channel__erases_an_address(channel, inbox):
    channel.send([request("u1"), request("u1", 1), request("u2")])
    assert isinstance(channel, Erases)
    assert channel.erase("u1")
    assert inbox.waiting("in_app", "u1", LATER) == []
    assert len(inbox.waiting("in_app", "u2", LATER)) == 1
