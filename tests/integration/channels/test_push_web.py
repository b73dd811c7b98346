"""Push to browsers: what leaves is read by http-ece with the browser's own key, and signed as VAPID asks."""

import json
from datetime import timedelta

import pytest

from activation.channels.contract import Action, Media, Status
from activation.http import is_public
from sandbox.vendors.webpush import subscription
from tests.integration.channels.push_world import DECIDED, request


@pytest.fixture
def browsers(connect):
    channel, emulation = connect("push_web", "webpush")
    return channel, emulation, lambda name: subscription(emulation.url("webpush"), name)


def test_web__the_browser_reads_what_was_said(browsers):
    channel, emulation, subscribed = browsers
    full = request(
        subscribed("ann"),
        media=(Media("https://shop.example/a.jpg"),),
        actions=(Action("Look", "https://shop.example/look"),),
        not_after=DECIDED + timedelta(hours=1),
        options={"url": "https://shop.example/", "data.order": "7"},
    )
    (answer,) = channel.send([full])
    assert answer.status is Status.ACCEPTED
    assert len(answer.provider_message_id) == 32
    (kept,) = emulation.office("webpush").account.rows("message")
    assert (kept["to"], kept["ttl"], kept["topic"]) == ("ann", 3570, full.message_id)
    assert kept["shown"] == {
        "title": "Hello",
        "body": "Your order has left.",
        "image": "https://shop.example/a.jpg",
        "url": "https://shop.example/",
        "actions": [{"action": "0", "title": "Look", "url": "https://shop.example/look"}],
        "tag": full.message_id,
        "data": {"order": "7", "message_id": full.message_id},
    }


def test_web__waits_for_the_browser_unless_told_otherwise(browsers):
    channel, emulation, subscribed = browsers
    channel.send([request(subscribed("ann"))])
    (kept,) = emulation.office("webpush").account.rows("message")
    assert kept["ttl"] == 2_419_200


def test_web__a_record_is_filled_to_its_last_byte_and_not_beyond(browsers):
    channel, emulation, subscribed = browsers
    bare = json.loads(channel.conversation.prepare(request(subscribed("a"), text="")).headers["TTL"])
    assert bare == 2_419_200
    from activation.channels._push import encoded, notification_of
    from activation.channels.push_web import CAPABILITIES, LARGEST, web_payload

    empty = request(subscribed("a"), text=" ")
    room = LARGEST - len(encoded(web_payload(notification_of(empty, CAPABILITIES, DECIDED), empty), LARGEST))
    fits, over = channel.send(
        [request(subscribed("a"), text="x" * (room + 1)), request(subscribed("a"), 1, text="x" * (room + 2))]
    )
    assert (fits.status, over.status, over.detail) == (Status.ACCEPTED, Status.FAILED, "too_long")
    assert len(channel.conversation.prepare(request(subscribed("a"), text="x" * (room + 1))).body) == 4_096
    assert emulation.office("webpush").account.refusals() == []


@pytest.mark.parametrize(
    "spoilt",
    [
        "",
        "null",
        "[" * 100_000,
        '{"endpoint": 7}',
        lambda told: {**told, "keys": {**told["keys"], "auth": "AAAA"}},
        lambda told: {**told, "keys": {**told["keys"], "p256dh": told["keys"]["p256dh"][:-4]}},
        lambda told: {**told, "keys": {**told["keys"], "p256dh": "B" + "A" * 86}},  # a point off the curve
        lambda told: {**told, "keys": {**told["keys"], "p256dh": ["x"]}},
        lambda told: {**told, "endpoint": "file:///etc/passwd"},
        lambda told: {**told, "endpoint": told["endpoint"] + "\r\nX: y"},
        lambda told: {**told, "endpoint": "http://user:word@127.0.0.1/"},
        lambda told: {**told, "endpoint": "http://[::1"},
    ],
)
def test_web__no_subscription_is_refused_and_the_others_go(browsers, spoilt):
    channel, _emulation, subscribed = browsers
    address = json.dumps(spoilt(json.loads(subscribed("bob")))) if callable(spoilt) else spoilt
    answer, other = channel.send([request(address), request(subscribed("ann"))])
    assert (answer.status, answer.detail) == (Status.FAILED, "bad_address")
    assert other.status is Status.ACCEPTED


def test_web__a_browser_that_left_is_unreachable_and_another_key_stops_nobody_else(browsers):
    channel, emulation, subscribed = browsers
    (answer,) = channel.send([request(subscribed("unknown"))])
    assert (answer.status, answer.suppress_after) == (Status.UNREACHABLE, 1)
    channel.conversation.vapid.public_key = channel.conversation.vapid.public_key[:-2] + "AA"
    (answer,) = channel.send([request(subscribed("ann"))])
    assert (answer.status, answer.detail, answer.is_halt) == (Status.UNREACHABLE, "other_key", False)
    assert "subscribed with another key" in emulation.office("webpush").account.refusals()


def test_web__an_endpoint_in_our_own_house_is_never_called(connect, monkeypatch):
    channel, emulation = connect("push_web", "webpush")
    monkeypatch.setenv("KITH_WEBPUSH_REACH", "public")
    from activation.channels.push_web import plugin

    guarded = plugin.build()
    inside = json.loads(subscription(emulation.url("webpush"), "ann"))
    port = emulation.port
    for host in (
        f"127.0.0.1:{port}",
        f"localhost:{port}",
        f"[::1]:{port}",
        f"2130706433:{port}",
        "169.254.169.254",
    ):
        address = json.dumps({**inside, "endpoint": f"https://{host}/webpush/push/ann"})
        (answer,) = guarded.send([request(address)])
        assert answer.status in (Status.UNREACHABLE, Status.DEFERRED, Status.FAILED), host
        assert answer.detail in ("forbidden_address", "unknown_host", "bad_address"), (host, answer)
    guarded.close()
    assert emulation.office("webpush").account.count("message") == 0
    assert channel.send([request(json.dumps(inside))])[0].status is Status.ACCEPTED


PRIVATE = """127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 0.0.0.0 100.64.0.1 224.0.0.1 198.18.0.1
255.255.255.255 ::1 :: fe80::1 fe80::1%eth0 fc00::1 ff02::1 ::ffff:127.0.0.1 ::127.0.0.1 2002:7f00:1::
64:ff9b::127.0.0.1 64:ff9b::a9fe:a9fe nonsense"""


@pytest.mark.parametrize("address", PRIVATE.split())
def test_guard__private_addresses_in_every_dress(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"]
)
def test_guard__the_open_internet(address):
    assert is_public(address)
