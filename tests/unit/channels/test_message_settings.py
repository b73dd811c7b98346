"""Every variable of the channels of messages is told in .env.example, and no secret is a plain text."""

import re

import pytest
from pydantic import SecretStr

from activation.channels._phones import PhoneSettings
from activation.channels._twilio import TwilioSettings
from activation.channels._vonage import VonageSettings
from activation.channels.messenger_facebook import MessengerSettings
from activation.channels.rcs_google import RcsSettings
from activation.channels.viber import ViberSettings
from activation.channels.whatsapp_cloud import WhatsAppSettings
from activation.channels.zalo import ZaloSettings
from kith.settings import PROJECT

SECTIONS = [
    *(PhoneSettings, TwilioSettings, VonageSettings, WhatsAppSettings, MessengerSettings),
    *(RcsSettings, ViberSettings, ZaloSettings),
]
_SECRET = re.compile(r"(?:^|_)(?:secret|token|password)$|^webhook_key$")


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.__name__)
def test_settings__of_a_channel_are_told(section):
    listed = set(re.findall(r"^# (KITH_[A-Z_]+)=", (PROJECT / ".env.example").read_text(), re.MULTILINE))
    assert {section.prefix + name.upper() for name in section.model_fields} <= listed


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.__name__)
def test_settings__that_are_secret_are_hidden(section):
    for name, told in section.model_fields.items():
        assert (told.annotation is SecretStr) is bool(_SECRET.search(name)), name
