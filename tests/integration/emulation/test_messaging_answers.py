"""What people do with messages, and that each vendor's way of telling it is read."""

import pytest

from activation.channels.contract import Action, Status
from sandbox.vendors import messenger, rcs, twilio, viber, vonage, whatsapp, zalo
from tests.integration.emulation.messaging import (
    CHANNELS,
    NUMBER,
    PSID,
    VIBER,
    ZALO,
    last,
    request_for,
)

# What people do → the receipt that must come of it.
REPLIES = {
    "sms_twilio": lambda office: twilio.reply(office, NUMBER, "Thanks!"),
    "sms_vonage": lambda office: vonage.reply(office, NUMBER, "Thanks!"),
    "whatsapp_cloud": lambda office: whatsapp.reply(office, NUMBER, "Thanks!"),
    "rcs_google": lambda office: rcs.reply(office, NUMBER, "Thanks!"),
    "messenger_facebook": lambda office: messenger.reply(office, PSID, "Thanks!"),
    "viber": lambda office: viber.reply(office, VIBER, "Thanks!"),
    "zalo": lambda office: zalo.reply(office, ZALO, "Thanks!"),
}
LEAVING = {
    "sms_twilio": lambda office: twilio.reply(office, NUMBER, "Stop."),
    "whatsapp_cloud": lambda office: whatsapp.stop_marketing(office, NUMBER),
    "viber": lambda office: viber.leave(office, VIBER),
    "zalo": lambda office: zalo.leave(office, ZALO),
}


@pytest.mark.parametrize("name", sorted(REPLIES))
def test_messaging__a_reply_is_read_with_its_words_and_its_sender(name, serve, platform):
    one, _, office = serve(name)
    REPLIES[name](office)
    (reading,) = platform.readings(name, one.read, 1)
    (receipt,) = reading.receipts
    assert (receipt.status, receipt.text, receipt.address) == (Status.REPLIED, "Thanks!", CHANNELS[name][1])
    assert one.read(platform.inbound[name][0]).receipts[0].event_id == receipt.event_id


@pytest.mark.parametrize("name", sorted(LEAVING))
def test_messaging__who_leaves_is_unsubscribed(name, serve, platform):
    one, _, office = serve(name)
    LEAVING[name](office)
    (reading,) = platform.readings(name, one.read, 1)
    (receipt,) = reading.receipts
    assert (receipt.status, receipt.address) == (Status.UNSUBSCRIBED, CHANNELS[name][1])


def test_sms_twilio__who_said_stop_at_twilio_is_refused_and_suppressed(serve):
    _, channel, office = serve("sms_twilio")
    twilio.reply(office, NUMBER, "STOP")
    (answer,) = channel.send([request_for(NUMBER)])
    assert (answer.status, answer.detail, answer.suppress_after) == (Status.REJECTED, "opted_out", 1)


def test_rcs_google__a_tap_leads_to_the_message_it_answers(serve, platform):
    one, channel, office = serve("rcs_google")
    request = request_for(NUMBER, actions=(Action("Yes"), Action("Look", "https://shop.example/a")))
    channel.send([request])
    rcs.tap(office, NUMBER, f"{request.message_id}:0", "Yes")
    tapped = last(one, platform, "rcs_google", Status.REPLIED)
    assert (tapped.message_id, tapped.text, tapped.detail) == (request.message_id, "Yes", "button")


def test_messenger_facebook__a_read_tells_the_person_and_the_instant(serve, platform):
    one, _, office = serve("messenger_facebook")
    messenger.seen(office, PSID)
    (reading,) = platform.readings("messenger_facebook", one.read, 1)
    (receipt,) = reading.receipts
    assert (receipt.status, receipt.address, receipt.detail) == (Status.OPENED, PSID, "all_until_then")
    assert receipt.provider_message_id == ""
