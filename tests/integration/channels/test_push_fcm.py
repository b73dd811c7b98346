"""Push over FCM, against its emulator and the published schema."""

import json
from collections import Counter
from datetime import timedelta
from typing import Any, cast

import jsonschema
import pytest

from activation.channels.contract import ChannelDown, ChannelPlugin, Media, Reason, Status
from activation.delivery.lines import Lines
from kith.registry import plugin
from tests.integration.channels.push_world import DECIDED, SPECS, discovery_schema, request

FULL = {
    "media": (Media("https://shop.example/a.jpg"),),
    "not_after": DECIDED + timedelta(hours=2),
    "options": {"url": "https://shop.example/", "sound": "default", "badge": "3", "category": "orders"}
    | {"collapse": "order-7", "urgency": "normal", "data.order": "7"},
}


def test_fcm__takes_a_push_and_keeps_what_was_said(connect):
    channel, emulation = connect("push_fcm", "fcm")
    plain, full = channel.send([request("dev:1"), request("dev:2", **FULL)])
    assert {plain.status, full.status} == {Status.ACCEPTED}
    first, second = emulation.office("fcm").account.rows("message")
    assert {first["name"], second["name"]} == {plain.provider_message_id, full.provider_message_id}
    message = second["message"] if second["to"] == "dev:2" else first["message"]
    assert message["android"]["ttl"] == f"{2 * 3600 - 30}s"
    assert message["data"] == {
        "order": "7",
        "message_id": full.message_id,
        "url": "https://shop.example/",
    }
    assert message["android"]["notification"]["tag"] == "order-7"


def test_fcm__takes_four_hand_overs_at_once_and_none_is_told_twice(connect):
    _channel, emulation = connect("push_fcm", "fcm")
    lines = Lines(plugin("activation.channels", "push_fcm", ChannelPlugin))
    for hand_over in range(4):
        requests = [request(f"dev:{hand_over}-{n}") for n in range(25)]
        line = lines.idle()
        assert line is not None
        line.open()
        lines.launch(line, cast(Any, requests), requests, waits=False)
    assert lines.idle() is None
    told = lines.landed(wait_for_all=True)
    lines.close()
    assert all(answer.status is Status.ACCEPTED for _request, answer in told)
    assert [answer.message_id for _request, answer in told] == [
        cast(Any, each).message_id for each, _answer in told
    ]
    taken = Counter(row["to"] for row in emulation.office("fcm").account.rows("message"))
    assert taken == Counter(f"dev:{hand_over}-{n}" for hand_over in range(4) for n in range(25))


@pytest.mark.skipif(
    not (SPECS / "fcm.v1.json").exists(), reason="the published schemas are not beside this checkout"
)
def test_fcm__requests_and_the_emulators_shape_are_valid_by_the_published_schema(connect):
    channel, _emulation = connect("push_fcm", "fcm")
    schema = discovery_schema("fcm.v1.json", "SendMessageRequest")
    for each in (request("dev:1"), request("dev:2", **FULL)):
        body = json.loads(channel.conversation.prepare(each).body)
        jsonschema.validate(body, schema)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**body, "message": {**body["message"], "badge": 1}}, schema)
    from sandbox.vendors.fcm import _SHAPE

    sample = _sample(_SHAPE)
    sample["android"]["priority"] = "HIGH"
    jsonschema.validate({"message": sample}, schema)


def _sample(shape):
    values = {str: "x", int: 1, dict: {}}
    return {name: _sample(each) if isinstance(each, dict) else values[each] for name, each in shape.items()}


@pytest.mark.parametrize(
    ("address", "changed", "status", "detail", "strikes"),
    [
        ("unknown:1", {}, Status.UNREACHABLE, "unregistered", 1),
        ("not a token", {}, Status.UNREACHABLE, "bad_token", 1),
        ("dev:\n", {}, Status.FAILED, "bad_address", 0),
        ("", {}, Status.FAILED, "bad_address", 0),
        ("dev:1", {"text": "x" * 5000}, Status.FAILED, "too_long", 0),
        ("dev:1", {"text": "\ud800"}, Status.FAILED, "bad_text", 0),
        ("dev:1", {"html": "<p>"}, Status.FAILED, "unsupported_content", 0),
        ("dev:1", {"options": {"data.google.x": "1"}}, Status.FAILED, "reserved_data", 0),
        ("dev:1", {"options": {"colour": "red"}}, Status.FAILED, "unknown_option", 0),
        ("dev:1", {"options": {"collapse": "a\r\nb"}}, Status.FAILED, "bad_collapse", 0),
        ("dev:1", {"options": {"badge": "²"}}, Status.FAILED, "bad_badge", 0),
        ("dev:1", {"subject": "", "text": ""}, Status.FAILED, "no_content", 0),
    ],
)
def test_fcm__says_what_it_refuses(connect, address, changed, status, detail, strikes):
    channel, emulation = connect("push_fcm", "fcm")
    answer, other = channel.send([request(address, **changed), request("dev:9")])
    assert (answer.status, answer.detail, answer.suppress_after) == (status, detail, strikes)
    assert other.status is Status.ACCEPTED
    assert emulation.office("fcm").account.count("message") == 1


def test_fcm__an_expired_token_is_fetched_anew_and_nothing_is_lost(connect):
    channel, emulation = connect("push_fcm", "fcm")
    account = emulation.office("fcm").account
    for row in account.rows("token"):
        account.write("token", row["key"], {"until": 0})
    (answer,) = channel.send([request("dev:1")])
    assert (answer.status, answer.detail, answer.is_halt) == (Status.DEFERRED, "token_expired", False)
    (answer,) = channel.send([request("dev:1")])
    assert answer.status is Status.ACCEPTED


def test_fcm__no_token_means_the_channel_is_down_and_nobody_is_lost(connect, monkeypatch):
    channel, emulation = connect("push_fcm", "fcm")
    monkeypatch.setattr("sandbox.vendors.fcm.ACCOUNT", "somebody@else.invalid")
    channel._token.drop()
    with pytest.raises(ChannelDown, match="KITH_FCM_"):
        channel.open()
    (answer,) = channel.send([request("dev:1")])
    assert (answer.status, answer.reason) == (Status.DEFERRED, Reason.CHANNEL_UNAVAILABLE)
    assert emulation.office("fcm").account.count("message") == 0


def test_fcm__secrets_stay_out_of_what_is_printed(connect):
    channel, _emulation = connect("push_fcm", "fcm")
    conversation = channel.conversation
    told = f"{conversation.settings!r} {conversation.token!r} {conversation.prepare(request('dev:1'))!r}"
    assert conversation.token.value() not in told
    assert "PRIVATE KEY" not in told
