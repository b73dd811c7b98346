"""What a channel can't carry is refused aloud, by one word, before anything leaves."""

import json
from urllib.parse import parse_qs
from xml.etree import ElementTree

import pytest
from pydantic import SecretStr

from activation.channels._phones import PhoneSettings
from activation.channels._rcs_content import agent_message
from activation.channels._texts import is_gsm7
from activation.channels._twilio import TwilioSettings
from activation.channels._vonage import VonageSettings
from activation.channels.contract import Action, Media, Refused
from activation.channels.messenger_facebook import Messenger, MessengerSettings
from activation.channels.sms_twilio import TwilioMessages
from activation.channels.sms_vonage import VonageSms
from activation.channels.viber import ViberBot, ViberSettings
from activation.channels.voice_twilio import TwilioCalls, twiml
from activation.channels.whatsapp_cloud import WhatsAppCloud, WhatsAppSettings
from activation.channels.zalo import ZaloAccount, ZaloSettings
from tests.unit.channels.messages import request_for

SECRET = SecretStr("verysecret")
PHONES = PhoneSettings()
PSID, VIBER_ID, ZALO_ID = "4242424242", "01234567890A=", "2512523625412515"


class _Token:
    def value(self) -> str:
        return "t"


TWILIO = TwilioSettings(account_sid="AC1", auth_token=SECRET, sender="+12025550100", caller="+12025550100")
CHANNELS = {
    "sms_twilio": (TwilioMessages(TWILIO, PHONES), "+12025550123"),
    "voice_twilio": (TwilioCalls(TWILIO, PHONES), "+12025550123"),
    "sms_vonage": (
        VonageSms(VonageSettings(api_key="k", api_secret=SECRET, sender="Shop"), PHONES),
        "+12025550123",
    ),
    "whatsapp_cloud": (
        WhatsAppCloud(WhatsAppSettings(access_token=SECRET, phone_number_id="1"), PHONES),
        "+12025550123",
    ),
    "messenger_facebook": (Messenger(MessengerSettings(access_token=SECRET, page_id="1")), PSID),
    "viber": (ViberBot(ViberSettings(auth_token=SECRET, sender="Shop")), VIBER_ID),
    "zalo": (
        ZaloAccount(ZaloSettings(app_id="1", app_secret=SECRET, refresh_token=SECRET), PHONES, _Token()),  # type: ignore[arg-type]
        ZALO_ID,
    ),
}
PICTURE = Media("https://shop.example/a.jpg")
FILM = Media("https://shop.example/a.mp4", "video")
ALL = sorted(CHANNELS)
# channel(s) → what is asked → the word of the refusal
REFUSED = [
    (ALL, {"html": "<p>"}, "unsupported_content"),
    (ALL, {"amp": "<html amp4email>"}, "unsupported_content"),
    (ALL, {"text": " \n "}, "empty_text"),
    (ALL, {"text": "a\x00b"}, "control_character"),
    (ALL, {"text": "a\x1bb"}, "control_character"),
    (ALL, {"text": "a\ud800"}, "bad_text"),
    (ALL, {"text": "x" * 8_000}, "too_long"),
    (["sms_vonage"], {"media": (PICTURE,)}, "unsupported_content"),
    (["sms_vonage", "sms_twilio", "voice_twilio"], {"actions": (Action("Yes"),)}, "unsupported_content"),
    (["sms_twilio"], {"media": (PICTURE,) * 11}, "too_many_media"),
    (["sms_twilio", "viber", "zalo"], {"media": (Media("javascript:alert(1)"),)}, "bad_link"),
    (["whatsapp_cloud"], {"actions": (Action("Look", "https://shop.example"),)}, "link_button"),
    (["whatsapp_cloud"], {"actions": (Action("Yes"), Action("Yes"))}, "bad_button"),
    (["whatsapp_cloud"], {"actions": tuple(Action(str(n)) for n in range(11))}, "too_many_actions"),
    (["whatsapp_cloud"], {"media": (Media("https://shop.example/a", "audio"),)}, "unsupported_content"),
    (["whatsapp_cloud"], {"options": {"template": "Spring!"}}, "bad_template"),
    (["whatsapp_cloud"], {"options": {"template": "spring"}}, "no_language"),
    (["whatsapp_cloud"], {"options": {"template": "s", "body_2": "x"}, "locale": "de"}, "bad_variables"),
    (["whatsapp_cloud"], {"options": {"template": "s", "body_1": " "}, "locale": "de"}, "empty_variable"),
    (["messenger_facebook"], {"options": {"tag": "ACCOUNT_UPDATE"}}, "message_tag"),
    (["messenger_facebook"], {"media": (PICTURE,)}, "unsupported_content"),
    (
        ["messenger_facebook"],
        {"actions": tuple(Action(str(n), "https://a.example") for n in range(4))},
        "too_many_actions",
    ),
    (["viber"], {"media": (FILM,)}, "bad_media"),
    (["viber"], {"actions": (Action("Look", "ftp://a.example"),)}, "bad_link"),
    (["zalo"], {"options": {"kind": "shout"}}, "bad_parameter"),
    (["zalo"], {"actions": (Action("Look", "https://a.example"),)}, "unsupported_content"),
    (["zalo"], {"address": "+84901234567"}, "no_template"),
    (ALL, {"address": "a@b.example\r\nBcc: x"}, "bad_address"),
    (ALL, {"address": ""}, "bad_address"),
]


@pytest.mark.parametrize(
    ("name", "given", "detail"),
    [(name, given, detail) for names, given, detail in REFUSED for name in names],
)
def test_message__that_a_channel_cannot_carry_is_refused_by_one_word(name, given, detail):
    conversation, address = CHANNELS[name]
    asked = {"address": address, **given}
    with pytest.raises(Refused) as refusal:
        conversation.prepare(request_for(**asked))
    assert refusal.value.detail == detail


@pytest.mark.parametrize(
    ("given", "detail"),
    [
        ({"text": "x" * 3_073}, "too_long"),
        ({"actions": (Action("x" * 26),)}, "too_long"),
        ({"actions": tuple(Action(str(n)) for n in range(12))}, "too_many_actions"),
        ({"actions": tuple(Action(str(n)) for n in range(5)), "media": (PICTURE,)}, "too_many_actions"),
        ({"media": (PICTURE, PICTURE)}, "unsupported_content"),
        ({"media": (Media("https://a.example/a.pdf", "document"),)}, "bad_media"),
        ({"options": {"traffic": "LOUD"}}, "bad_parameter"),
    ],
)
def test_rcs__what_it_cannot_carry_is_refused_by_one_word(given, detail):
    with pytest.raises(Refused) as refusal:
        agent_message(request_for(**given))
    assert refusal.value.detail == detail


def test_rcs__a_message_says_what_kind_of_traffic_it_is_and_when_it_ends():
    told = json.loads(agent_message(request_for(is_transactional=True)))
    assert (told["messageTrafficType"], told["expireTime"]) == ("TRANSACTION", "2026-05-02T08:00:00Z")
    assert json.loads(agent_message(request_for()))["messageTrafficType"] == "PROMOTION"


def test_voice__what_a_person_is_called_adds_no_verb():
    hostile = request_for(
        text='Hi </Say><Dial>+1900</Dial><Say> & "Ann"', options={"voice": '"/><Dial>1</Dial>'}
    )
    root = ElementTree.fromstring(twiml(hostile))
    assert [each.tag for each in root.iter()] == ["Response", "Say"]
    assert "Dial" in (root[0].text or "")


@pytest.mark.parametrize(
    ("text", "kind"),
    [("Hello {[€]}", "text"), ("Grüße à la carte", "text"), ("Łódź", "unicode"), ("🌷", "unicode")],
)
def test_vonage__a_text_outside_the_gsm_alphabet_is_unicode(text, kind):
    assert is_gsm7(text) is (kind == "text")
    fields = parse_qs(CHANNELS["sms_vonage"][0].prepare(request_for(text=text)).body.decode())
    assert fields["type"] == [kind]


@pytest.mark.parametrize("name", ALL)
def test_message__no_secret_stands_in_a_repr(name):
    conversation, address = CHANNELS[name]
    call = conversation.prepare(request_for(address))
    assert "verysecret" not in repr(call) + repr(conversation.settings) + str(call)


@pytest.mark.parametrize("name", ALL)
def test_message__told_again_has_the_same_bytes(name):
    conversation, address = CHANNELS[name]
    assert conversation.prepare(request_for(address)) == conversation.prepare(request_for(address))
