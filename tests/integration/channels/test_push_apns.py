"""Push over APNs, against its emulator."""

from datetime import timedelta

import pytest

from activation.channels.contract import ChannelDown, Media, Status
from kith.clock import FixedClock
from kith.ids import stable_id
from sandbox.emulation import Fault, Habit
from tests.integration.channels.push_world import DECIDED, request

DEVICE = "ab" * 32
GONE = "ff" * 32


@pytest.fixture
def apple(connect):
    return connect("push_apns", "apns", habit=Habit(lambda address: address == GONE))


def test_apns__takes_a_push_under_our_own_id(apple):
    channel, emulation = apple
    full = request(
        DEVICE,
        media=(Media("https://shop.example/a.jpg"),),
        not_after=DECIDED + timedelta(hours=2),
        options={
            "sound": "default",
            "badge": "0",
            "category": "orders",
            "data.order": "7",
            "url": "https://x.example/",
        },
    )
    answers = channel.send([full, *(request(f"{n:064x}", n) for n in range(60))])
    assert {each.status for each in answers} == {Status.ACCEPTED}
    assert answers[0].provider_message_id == full.message_id
    account = emulation.office("apns").account
    kept = account.find("message", full.message_id)
    assert kept is not None
    assert kept["collapse"] == full.message_id
    assert kept["payload"] == {
        "aps": {
            "alert": {"title": "Hello", "body": "Your order has left."},
            "sound": "default",
            "badge": 0,
            "category": "orders",
            "mutable-content": 1,
        },
        "order": "7",
        "message_id": full.message_id,
        "url": "https://x.example/",
        "image": "https://shop.example/a.jpg",
    }
    assert account.count("message") == 61
    assert account.refusals() == []


@pytest.mark.parametrize(
    ("address", "changed", "status", "detail", "strikes"),
    [
        (GONE, {}, Status.UNREACHABLE, "unregistered", 1),
        ("ab", {}, Status.FAILED, "bad_address", 0),
        (f"{DEVICE}/../x", {}, Status.FAILED, "bad_address", 0),
        (f"{DEVICE}\r\nx: y", {}, Status.FAILED, "bad_address", 0),
        (DEVICE, {"text": "x" * 4096}, Status.FAILED, "too_long", 0),
        (DEVICE, {"options": {"data.aps": "{}"}}, Status.FAILED, "reserved_data", 0),
        (DEVICE, {"options": {"collapse": "x" * 65}}, Status.FAILED, "bad_collapse", 0),
    ],
)
def test_apns__says_what_it_refuses(apple, address, changed, status, detail, strikes):
    channel, _emulation = apple
    answer, other = channel.send([request(address, **changed), request(DEVICE, 9)])
    assert (answer.status, answer.detail, answer.suppress_after) == (status, detail, strikes)
    assert other.status is Status.ACCEPTED


def test_apns__the_token_is_made_anew_each_half_hour_and_not_more_often(apple, clock):
    channel, _emulation = apple
    token = channel.conversation.token
    token._clock = machine = FixedClock(clock.now())
    token.drop(token.value())
    first = token.value()
    machine.set(clock.now() + timedelta(minutes=29))
    assert token.value() == first
    token.drop("an older one")
    assert token.value() == first
    machine.set(clock.now() + timedelta(minutes=30))
    assert token.value() != first


def test_apns__a_token_that_apple_calls_expired_is_renewed_and_the_message_tried_again(apple):
    channel, emulation = apple
    token = channel.conversation.token
    emulation.office("apns").account.write("revoked", stable_id(token.value()), {})
    (answer,) = channel.send([request(DEVICE)])
    assert (answer.status, answer.detail, answer.is_halt) == (Status.DEFERRED, "token_expired", False)
    assert channel.send([request(DEVICE)])[0].status is Status.ACCEPTED


def test_apns__another_topic_or_key_stops_the_channel_or_leaves_the_person_to_another(apple, monkeypatch):
    channel, _emulation = apple
    monkeypatch.setattr("sandbox.vendors.apns.TOPIC", "com.example.else")
    assert channel.send([request(DEVICE)])[0].detail == "other_app"
    monkeypatch.setattr("sandbox.vendors.apns.TEAM_ID", "SOMEBODY")
    answer = channel.send([request(DEVICE)])[0]
    assert (answer.status, answer.detail, answer.is_halt) == (Status.FAILED, "login_refused", True)


@pytest.mark.parametrize(
    ("fault", "status", "detail"),
    [
        (Fault.THROTTLED, Status.DEFERRED, "rate_limited"),
        (Fault.UNAVAILABLE, Status.DEFERRED, "unavailable"),
        (Fault.GATEWAY, Status.UNKNOWN, "server_error"),
        (Fault.RESET, Status.UNKNOWN, "connection_lost"),
        (Fault.CUT, Status.UNKNOWN, "connection_lost"),
        (Fault.ERROR, Status.UNKNOWN, "server_error"),
    ],
)
def test_apns__faults_are_told_apart_and_the_next_message_gets_through(apple, fault, status, detail):
    channel, emulation = apple
    emulation.faults.shares = {fault: 1.0}
    (answer,) = channel.send([request(DEVICE)])
    assert (answer.status, answer.detail) == (status, detail)
    assert (answer.retry_after == 900.0) is (fault is Fault.UNAVAILABLE)
    emulation.faults.shares = {}
    assert channel.send([request(DEVICE, 1)])[0].status is Status.ACCEPTED


def test_apns__nobody_there_is_said_before_anything_leaves(apple, monkeypatch):
    channel, emulation = apple
    channel.close()
    channel.conversation.base_url = "http://127.0.0.1:1"
    with pytest.raises(ChannelDown, match="KITH_APNS_BASE_URL"):
        channel.open()
    assert channel.send([request(DEVICE)])[0].status is Status.DEFERRED
    assert emulation.office("apns").account.count("message") == 0
