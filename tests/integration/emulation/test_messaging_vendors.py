"""Channels of messages against their emulated vendors: taken once, told, answered, refused in each vendor's way."""

import base64
import json
from contextlib import ExitStack

import pytest

from activation.channels.contract import (
    Action,
    BadSignature,
    ChannelDown,
    ChannelPlugin,
    Erases,
    Media,
    Status,
)
from kith.registry import plugin
from sandbox.emulation import Emulation, Fault, Faults, Habit
from sandbox.emulation import vendors as all_vendors
from sandbox.vendors import messenger, rcs, twilio, viber, vonage, whatsapp, zalo
from tests.integration.emulation.messaging import Platform, request_for

NUMBER, NOBODY = "+12025550123", "+12025550199"
PSID, NO_PSID = "4242424242424242", "9999999999999999"
VIBER, NO_VIBER = "01234567890A=", "unknown0000000="
ZALO, NO_ZALO = "2512523625412515", "9999999999999998"
GONE = {NOBODY, NO_PSID, NO_VIBER, NO_ZALO}
# plugin → (vendor, an address, nobody's address, kind of row)
CHANNELS = {
    "sms_twilio": ("twilio", NUMBER, "message"),
    "sms_vonage": ("vonage", NUMBER, "message"),
    "voice_twilio": ("twilio", NUMBER, "call"),
    "whatsapp_cloud": ("whatsapp", NUMBER, "message"),
    "rcs_google": ("rcs", NUMBER, "message"),
    "messenger_facebook": ("messenger", PSID, "message"),
    "viber": ("viber", VIBER, "message"),
    "zalo": ("zalo", ZALO, "message"),
}
OPENERS = {"whatsapp": whatsapp.reply, "messenger": messenger.reply, "zalo": zalo.reply}


@pytest.fixture
def platform():
    found = Platform()
    yield found
    found.stop()


@pytest.fixture
def serve(tmp_path, clock, platform, settings, monkeypatch):
    """Start one vendor and build one channel that is led to it."""
    with ExitStack() as stack:

        def start(name: str, faults: Faults | None = None):
            vendor = CHANNELS[name][0]
            emulation = stack.enter_context(
                Emulation(
                    {vendor: all_vendors()[vendor]},
                    tmp_path / "vendors",
                    clock,
                    faults=faults,
                    habit=Habit(refuses=lambda address: address in GONE),
                    platform=platform.url,
                )
            )
            for variable, value in emulation.settings.items():
                monkeypatch.setenv(variable, value)
            one = plugin("activation.channels", name, ChannelPlugin)
            assert one.is_configured()
            channel = one.build()
            stack.callback(channel.close)
            channel.open()
            return one, channel, emulation.office(vendor)

        yield start


def _opened(name: str, office) -> None:
    """Somebody wrote first, where the vendor wants that."""
    vendor, address, _ = CHANNELS[name]
    if vendor in OPENERS:
        OPENERS[vendor](office, address, "hello")


@pytest.mark.parametrize("name", sorted(CHANNELS))
def test_messaging__is_taken_told_and_read_back(name, serve, platform):
    one, channel, office = serve(name)
    _, address, kind = CHANNELS[name]
    _opened(name, office)
    request = request_for(address, callback_url=platform.webhook(name))
    (answer,) = channel.send([request])
    assert (answer.status, answer.detail) == (Status.ACCEPTED, ""), office.account.refusals()
    assert office.account.refusals() == []
    assert [row["to"] for row in office.account.rows(kind)] == [address]
    read = [row for told in _until_delivered(one, platform, name) for row in told.receipts]
    delivered = [row for row in read if row.status is Status.DELIVERED]
    assert delivered
    assert delivered[0].address in (address, "")
    assert answer.provider_message_id
    by_ours = {row.message_id for row in delivered} == {request.message_id}
    assert by_ours or delivered[0].provider_message_id == answer.provider_message_id
    assert not any(told.unread for told in _until_delivered(one, platform, name))


def _until_delivered(one, platform, name):
    for count in range(1, 6):
        readings = platform.readings(name, one.read, count)
        if any(row.status is Status.DELIVERED for told in readings for row in told.receipts):
            return readings
    raise AssertionError("nothing was delivered")


@pytest.mark.parametrize("name", sorted(CHANNELS))
def test_messaging__a_call_that_somebody_else_made_is_not_believed(name, serve, platform):
    one, channel, office = serve(name)
    _opened(name, office)
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
        told = _last(one, platform, name, later)
        assert told.provider_message_id == answer.provider_message_id


def _last(one, platform, name, status):
    for count in range(1, 6):
        for reading in platform.readings(name, one.read, count):
            for receipt in reading.receipts:
                if receipt.status is status:
                    return receipt
    raise AssertionError(f"{status} was never told")


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
    _opened(name, office)
    faults.shares = {fault: 1.0}
    (answer,) = channel.send([request_for(CHANNELS[name][1])])
    assert answer.status is expected
    assert not answer.is_halt
    done = len(office.account.rows(CHANNELS[name][2]))
    assert done == (1 if fault in (Fault.CUT, Fault.ERROR, Fault.HALF) else 0)


@pytest.mark.parametrize("name", sorted(CHANNELS))
def test_messaging__a_wrong_login_stops_the_vendor_and_no_secret_is_told(name, serve, platform, monkeypatch):
    one, channel, office = serve(name)
    _opened(name, office)
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


def test_twilio__that_cannot_be_asked_has_forgotten_nothing(serve):
    faults = Faults()
    _, channel, _ = serve("sms_twilio", faults)
    channel.send([request_for(NUMBER)])
    faults.shares = {Fault.UNAVAILABLE: 1.0}
    with pytest.raises(ChannelDown, match="KITH_TWILIO"):
        channel.erase(NUMBER)
    with pytest.raises(ChannelDown):
        channel.look_up(request_for(NUMBER))


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


def test_zalo__a_notice_goes_to_a_number_by_its_template(serve):
    _, channel, office = serve("zalo")
    options = {"template_id": "7895417", "data.name": "An", "data.code": "1"}
    (answer,) = channel.send([request_for("+84901234567", options=options)])
    assert answer.status is Status.ACCEPTED
    (row,) = office.account.rows("notice")
    assert row["notice"]["template_data"] == {"name": "An", "code": "1"}
    assert row["ref"] == request_for("+84901234567").message_id


@pytest.mark.parametrize("name", ["whatsapp_cloud", "messenger_facebook", "zalo"])
def test_messaging__outside_the_window_the_vendors_no_is_a_policy_and_nothing_is_sent(name, serve):
    _, channel, office = serve(name)
    (answer,) = channel.send([request_for(CHANNELS[name][1])])
    assert (answer.status, answer.detail, answer.suppress_after) == (Status.REJECTED, "outside_window", 0)
    assert office.account.count("message") == 0


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
    tapped = _last(one, platform, "rcs_google", Status.REPLIED)
    assert (tapped.message_id, tapped.text, tapped.detail) == (request.message_id, "Yes", "button")


def test_messenger_facebook__a_read_tells_the_person_and_the_instant(serve, platform):
    one, _, office = serve("messenger_facebook")
    messenger.seen(office, PSID)
    (reading,) = platform.readings("messenger_facebook", one.read, 1)
    (receipt,) = reading.receipts
    assert (receipt.status, receipt.address, receipt.detail) == (Status.OPENED, PSID, "all_until_then")
    assert receipt.provider_message_id == ""


PICTURE = (Media("https://shop.example/a.jpg"),)
BUTTONS = (Action("Yes"), Action("No"))
LINK = (Action("Look", "https://shop.example/a"),)
RICH = {
    "sms_twilio": [{"media": PICTURE}],
    "voice_twilio": [
        {"media": (Media("https://shop.example/a.mp3", "audio"),)},
        {"options": {"machine": "skip"}},
    ],
    "whatsapp_cloud": [
        {"media": PICTURE},
        {"actions": BUTTONS},
        {"actions": BUTTONS, "media": PICTURE},
        {"actions": tuple(Action(f"Size {n}") for n in range(5))},
        {
            "options": {"template": "spring", "body_1": "An\n\tHai    Ba", "button_0": "a?b=c"},
            "locale": "de",
            "media": PICTURE,
        },
    ],
    "rcs_google": [
        {"media": PICTURE},
        {"media": PICTURE, "text": ""},
        {"media": PICTURE * 3, "text": ""},
        {"actions": (*BUTTONS, *LINK)},
        {"actions": LINK, "media": PICTURE, "is_transactional": True},
    ],
    "messenger_facebook": [
        {"media": PICTURE, "text": ""},
        {"actions": BUTTONS},
        {"actions": (*LINK, *BUTTONS)},
    ],
    "viber": [{"media": PICTURE}, {"actions": (*LINK, *BUTTONS)}],
    "zalo": [{"media": PICTURE}, {"options": {"kind": "promotion"}, "actions": LINK, "media": PICTURE}],
}


@pytest.mark.parametrize("name", sorted(RICH))
def test_messaging__media_and_buttons_are_what_the_vendor_takes(name, serve):
    _, channel, office = serve(name)
    _opened(name, office)
    requests = [request_for(CHANNELS[name][1], str(n), **given) for n, given in enumerate(RICH[name])]
    answers = channel.send(requests)
    assert [answer.status for answer in answers] == [Status.ACCEPTED] * len(answers), (
        office.account.refusals()
    )
    assert office.account.count(CHANNELS[name][2]) == len(answers)
