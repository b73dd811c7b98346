"""Mail over SendGrid and SES, against their emulators, their published schemas and their own libraries."""

from __future__ import annotations

import gzip
import json
import time
from base64 import b64decode
from dataclasses import replace
from email import message_from_bytes, policy

import jsonschema
import pytest

from activation.channels._esp_reading import read_rows
from activation.channels._sendgrid import EVENTS as SENDGRID_EVENTS
from activation.channels._ses import EVENTS as SES_EVENTS
from activation.channels.contract import BadSignature, ChannelPlugin, Erases, Inbound, Status
from kith.registry import plugin
from sandbox.emulation import Fault, Faults
from tests.integration.channels.mail_world import DECIDED, FULL, PAYLOADS, SPECS, hearing, mail

VENDORS = ["sendgrid", "ses"]


def read(vendor: str, call: Inbound):
    found = plugin("activation.channels", f"email_{vendor}", ChannelPlugin).read
    assert found is not None
    return found(call)


@pytest.mark.parametrize("vendor", VENDORS)
def test_vendor__takes_mails_of_every_shape_and_nothing_is_refused(connect, vendor):
    channel, emulation = connect(f"email_{vendor}", vendor)
    batch = [
        mail(),
        mail("bo@bücher.example", 1, **FULL),
        mail("cy@shop.example", 2, text="", html="<p>x</p>"),
    ]
    answers = channel.send(batch)
    assert {answer.status for answer in answers} == {Status.ACCEPTED}
    account = emulation.office(vendor).account
    assert account.refusals() == []
    assert account.copies("message") == {each.message_id: 1 for each in batch}
    assert {row["to"] for row in account.rows("message")} >= {"bo@xn--bcher-kva.example"}
    assert all(answer.provider_message_id for answer in answers)


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize(
    ("address", "changed", "detail"),
    [
        ("a@b.example\r\nBcc: x@y.example", {}, "bad_address"),
        ("ada", {}, "bad_address"),
        ("é@b.example", {}, "needs_smtputf8"),
        ("a@b.example", {"subject": "x\r\nBcc: y@z.example"}, "bad_header"),
        ("a@b.example", {"subject": "x\0"}, "bad_header"),
        ("a@b.example", {"unsubscribe_url": "https://x\r\n"}, "bad_header"),
        ("a@b.example", {"options": {"reply_to": "x\r\n@y"}}, "bad_address"),
    ],
)
def test_vendor__hostile_words_are_refused_before_anything_leaves(connect, vendor, address, changed, detail):
    channel, emulation = connect(f"email_{vendor}", vendor)
    answer, other = channel.send([mail(address, 1, **changed), mail()])
    assert (answer.status, answer.detail) == (Status.FAILED, detail)
    assert other.status is Status.ACCEPTED
    assert emulation.office(vendor).account.count("message") == 1


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize(
    ("variable", "value", "detail"),
    [
        ("API_KEY", "wrong", "login_refused"),
        ("SECRET_KEY", "wrong", "login_refused"),
        ("SENDER", "x@y.example", ""),
    ],
)
def test_vendor__our_own_faults_stop_the_channel_and_cost_nobody_anything(
    connect, monkeypatch, vendor, variable, value, detail
):
    _channel, emulation = connect(f"email_{vendor}", vendor)
    name = f"KITH_{vendor.upper()}_{variable}"
    if name not in emulation.settings:
        return  # the other vendor's
    monkeypatch.setenv(name, value)
    channel = plugin("activation.channels", f"email_{vendor}", ChannelPlugin).build()
    (answer,) = channel.send([mail()])
    channel.close()
    assert answer.status is Status.FAILED
    assert answer.suppress_after == 0
    assert emulation.office(vendor).account.count("message") == 0
    if detail:
        assert (answer.detail, answer.is_halt) == (detail, True)


@pytest.mark.parametrize("vendor", VENDORS)
def test_vendor__tells_by_signed_calls_what_became_of_each_mail(connect, clock, vendor, monkeypatch):
    with hearing(clock.now) as (platform, heard):
        channel, emulation = connect(f"email_{vendor}", vendor, platform=platform)
        batch = [mail(), mail("unknown@shop.example", 1)]
        answers = channel.send(batch)
        receipts = _receipts(vendor, heard, 4)
    told = {(each.message_id, each.status): each for each in receipts}
    assert set(told) == {
        (batch[0].message_id, Status.ACCEPTED),
        (batch[0].message_id, Status.DELIVERED),
        (batch[1].message_id, Status.ACCEPTED),
        (batch[1].message_id, Status.BOUNCED),
    }
    bounce = told[batch[1].message_id, Status.BOUNCED]
    assert (bounce.detail, bounce.suppress_after, bounce.address) == ("no_mailbox", 1, "unknown@shop.example")
    assert bounce.provider_message_id == answers[1].provider_message_id
    assert len({each.event_id for each in receipts}) == 4
    _nobody_else_is_believed(vendor, heard[0])
    monkeypatch.setenv("KITH_SES_TOPICS", "arn:aws:sns:eu-west-1:123456789012:another")
    monkeypatch.setenv("KITH_SENDGRID_PUBLIC_KEY", "")
    with pytest.raises(BadSignature):
        read(vendor, heard[0])
    assert emulation.caller.given_up == 0


def _receipts(vendor, heard, count):
    until, found = time.monotonic() + 10, []
    while len(found) < count and time.monotonic() < until:
        time.sleep(0.05)
        found = [each for call in list(heard) for each in read(vendor, call).receipts]
    return found


def _nobody_else_is_believed(vendor: str, genuine: Inbound) -> None:
    text = genuine.body.decode()
    changed = text.replace("shop.example", "evil.example", 1)
    altered = [
        replace(genuine, body=changed.encode()),
        replace(genuine, body=b""),
        replace(genuine, body=b"[]"),
    ]
    if vendor == "sendgrid":
        altered += [replace(genuine, headers={})]
        stamp = "x-twilio-email-event-webhook-timestamp"
        altered += [replace(genuine, headers={**genuine.headers, stamp: "1"})]
    else:
        told = json.loads(text)
        altered += [
            replace(genuine, body=json.dumps({**told, **other}).encode())
            for other in (
                {"TopicArn": "arn:aws:sns:eu-west-1:1:another"},
                {"SigningCertURL": "https://sns.eu-west-1.amazonaws.com.evil.example/x.pem"},
                {"SigningCertURL": told["SigningCertURL"].replace("127.0.0.1", "127.0.0.2")},
                {"Type": "SubscriptionConfirmation"},
                {"SignatureVersion": "3"},
            )
        ]
    for each in altered:
        with pytest.raises(BadSignature):
            read(vendor, each)


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault.THROTTLED, Status.DEFERRED),
        (Fault.UNAVAILABLE, Status.DEFERRED),
        (Fault.ERROR, Status.UNKNOWN),
        (Fault.GATEWAY, Status.UNKNOWN),
        (Fault.CUT, Status.UNKNOWN),
    ],
)
def test_vendor__a_fault_is_told_apart_by_what_may_have_happened(connect, vendor, fault, expected):
    channel, _ = connect(f"email_{vendor}", vendor, faults=Faults({fault: 1.0}))
    (answer,) = channel.send([mail()])
    assert answer.status is expected
    assert answer.suppress_after == 0


@pytest.mark.parametrize("vendor", VENDORS)
def test_vendor__can_be_told_to_forget(connect, vendor):
    channel, _ = connect(f"email_{vendor}", vendor)
    assert isinstance(channel, Erases)
    for address in ("ada@shop.example", "a+b@shop.example"):
        assert channel.erase(address) is True


def test_sendgrid__requests_are_valid_by_the_published_schema(connect):
    file = SPECS / "sendgrid_mail_send.json"
    if not file.exists():
        pytest.skip("the published schemas are not beside this checkout")
    channel, _ = connect("email_sendgrid", "sendgrid")
    document = json.loads(file.read_text())["mail_send"]["post"]
    schema = _closed(document["requestBody"]["content"]["application/json"]["schema"])
    for each in (mail(), mail(number=1, **FULL)):
        body = json.loads(channel.conversation.prepare(each).body)
        jsonschema.validate(body, schema)
        for wrong in ({**body, "colour": "red"}, {**body, "content": []}, {**body, "categories": ["a"] * 11}):
            if wrong.get("content") != []:
                with pytest.raises(jsonschema.ValidationError):
                    jsonschema.validate(wrong, schema)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(
                {name: value for name, value in body.items() if name != "personalizations"}, schema
            )


def _closed(node):
    """Names that the schema doesn't know are refused; parts that live in files we don't have are objects or lists."""
    if isinstance(node, list):
        return [_closed(each) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return {"type": "array" if node["$ref"].endswith("_array") else "object"}
    kept = {
        name: _closed(value) for name, value in node.items() if name not in ("example", "default", "format")
    }
    if isinstance(kept.get("properties"), dict) and kept["properties"]:
        kept["additionalProperties"] = False
    return kept


def test_sendgrid__its_own_library_verifies_the_emulator_s_calls(connect, clock):
    from sendgrid.helpers.eventwebhook import EventWebhook

    with hearing(clock.now) as (platform, heard):
        channel, emulation = connect("email_sendgrid", "sendgrid", platform=platform)
        channel.send([mail()])
        _receipts("sendgrid", heard, 2)
    told = EventWebhook()
    key = told.convert_public_key_to_ecdsa(emulation.settings["KITH_SENDGRID_PUBLIC_KEY"])
    names = ("x-twilio-email-event-webhook-signature", "x-twilio-email-event-webhook-timestamp")
    for call in heard:
        assert told.verify_signature(call.body.decode(), *(call.headers[name] for name in names), key)


def test_ses__requests_are_those_that_amazon_s_own_model_makes(connect):
    from botocore.model import ServiceModel
    from botocore.validate import ParamValidator

    file = SPECS / "aws_sesv2_service-2.json.gz"
    if not file.exists():
        pytest.skip("the published schemas are not beside this checkout")
    with gzip.open(file, "rt") as stream:
        operation = ServiceModel(json.load(stream)).operation_model("SendEmail")
    channel, _ = connect("email_ses", "ses")
    for each in (mail(), mail(number=1, **FULL)):
        call = channel.conversation.prepare(each)
        body = json.loads(call.body)
        raw = b64decode(body["Content"]["Raw"]["Data"])
        body["Content"]["Raw"]["Data"] = raw
        report = ParamValidator().validate(body, operation.input_shape)
        assert not report.has_errors(), report.generate_report()
        assert ParamValidator().validate({**body, "Colour": "red"}, operation.input_shape).has_errors()
        assert call.url.endswith(operation.http["requestUri"])
        assert call.method == operation.http["method"]
        parsed = message_from_bytes(raw, policy=policy.default)
        assert parsed["Subject"] == each.subject
        assert not parsed.defects


def test_ses__an_altered_call_is_refused_by_its_signature(connect):
    channel, emulation = connect("email_ses", "ses")
    conversation = channel.conversation
    call = conversation.prepare(mail())
    with_other_body = replace(call, body=call.body.replace(b"ada@shop.example", b"eve@shop.example"))
    exchange = channel._client.call(with_other_body)
    answer = conversation.judge(mail(), exchange)
    assert (answer.status, answer.detail, answer.is_halt) == (Status.FAILED, "login_refused", True)
    assert emulation.office("ses").account.count("message") == 0


@pytest.mark.parametrize(
    ("esp", "service", "count"), [("sendgrid", SENDGRID_EVENTS, 10), ("amazon_ses", SES_EVENTS, 14)]
)
def test_cases__every_documented_event_is_mapped_or_refused_with_a_reason(esp, service, count):
    file = PAYLOADS / "esp_webhooks_anymail.jsonl.gz"
    if not file.exists():
        pytest.skip("the payload cases are not beside this checkout")
    with gzip.open(file, "rt") as stream:
        cases = [each for each in map(json.loads, stream) if each["file"].startswith(f"tests/test_{esp}")]
    assert len(cases) == count
    told = {}
    for case in cases:
        payload = (
            json.loads(case["payload"]["Message"]) if _is_notification(case["payload"]) else case["payload"]
        )
        seen = read_rows(esp, service, Inbound("POST", "", {}, json.dumps(payload).encode(), DECIDED))
        assert seen.receipts or seen.unread
        told[case["test"]] = [(each.status, each.detail, each.suppress_after) for each in seen.receipts]
    expected = {
        "sendgrid": {
            "test_bounce_event": [(Status.BOUNCED, "no_mailbox", 1)],
            "test_dropped_bounced": [(Status.REJECTED, "suppressed_by_vendor", 0)],
            "test_dropped_invalid_event": [(Status.BOUNCED, "bad_address", 1)],
        },
        "amazon_ses": {
            "test_multiple_bounce_event": [(Status.BOUNCED, "hard_bounce", 1)] * 2,
            "test_complaint_event": [(Status.COMPLAINED, "spam", 1)],
            "test_delivery_event": [(Status.DELIVERED, "delivered", 0)],
        },
    }[esp]
    assert {name: told[name] for name in expected} == expected


def _is_notification(payload) -> bool:
    return isinstance(payload, dict) and payload.get("Type") == "Notification"
