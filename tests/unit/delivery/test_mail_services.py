"""What e-mail services tell: every documented case is mapped or refused with a reason, and nobody else is believed."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
import random
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1

from activation.channels._esp_reading import read_rows
from activation.channels._esp_services import RELAY_HEADERS, SERVICES
from activation.channels._esp_signatures import CHECKS, check_service
from activation.channels._mime import letterhead
from activation.channels.contract import BadSignature, Inbound, Permission, Reading, Request, Status
from activation.gates.contract import _POLICY_SEAL
from kith.ids import stable_id
from kith.settings import PROJECT

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
CASES = PROJECT.parent / "shared" / "data" / "payloads" / "esp_webhooks_anymail.jsonl.gz"
SECRET = "whsec_" + b64encode(b"k" * 24).decode()
RSA = rsa.generate_private_key(65537, 2048)

# Service, a word of a case's name, what it means: the receiving server's reply weighs more than the service's word.
EXPECTED = [
    ("brevo", "test_hard_bounce", Status.BOUNCED, "hard_bounce", 1),
    ("brevo", "test_blocked", Status.REJECTED, "suppressed_by_vendor", 0),
    ("brevo", "test_deferred_event", Status.DEFERRED, "deferred", 0),
    ("mailjet", "test_bounced_greylist_event", Status.BOUNCED, "soft_bounce", 5),
    ("mailjet", "test_click_event", Status.CLICKED, "clicked", 0),
    ("mailtrap", "test_bounce_event", Status.BOUNCED, "no_mailbox", 1),
    ("mailtrap", "test_suspension_event", Status.DEFERRED, "deferred", 0),
    ("mandrill", "test_hard_bounce_event", Status.BOUNCED, "no_mailbox", 1),
    ("postal", "test_bounce_event", Status.BOUNCED, "soft_bounce", 5),
    ("postmark", "test_unsubscribe", Status.UNSUBSCRIBED, "unsubscribed", 0),
    ("postmark", "test_spam_event", Status.COMPLAINED, "spam", 1),
    ("resend", "test_suppressed_event", Status.REJECTED, "suppressed_by_vendor", 0),
    ("sparkpost", "test_bounce_challenge_response", Status.BOUNCED, "policy", 0),
    ("sparkpost", "test_generation_failure_event", Status.FAILED, "content_refused", 0),
    ("unisender_go", "test_soft_bounced_event", Status.BOUNCED, "mailbox_full", 5),
    ("mailersend", "test_soft_bounced_event", Status.BOUNCED, "soft_bounce", 5),
]
REFUSED = {
    ("brevo", "test_proxy_open_event"): "machine_open",
    ("brevo", "test_inbound_basics"): "inbound_mail",
    ("mandrill", "test_sync_event"): "list_change",
    ("postal", "test_ignore_incoming_events"): "inbound_mail",
    ("postmark", "test_resubscribe"): "resubscribed",
    ("sparkpost", "test_ping_event"): "ping",
    ("mailgun", "test_metadata_key_conflicts"): "unknown_event",
}


def inbound(body: bytes, **headers: str) -> Inbound:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return Inbound("POST", "https://kith.example/webhooks/email_smtp", told, body, NOW)


def read(service: str, payload: Any) -> Reading:
    return read_rows(service, SERVICES[service], inbound(json.dumps(payload).encode()))


@pytest.fixture(scope="module")
def cases() -> list[dict[str, Any]]:
    if not CASES.exists():
        pytest.skip(f"the payload cases are not here: {CASES}")
    with gzip.open(CASES, "rt") as file:
        return [json.loads(line) for line in file]


def test_services__every_case_is_mapped_or_refused_with_a_reason(cases):
    ours = [case for case in cases if case["esp"] in SERVICES]
    assert len(ours) == 100
    assert {case["esp"] for case in ours} == set(SERVICES)
    counts = {"receipts": 0, "unread": 0}
    for case in ours:
        seen = read(case["esp"], case["payload"])
        assert seen.receipts or seen.unread
        assert all(receipt.event_id and receipt.detail and receipt.at <= NOW for receipt in seen.receipts)
        assert all(each.detail for each in seen.unread)
        counts["receipts"] += len(seen.receipts)
        counts["unread"] += len(seen.unread)
    print(f"payload cases: {len(ours)}, {counts}")
    assert counts["receipts"] >= 85


def test_services__mean_what_they_say(cases):
    found = {(case["esp"], case["test"]): case["payload"] for case in cases}
    for service, name, status, detail, suppress_after in EXPECTED:
        (receipt,) = read(service, found[service, name]).receipts
        assert (receipt.status, receipt.detail, receipt.suppress_after) == (status, detail, suppress_after), (
            name
        )
    for (service, name), detail in REFUSED.items():
        (unread,) = read(service, found[service, name]).unread
        assert unread.detail == detail, name


def test_services__told_twice_it_is_one_event_and_two_clicks_are_two(cases):
    for case in cases:
        if case["esp"] in SERVICES:
            one, same = (read(case["esp"], case["payload"]).receipts for _ in range(2))
            assert [each.event_id for each in one] == [each.event_id for each in same]
    click = {
        "event": "click",
        "time": 1498093527,
        "MessageID": 1,
        "email": "a@b.example",
        "url": "http://one.example",
    }
    names = {
        read("mailjet", {**click, **other}).receipts[0].event_id
        for other in ({}, {"url": "http://two.example"}, {"time": 1498093528}, {"MessageID": 2})
    }
    assert len(names) == 4


@pytest.mark.parametrize(
    ("diagnosis", "detail", "suppress_after"),
    [
        ("550 5.1.1 no such user", "no_mailbox", 1),
        ("smtp;550 5.7.1 spam", "policy", 0),
        ("552 5.2.2 mailbox full", "mailbox_full", 5),
        ("421 4.7.28 rate", "rate_limited", 0),
        (
            "550 5.7.26 unauthenticated",
            "hard_bounce",
            1,
        ),  # ours, said of everybody: the service's word stands
        ("something else", "hard_bounce", 1),
    ],
)
def test_services__a_hard_bounce_costs_what_the_server_s_reply_says(diagnosis, detail, suppress_after):
    (receipt,) = read("brevo", {"event": "hard_bounce", "email": "a@b.example", "reason": diagnosis}).receipts
    assert (receipt.detail, receipt.suppress_after) == (detail, suppress_after)


def test_services__ten_thousand_broken_payloads_raise_nothing(cases, pytestconfig):
    seed = pytestconfig.getoption("--seed")
    chance = random.Random(seed)
    junk = [None, [], {}, "", "x", -1, 1e400, True, ["x"], {"x": {}}, "\ud800", 10**30]
    for _ in range(10_000):
        case = chance.choice(cases)
        service = case["esp"] if case["esp"] in SERVICES else chance.choice(sorted(SERVICES))
        body = json.dumps(_broken(case["payload"], chance, junk)).encode()
        if chance.random() < 0.1:
            body = body[: chance.randrange(len(body) + 1)]
        seen = read_rows(service, SERVICES[service], inbound(body))
        assert seen.receipts or seen.unread
    print(f"broken payloads: tried 10000, raised 0, seed {seed}")


def _broken(value: Any, chance: random.Random, junk: list[Any]) -> Any:
    if chance.random() < 0.08:
        return chance.choice(junk)
    if isinstance(value, dict):
        return {key: _broken(each, chance, junk) for key, each in value.items() if chance.random() > 0.05}
    if isinstance(value, list):
        return [_broken(each, chance, junk) for each in value]
    return value


def _signed(service: str, body: bytes) -> Inbound:
    """A call as the service makes it, by its documents."""
    key, stamp = SECRET.encode(), str(int(NOW.timestamp()))
    if service in ("brevo", "mailjet", "postmark", "sparkpost"):
        return inbound(body, authorization="Basic " + b64encode(b"kith:" + key).decode())
    if service in ("mailersend", "mailtrap"):
        header = "signature" if service == "mailersend" else "mailtrap_signature"
        return inbound(body, **{header: hmac.new(key, body, hashlib.sha256).hexdigest()})
    if service == "mailgun":
        mac = hmac.new(key, f"{stamp}token".encode(), hashlib.sha256).hexdigest()
        told = {**json.loads(body), "signature": {"timestamp": stamp, "token": "token", "signature": mac}}
        return inbound(json.dumps(told).encode())
    if service == "mandrill":
        form = {"mandrill_events": body.decode()}
        text = "https://kith.example/webhooks/email_smtp" + "mandrill_events" + body.decode()
        mac = b64encode(hmac.new(key, text.encode(), hashlib.sha1).digest()).decode()
        return inbound(urlencode(form).encode(), x_mandrill_signature=mac)
    if service == "postal":
        return inbound(
            body, x_postal_signature=b64encode(RSA.sign(body, padding.PKCS1v15(), SHA1())).decode()
        )
    if service == "unisender_go":
        told = json.dumps({**json.loads(body), "auth": SECRET}).encode()
        return inbound(told.replace(key, hashlib.md5(told).hexdigest().encode()))
    assert service == "resend"
    from standardwebhooks.webhooks import Webhook

    signature = Webhook(SECRET).sign("msg_1", NOW, body.decode())
    return inbound(body, svix_id="msg_1", svix_timestamp=stamp, svix_signature=f"v1,old {signature}")


def _secret(service: str) -> str:
    if service != "postal":
        return SECRET
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return b64encode(RSA.public_key().public_bytes(serialization.Encoding.DER, form)).decode()


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_signature__the_service_s_own_is_believed_and_no_other(service):
    assert set(CHECKS) == set(SERVICES)
    body = b'{"event": "delivered"}'
    genuine = _signed(service, body)
    assert b"delivered" in check_service(service, _secret(service), genuine).body
    altered = [
        Inbound("POST", genuine.url, {}, b"{}", NOW),
        Inbound(
            "POST",
            genuine.url,
            {name: value[:-3] + "AAA" for name, value in genuine.headers.items()},
            body,
            NOW,
        ),
        Inbound("POST", genuine.url, genuine.headers, b"", NOW)
        if service not in ("brevo", "mailjet", "postmark", "sparkpost")
        else Inbound("POST", genuine.url, {"authorization": "Bearer x"}, body, NOW),
    ]
    for each in altered:
        with pytest.raises(BadSignature):
            check_service(service, _secret(service), each)
    for secret in ("", "another"):
        with pytest.raises(BadSignature):
            check_service(service, secret, genuine)


@pytest.mark.parametrize("service", ["mailgun", "resend"])
def test_signature__an_old_call_is_not_believed_again(service):
    genuine = _signed(service, b'{"event": "delivered"}')
    late = Inbound(
        "POST", genuine.url, genuine.headers, genuine.body, datetime(2026, 11, 23, 9, 6, tzinfo=UTC)
    )
    with pytest.raises(BadSignature):
        check_service(service, SECRET, late)


@pytest.mark.parametrize("service", sorted(RELAY_HEADERS))
def test_relay__our_message_id_travels_with_the_mail_and_comes_back(service):
    message_id = stable_id("relay")
    permission = Permission(_POLICY_SEAL, message_id, "consent", "")
    request = Request(message_id, permission, "a@b.example", NOW, "Hello", "text")
    mail = letterhead("shop@kith.example", "", RELAY_HEADERS[service]).mail(request).decode()
    (header,) = [line for line in mail.split("\r\n") if "kith_message" in line]
    told = header.partition(": ")[2] if "Metadata-" not in header else {"kith_message": message_id}
    events = {
        "mailgun": {"event-data": {"event": "delivered", "recipient": "a@b.example", "user-variables": told}},
        "mandrill": [{"event": "send", "msg": {"email": "a@b.example", "metadata": told}}],
        "mailtrap": {"events": [{"event": "delivery", "email": "a@b.example", "custom_variables": told}]},
        "sparkpost": [{"msys": {"m": {"type": "delivery", "rcpt_to": "a@b.example", "rcpt_meta": told}}}],
        "postmark": {"RecordType": "Delivery", "MessageID": "1", "Metadata": told},
        "brevo": {"event": "delivered", "message-id": "1", "X-Mailin-custom": told},
        "mailjet": {"event": "sent", "MessageID": 1, "CustomID": told},
        "unisender_go": {"status": "delivered", "email": "a@b.example", "metadata": told},
    }
    (receipt,) = read(service, events[service]).receipts
    assert receipt.message_id == message_id
