"""Vendors are made to forget a number, and no other."""

from datetime import timedelta

import pytest

from activation.channels.contract import ChannelDown, Erases
from sandbox.emulation import Fault, Faults
from sandbox.vendors import twilio
from tests.integration.emulation.messaging import (
    NUMBER,
    request_for,
)


@pytest.mark.parametrize(("name", "kind"), [("sms_twilio", "message"), ("voice_twilio", "call")])
def test_twilio__forgets_a_number_and_no_other(name, kind, serve):
    _, channel, office = serve(name)
    channel.send([request_for(NUMBER, str(n), text=f"Number {n}.") for n in range(120)])
    channel.send([request_for("+12025550124")])
    if kind == "message":
        twilio.reply(office, NUMBER, "Thanks!")
    assert isinstance(channel, Erases), name
    assert channel.erase(NUMBER)
    left = {row["key"] for row in office.account.rows(kind)} - {
        row["key"] for row in office.account.rows("deleted")
    }
    assert [row["to"] for row in office.account.rows(kind) if row["key"] in left] == ["+12025550124"]
    assert office.account.count("deleted") == (121 if kind == "message" else 120)
    assert getattr(channel, "look_up")(request_for(NUMBER, "0", text="Number 0.")) is None  # noqa: B009
    assert channel.erase(NUMBER)  # nothing left: done
    assert channel.erase("nobody")


def test_vonage__forgets_what_it_took_once_it_is_an_hour_old(serve, clock):
    _, channel, office = serve("sms_vonage")
    answers = channel.send([request_for(NUMBER, str(n)) for n in range(3)])
    taken = [answer.provider_message_id for answer in answers]
    assert isinstance(channel, Erases)
    assert channel.erase(NUMBER, taken) is False, "too young"
    clock.set(clock.now() + timedelta(hours=1))
    assert channel.erase(NUMBER, [*taken, "never there"]) is True
    assert channel.erase(NUMBER, taken) is True
    assert set(office.account.copies("redaction")) == set(taken)
    assert channel.erase("nobody") is True


def test_vonage__that_cannot_be_asked_has_forgotten_nothing(serve, clock):
    faults = Faults()
    _, channel, _office = serve("sms_vonage", faults)
    (answer,) = channel.send([request_for(NUMBER)])
    clock.set(clock.now() + timedelta(hours=1))
    faults.shares = {Fault.THROTTLED: 1.0}
    assert channel.erase(NUMBER, [answer.provider_message_id]) is False
    for fault in (Fault.UNAVAILABLE, Fault.RESET, Fault.ERROR):
        faults.shares = {fault: 1.0}
        with pytest.raises(ChannelDown, match="KITH_VONAGE_REDACT_URL"):
            channel.erase(NUMBER, [answer.provider_message_id])
    faults.shares = {}
    assert channel.erase(NUMBER, [answer.provider_message_id])


def test_twilio__that_cannot_be_asked_has_forgotten_nothing(serve):
    faults = Faults()
    _, channel, _ = serve("sms_twilio", faults)
    channel.send([request_for(NUMBER)])
    faults.shares = {Fault.UNAVAILABLE: 1.0}
    with pytest.raises(ChannelDown, match="KITH_TWILIO"):
        channel.erase(NUMBER)
    with pytest.raises(ChannelDown):
        channel.look_up(request_for(NUMBER))
