"""Channels of messages whose vendors fail: what is deferred, what is in doubt, what is found again."""

import pytest

from activation.channels.contract import Status
from sandbox.emulation import Fault, Faults
from sandbox.vendors import rcs, zalo
from tests.integration.emulation.messaging import (
    CHANNELS,
    NUMBER,
    ZALO,
    opened,
    request_for,
)


@pytest.mark.parametrize("name", sorted(CHANNELS))
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault.THROTTLED, Status.DEFERRED),
        (Fault.UNAVAILABLE, Status.DEFERRED),
        (Fault.GATEWAY, Status.UNKNOWN),
        (Fault.CUT, Status.UNKNOWN),
        (Fault.ERROR, Status.UNKNOWN),
        (Fault.HALF, Status.UNKNOWN),
    ],
)
def test_messaging__a_fault_is_deferred_where_nothing_was_done_and_unknown_where_something_may_be(
    name, fault, expected, serve, platform
):
    faults = Faults()
    _, channel, office = serve(name, faults)
    opened(name, office)
    faults.shares = {fault: 1.0}
    (answer,) = channel.send([request_for(CHANNELS[name][1])])
    assert answer.status is expected
    assert not answer.is_halt
    done = len(office.account.rows(CHANNELS[name][2]))
    assert done == (1 if fault in (Fault.CUT, Fault.ERROR, Fault.HALF) else 0)


@pytest.mark.parametrize("name", sorted(CHANNELS))
def test_messaging__a_wrong_login_stops_the_vendor_and_no_secret_is_told(name, serve, platform, monkeypatch):
    one, channel, office = serve(name)
    opened(name, office)
    channel.send([request_for(CHANNELS[name][1])])
    variable = {
        "twilio": "KITH_TWILIO_AUTH_TOKEN",
        "vonage": "KITH_VONAGE_API_SECRET",
        "whatsapp": "KITH_WHATSAPP_ACCESS_TOKEN",
        "messenger": "KITH_MESSENGER_ACCESS_TOKEN",
        "viber": "KITH_VIBER_AUTH_TOKEN",
    }.get(CHANNELS[name][0])
    if variable is None:  # tokens that are fetched: tested by their renewal
        return
    monkeypatch.setenv(variable, "wrongsecret")
    wrong = one.build()
    (answer,) = wrong.send([request_for(CHANNELS[name][1], "second")])
    wrong.close()
    assert (answer.status, answer.detail, answer.is_halt) == (Status.FAILED, "login_refused", True)
    conversation = getattr(wrong, "conversation")  # noqa: B009 - what a log might print
    assert "wrongsecret" not in repr(conversation.settings) + repr(answer)


def test_sms_twilio__a_lost_answer_is_looked_up_and_found_once(serve):
    faults = Faults()
    _, channel, office = serve("sms_twilio", faults)
    request = request_for(NUMBER, text="Your code is 1.")
    assert channel.look_up(request) is None
    faults.shares = {Fault.CUT: 1.0}
    assert channel.send([request])[0].status is Status.UNKNOWN
    faults.shares = {}
    found = channel.look_up(request)
    assert found.status is Status.ACCEPTED
    assert found.provider_message_id == office.account.rows("message")[0]["key"]
    assert channel.look_up(request_for(NUMBER, "other", text="Another text.")) is None
    assert channel.look_up(request_for("+12025550124", text="Your code is 1.")) is None


def test_voice_twilio__a_lost_call_is_looked_up(serve):
    faults = Faults(shares={Fault.CUT: 1.0})
    _, channel, office = serve("voice_twilio", faults)
    request = request_for(NUMBER)
    assert channel.send([request])[0].status is Status.UNKNOWN
    faults.shares = {}
    assert channel.look_up(request).provider_message_id == office.account.rows("call")[0]["key"]


def test_rcs_google__the_same_message_told_again_has_one_effect(serve):
    faults = Faults(shares={Fault.CUT: 1.0})
    _, channel, office = serve("rcs_google", Faults())
    emulation_faults = faults
    request = request_for(NUMBER)
    first, again = channel.send([request])[0], channel.send([request])[0]
    assert first.status is again.status is Status.ACCEPTED
    assert first.provider_message_id == again.provider_message_id
    assert list(office.account.copies("message").values()) == [1]
    assert emulation_faults.met == {}


def test_rcs_google__a_token_that_ends_early_is_renewed_and_nothing_is_lost(serve):
    _, channel, office = serve("rcs_google")
    assert channel.send([request_for(NUMBER)])[0].status is Status.ACCEPTED
    rcs.GoogleAccount(office, rcs.SCOPE).forget()
    (answer,) = channel.send([request_for(NUMBER, "two")])
    assert (answer.status, answer.detail, answer.is_halt) == (Status.DEFERRED, "token_refused", False)
    assert channel.send([request_for(NUMBER, "two")])[0].status is Status.ACCEPTED
    assert office.account.count("message") == 2


def test_zalo__a_token_that_ends_early_is_renewed_with_the_refresh_token_that_came_last(serve):
    one, channel, office = serve("zalo")
    zalo.reply(office, ZALO, "hello")
    assert channel.send([request_for(ZALO)])[0].status is Status.ACCEPTED
    for name in ("two", "three"):
        zalo.end_tokens(office)
        (answer,) = channel.send([request_for(ZALO, name)])
        assert (answer.status, answer.detail) == (Status.DEFERRED, "token_refused")
        assert channel.send([request_for(ZALO, name)])[0].status is Status.ACCEPTED
    fresh = one.build()  # another worker, which knows the first refresh token alone from its settings
    fresh.open()
    assert fresh.send([request_for(ZALO, "four")])[0].status is Status.ACCEPTED
    fresh.close()
    assert office.account.count("spent") == 3
