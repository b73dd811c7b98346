"""Standard Webhooks: the library of the standard reads what leaves, and an id told twice counts once."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from standardwebhooks import Webhook, WebhookVerificationError

from activation.channels.contract import ChannelDown, Reason, Status
from activation.channels.webhook import plugin, signers_of
from kith.errors import KithError
from sandbox.emulation import Fault
from tests.integration.channels.push_world import request

ROTATED = "whsec_" + base64.b64encode(b"r" * 32).decode()


def test_webhook__the_endpoint_hears_it_once_whatever_was_lost(connect):
    channel, emulation = connect("webhook", "webhook")
    emulation.faults.shares = {Fault.CUT: 1.0}
    asked = request("u1", options={"type": "order.shipped", "order": "7"}, html="<p>x</p>")
    (answer,) = channel.send([asked])
    assert (answer.status, answer.reason) == (Status.UNKNOWN, Reason.ANSWER_LOST)
    emulation.faults.shares = {}
    assert channel.send([asked])[0].status is Status.ACCEPTED
    (kept,) = emulation.office("webhook").account.rows("event")
    assert kept["body"] == {
        "type": "order.shipped",
        "timestamp": "2026-05-01T08:00:00.000000Z",
        "data": {
            "message_id": asked.message_id,
            "address": "u1",
            "subject": "Hello",
            "text": "Your order has left.",
            "html": "<p>x</p>",
            "options": {"order": "7"},
        },
    }


def test_webhook__the_standards_library_accepts_it_and_any_change_is_seen(connect):
    channel, _emulation = connect("webhook", "webhook")
    call = channel.conversation.prepare(request("u1"))
    verify = Webhook(channel.conversation.settings.secret.get_secret_value()).verify
    assert verify(call.body, dict(call.headers))["data"]["address"] == "u1"
    changed = [
        (call.body + b" ", {}),
        (call.body, {"webhook-id": "another"}),
        (call.body, {"webhook-timestamp": "1"}),
        (call.body, {"webhook-signature": "v1,AAAA"}),
    ]
    for body, headers in changed:
        with pytest.raises(WebhookVerificationError):
            verify(body, {**call.headers, **headers})


def test_webhook__several_secrets_sign_at_once(connect, monkeypatch, clock):
    channel, _emulation = connect("webhook", "webhook")
    first = channel.conversation.settings.secret.get_secret_value()
    private = Ed25519PrivateKey.generate()
    raw = private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    channel.conversation.signers = signers_of(f"{first} {ROTATED} whsk_{base64.b64encode(raw).decode()}")
    call = channel.conversation.prepare(request("u1"))
    for secret in (first, ROTATED):
        Webhook(secret).verify(call.body, dict(call.headers))
    kinds = [each.split(",") for each in call.headers["webhook-signature"].split(" ")]
    assert [kind for kind, _signature in kinds] == ["v1", "v1", "v1a"]
    signed = f"{call.headers['webhook-id']}.{call.headers['webhook-timestamp']}.".encode() + call.body
    private.public_key().verify(base64.b64decode(kinds[2][1]), signed)
    assert channel.send([request("u1")])[0].status is Status.ACCEPTED


@pytest.mark.parametrize(
    "secret", ["a-plain-word", "whsec_AAAA", "whsec_???", "whsk_AAAA", " ", "whsec_" + "A" * 200]
)
def test_webhook__no_secret_is_named_and_not_shown(secret):
    with pytest.raises(KithError, match="KITH_WEBHOOK_SECRET") as error:
        signers_of(secret)
    assert secret == " " or secret not in str(error.value).replace("whsec_ and", "")


@pytest.mark.parametrize(
    ("address", "changed", "status", "detail"),
    [
        ("unknown", {}, Status.FAILED, "refused_by_endpoint"),
        ("", {}, Status.FAILED, "bad_address"),
        ("u1", {"text": "x" * 20_000}, Status.FAILED, "too_long"),
        ("u1", {"text": "\udfff"}, Status.FAILED, "bad_text"),
        ("u1", {"amp": "<html amp>"}, Status.FAILED, "unsupported_content"),
    ],
)
def test_webhook__says_what_it_refuses(connect, address, changed, status, detail):
    channel, _emulation = connect("webhook", "webhook")
    answer, other = channel.send([request(address, **changed), request("u2")])
    assert (answer.status, answer.detail) == (status, detail)
    assert other.status is Status.ACCEPTED


def test_webhook__another_secret_stops_the_channel(connect):
    channel, emulation = connect("webhook", "webhook")
    channel.conversation.signers = signers_of(ROTATED)
    (answer,) = channel.send([request("u1")])
    assert (answer.status, answer.detail, answer.is_halt) == (Status.FAILED, "signature_refused", True)
    assert emulation.office("webhook").account.count("event") == 0


def test_webhook__an_endpoint_in_a_private_network_needs_the_operators_word(connect, monkeypatch):
    _channel, emulation = connect("webhook", "webhook")
    monkeypatch.setenv("KITH_WEBHOOK_REACH", "public")
    with pytest.raises(KithError, match="KITH_WEBHOOK_URL"):
        plugin.build()
    monkeypatch.setenv("KITH_WEBHOOK_URL", f"https://127.0.0.1:{emulation.port}/webhook/events")
    guarded = plugin.build()
    (answer,) = guarded.send([request("u1")])
    guarded.close()
    assert (answer.status, answer.detail, answer.is_halt) == (Status.FAILED, "forbidden_address", True)


def test_webhook__nobody_there_is_said(connect, monkeypatch):
    connect("webhook", "webhook")
    monkeypatch.setenv("KITH_WEBHOOK_URL", "http://127.0.0.1:1/events")
    with pytest.raises(ChannelDown, match="KITH_WEBHOOK_URL"):
        plugin.build().open()


def test_webhook__secrets_are_not_printed(connect):
    channel, _emulation = connect("webhook", "webhook")
    secret = channel.conversation.settings.secret.get_secret_value()
    call = channel.conversation.prepare(request("u1"))
    assert secret not in f"{channel.conversation.settings!r}{call!r}{json.dumps(dict(call.headers))}"
    assert call.headers["webhook-signature"] not in repr(call)
