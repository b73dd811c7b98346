"""Channels of messages against their emulated vendors: taken once, told, believed, refused in each vendor's way."""

import base64
import json

import pytest

from activation.channels.contract import BadSignature, Status
from tests.integration.emulation.messaging import (
    CHANNELS,
    NO_PSID,
    NO_VIBER,
    NO_ZALO,
    NOBODY,
    last,
    opened,
    request_for,
    until_delivered,
)


@pytest.mark.parametrize("name", sorted(CHANNELS))
def test_messaging__is_taken_told_and_read_back(name, serve, platform):
    one, channel, office = serve(name)
    _, address, kind = CHANNELS[name]
    opened(name, office)
    request = request_for(address, callback_url=platform.webhook(name))
    (answer,) = channel.send([request])
    assert (answer.status, answer.detail) == (Status.ACCEPTED, ""), office.account.refusals()
    assert office.account.refusals() == []
    assert [row["to"] for row in office.account.rows(kind)] == [address]
    read = [row for told in until_delivered(one, platform, name) for row in told.receipts]
    delivered = [row for row in read if row.status is Status.DELIVERED]
    assert delivered
    assert delivered[0].address in (address, "")
    assert answer.provider_message_id
    by_ours = {row.message_id for row in delivered} == {request.message_id}
    assert by_ours or delivered[0].provider_message_id == answer.provider_message_id
    assert not any(told.unread for told in until_delivered(one, platform, name))


@pytest.mark.parametrize("name", sorted(CHANNELS))
def test_messaging__a_call_that_somebody_else_made_is_not_believed(name, serve, platform):
    one, channel, office = serve(name)
    opened(name, office)
    channel.send([request_for(CHANNELS[name][1], callback_url=platform.webhook(name))])
    for told in platform.wait(name, 1):
        one.read(told)
        forged = _forged(name, told.body)
        with pytest.raises(BadSignature):
            one.read(type(told)("POST", told.url, told.headers, forged, told.received_at))
        with pytest.raises(BadSignature):
            one.read(type(told)("POST", told.url, {}, told.body, told.received_at))


def _forged(name: str, body: bytes) -> bytes:
    """The same, but for one byte of what is signed: RBM signs the data alone, Vonage and Twilio each field."""
    if name == "rcs_google":
        data = base64.b64decode(json.loads(body)["message"]["data"]).replace(b"DELIVERED", b"READ")
        return json.dumps({"message": {"data": base64.b64encode(data).decode()}}).encode()
    return body.replace(b"elivered", b"elivere_").replace(b"initiated", b"completed") + b" "


def _refusing(name: str) -> str:
    return {"messenger": NO_PSID, "viber": NO_VIBER, "zalo": NO_ZALO}.get(CHANNELS[name][0], NOBODY)


# Where nobody is there: what the answer says, and what a receipt says later.
NOBODY_THERE = {
    "sms_twilio": (Status.ACCEPTED, Status.BOUNCED),
    "sms_vonage": (Status.ACCEPTED, Status.BOUNCED),
    "voice_twilio": (Status.ACCEPTED, Status.BOUNCED),
    "whatsapp_cloud": (Status.ACCEPTED, Status.UNREACHABLE),
    "rcs_google": (Status.UNREACHABLE, None),
    "messenger_facebook": (Status.UNREACHABLE, None),
    "viber": (Status.UNREACHABLE, None),
    "zalo": (Status.UNREACHABLE, None),
}


@pytest.mark.parametrize("name", sorted(CHANNELS))
def test_messaging__nobody_there_is_said_in_the_vocabulary(name, serve, platform):
    one, channel, office = serve(name)
    options = {"template": "spring"} if name == "whatsapp_cloud" else {}
    request = request_for(_refusing(name), options=options, locale="en", callback_url=platform.webhook(name))
    (answer,) = channel.send([request])
    expected, later = NOBODY_THERE[name]
    assert answer.status is expected, (answer, office.account.refusals())
    if later is not None:
        told = last(one, platform, name, later)
        assert told.provider_message_id == answer.provider_message_id


@pytest.mark.parametrize("name", ["whatsapp_cloud", "messenger_facebook", "zalo"])
def test_messaging__outside_the_window_the_vendors_no_is_a_policy_and_nothing_is_sent(name, serve):
    _, channel, office = serve(name)
    (answer,) = channel.send([request_for(CHANNELS[name][1])])
    assert (answer.status, answer.detail, answer.suppress_after) == (Status.REJECTED, "outside_window", 0)
    assert office.account.count("message") == 0
