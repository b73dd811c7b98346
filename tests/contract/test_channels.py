"""What every channel promises, asked of every file in activation/channels."""

import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from activation.channels.contract import (
    Answer,
    Capabilities,
    ChannelDown,
    ChannelPlugin,
    Erases,
    Permission,
    Reason,
    Refused,
    Request,
    Status,
    check_capabilities,
)
from activation.gates.contract import _POLICY_SEAL
from kith.errors import KithError
from kith.ids import stable_id
from kith.registry import plugins

CHANNELS = plugins("activation.channels", ChannelPlugin)
CONTENT = {"text", "html", "amp", "media", "actions"}
# The least that a channel needs to be built; a new channel adds its own line.
NOBODY = "http://127.0.0.1:1"
TWILIO = {
    "KITH_TWILIO_ACCOUNT_SID": f"AC{'0' * 32}",
    "KITH_TWILIO_AUTH_TOKEN": "t",
    "KITH_TWILIO_BASE_URL": NOBODY,
}
SETTINGS = {
    "email_smtp": {"KITH_SMTP_HOST": "127.0.0.1", "KITH_SMTP_PORT": "1"},
    "email_sendgrid": {
        "KITH_SENDGRID_API_KEY": "SG.k",
        "KITH_SENDGRID_SENDER": "shop@kith.example",
        "KITH_SENDGRID_BASE_URL": NOBODY,
    },
    "email_ses": {
        "KITH_SES_ACCESS_KEY": "AKIA",
        "KITH_SES_SECRET_KEY": "s",
        "KITH_SES_SENDER": "shop@kith.example",
        "KITH_SES_BASE_URL": NOBODY,
    },
    "sms_twilio": {**TWILIO, "KITH_TWILIO_SENDER": "+12025550100"},
    "sms_vonage": {
        "KITH_VONAGE_API_KEY": "abcd1234",
        "KITH_VONAGE_API_SECRET": "secret12",
        "KITH_VONAGE_SENDER": "Shop",
        "KITH_VONAGE_BASE_URL": NOBODY,
    },
    "voice_twilio": {**TWILIO, "KITH_TWILIO_CALLER": "+12025550100"},
    "whatsapp_cloud": {
        "KITH_WHATSAPP_ACCESS_TOKEN": "t",
        "KITH_WHATSAPP_PHONE_NUMBER_ID": "1",
        "KITH_WHATSAPP_BASE_URL": NOBODY,
    },
    "messenger_facebook": {
        "KITH_MESSENGER_ACCESS_TOKEN": "t",
        "KITH_MESSENGER_PAGE_ID": "1",
        "KITH_MESSENGER_BASE_URL": NOBODY,
    },
    "push_fcm": {"KITH_FCM_CREDENTIALS": "{credentials}", "KITH_FCM_BASE_URL": NOBODY},
    "push_apns": {
        "KITH_APNS_KEY": "{key}",
        "KITH_APNS_KEY_ID": "k",
        "KITH_APNS_TEAM_ID": "t",
        "KITH_APNS_TOPIC": "example.shop",
        "KITH_APNS_BASE_URL": NOBODY,
    },
    "push_web": {"KITH_WEBPUSH_KEY": "{key}", "KITH_WEBPUSH_CONTACT": "mailto:a@shop.invalid"},
    "webhook": {
        "KITH_WEBHOOK_URL": NOBODY,
        "KITH_WEBHOOK_SECRET": "whsec_" + "A" * 40,
        "KITH_WEBHOOK_REACH": "any",
    },
    "in_app_inbox": {},
    "web_message_inbox": {},
    "rcs_google": {
        "KITH_RCS_CREDENTIALS": "{credentials}",
        "KITH_RCS_AGENT_ID": "shop",
        "KITH_RCS_BASE_URL": NOBODY,
    },
    "viber": {"KITH_VIBER_AUTH_TOKEN": "t", "KITH_VIBER_SENDER": "Shop", "KITH_VIBER_BASE_URL": NOBODY},
    "zalo": {
        "KITH_ZALO_APP_ID": "1",
        "KITH_ZALO_APP_SECRET": "s",
        "KITH_ZALO_REFRESH_TOKEN": "r",
        "KITH_ZALO_BASE_URL": NOBODY,
        "KITH_ZALO_OAUTH_URL": NOBODY,
    },
}
# Their places are the browsers', or our own database: there is no vendor to look at before a message is there.
PLACELESS = {"push_web", "in_app_inbox", "web_message_inbox"}
# An address that each kind of channel can write to.
GOOD = {
    "email": "a@b.example",
    "phone": "+12025550123",
    "messenger_id": "1234567890",
    "viber_id": "0123456789abcdefABCDEF==",
    "zalo_id": "1234567890123",
}
HOSTILE = ["", "x", "a@b@c", "a@b.example\r\nDATA", "é@b.example", "\x00@b.example", "a" * 400 + "@b.example"]


def _request(plugin: ChannelPlugin, address: str, subject: str = "Hello") -> Request:
    message_id = stable_id("contract", address)
    permission = Permission(_POLICY_SEAL, message_id, "consent", "")
    html = "<p>html</p>" if "html" in plugin.capabilities.content else None
    decided_at = datetime(2026, 5, 1, tzinfo=UTC)
    return Request(message_id, permission, address, decided_at, subject, "plain", html)


@pytest.fixture(params=sorted(CHANNELS))
def plugin(request) -> ChannelPlugin:
    return CHANNELS[request.param]


@pytest.fixture(scope="session")
def credentials(tmp_path_factory) -> str:
    """The key file of a service account that nobody has."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    told = {"type": "service_account", "project_id": "shop", "private_key": pem}
    told |= {"client_email": "sender@shop.invalid", "token_uri": f"{NOBODY}/token"}
    file = tmp_path_factory.mktemp("keys") / "account.json"
    file.write_text(json.dumps(told))
    return str(file)


@pytest.fixture(scope="session")
def key(tmp_path_factory) -> str:
    """A P-256 key that signs for nobody."""
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    file = tmp_path_factory.mktemp("keys") / "key.pem"
    file.write_bytes(pem)
    return str(file)


@pytest.fixture
def built(plugin, monkeypatch, credentials, key):
    for variable, value in SETTINGS[_name(plugin)].items():
        monkeypatch.setenv(variable, value.replace("{credentials}", credentials).replace("{key}", key))
    return plugin.build()


def _name(plugin: ChannelPlugin) -> str:
    return next(name for name, one in CHANNELS.items() if one is plugin)


def test_channel__can_be_told_to_forget_an_address_or_says_why_not(plugin, built):
    built.close()
    assert isinstance(built, Erases) != bool(plugin.keeps), plugin.keeps
    assert not plugin.keeps or len(plugin.keeps.split()) > 4, "a reason is a sentence"


def test_channel__declares_what_it_can_do(plugin):
    assert plugin.provider
    assert plugin.capabilities.content
    assert plugin.capabilities.content <= CONTENT
    assert plugin.capabilities.batch_size >= 1


def test_channel__a_missing_setting_is_named_when_it_is_built(plugin, monkeypatch):
    for variables in SETTINGS.values():
        for variable in variables:
            monkeypatch.delenv(variable, raising=False)
    if not SETTINGS[_name(plugin)]:
        plugin.build().close()  # it needs none
        return
    with pytest.raises(KithError, match=r"KITH_[A-Z_]+ is not set"):
        plugin.build()


def test_channel__an_unreachable_vendor_is_said_and_nothing_leaves(plugin, built):
    if _name(plugin) in PLACELESS:
        built.open()
        built.close()
        return
    with pytest.raises(ChannelDown, match="KITH_"):
        built.open()
    built.close()


def test_channel__answers_each_request_without_raising(plugin, built):
    good = GOOD.get(plugin.address_type, "x" * 20)
    for address in [*HOSTILE, good]:
        (answer,) = built.send([_request(plugin, address)])
        assert isinstance(answer, Answer)
        assert answer.message_id == stable_id("contract", address)
        assert answer.status in (Status.DEFERRED, Status.REJECTED, Status.FAILED)
        assert isinstance(answer.reason, Reason)
        assert "@" not in answer.detail + answer.provider_code
    built.close()


@pytest.mark.parametrize("plugin", [name for name in sorted(CHANNELS) if "email" in name], indirect=True)
def test_channel__a_line_break_in_a_subject_adds_no_header(plugin, built):
    (answer,) = built.send([_request(plugin, GOOD["email"], subject="Hello\r\nBcc: x@evil.example")])
    assert answer.status is Status.FAILED


def test_capabilities__what_was_not_declared_is_refused_aloud():
    with pytest.raises(Refused, match="carries no html part"):
        check_capabilities(Capabilities(frozenset({"text"})), text="x", html="<p>")
