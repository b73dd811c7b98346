"""What every channel promises, asked of every file in activation/channels."""

from datetime import UTC, datetime

import pytest

from activation.channels.contract import (
    Answer,
    Capabilities,
    ChannelDown,
    ChannelPlugin,
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
CONTENT = {"text", "html", "amp"}
# The least that a channel needs to be built; a new channel adds its own line.
SETTINGS = {"email_smtp": {"KITH_SMTP_HOST": "127.0.0.1", "KITH_SMTP_PORT": "1"}}
HOSTILE = ["", "x", "a@b@c", "a@b.example\r\nDATA", "é@b.example", "\x00@b.example", "a" * 400 + "@b.example"]


def _request(address: str, **changed: str) -> Request:
    message_id = stable_id("contract", address)
    values = {"subject": "Hello", "text": "plain", "html": "<p>html</p>", **changed}
    permission = Permission(_POLICY_SEAL, message_id, "consent", "")
    return Request(message_id, permission, address, datetime(2026, 5, 1, tzinfo=UTC), **values)


@pytest.fixture(params=sorted(CHANNELS))
def plugin(request) -> ChannelPlugin:
    return CHANNELS[request.param]


@pytest.fixture
def built(plugin, monkeypatch):
    name = next(name for name, one in CHANNELS.items() if one is plugin)
    for variable, value in SETTINGS[name].items():
        monkeypatch.setenv(variable, value)
    return plugin.build()


def test_channel__declares_what_it_can_do(plugin):
    assert plugin.provider
    assert plugin.capabilities.content
    assert plugin.capabilities.content <= CONTENT
    assert plugin.capabilities.batch_size >= 1


def test_channel__a_missing_setting_is_named_when_it_is_built(plugin, monkeypatch):
    for variables in SETTINGS.values():
        for variable in variables:
            monkeypatch.delenv(variable, raising=False)
    with pytest.raises(KithError, match=r"KITH_[A-Z_]+ is not set"):
        plugin.build()


def test_channel__an_unreachable_vendor_is_said_and_nothing_leaves(built):
    with pytest.raises(ChannelDown, match="KITH_"):
        built.open()
    built.close()


def test_channel__answers_each_request_without_raising(built):
    for address in [*HOSTILE, "a@b.example"]:
        (answer,) = built.send([_request(address)])
        assert isinstance(answer, Answer)
        assert answer.message_id == stable_id("contract", address)
        assert answer.status in (Status.DEFERRED, Status.REJECTED, Status.FAILED)
        assert isinstance(answer.reason, Reason)
        assert "@" not in answer.detail + answer.provider_code
    (answer,) = built.send([_request("a@b.example", subject="Hello\r\nBcc: x@evil.example")])
    assert answer.status is Status.FAILED


def test_capabilities__what_was_not_declared_is_refused_aloud():
    with pytest.raises(Refused, match="carries no html part"):
        check_capabilities(Capabilities(frozenset({"text"})), text="x", html="<p>")
