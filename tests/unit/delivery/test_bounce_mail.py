"""Bounces and complaints that come back as mail: what they mean, and that nobody can forge one against an address."""

from __future__ import annotations

import random
from base64 import b64encode
from datetime import UTC, datetime

import pytest

from activation.channels._bounce_mail import read_bounce
from activation.channels._mail_webhook import read_mail_webhook
from activation.channels._verp import ReturnPath
from activation.channels.contract import BadSignature, Inbound, Status
from kith.ids import stable_id

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
ID = stable_id("bounced")
PATH = ReturnPath("bounces@mail.example", b"secret")


def report(
    *, to: str = "", action: str = "failed", status: str = "5.1.1", diagnosis: str = "smtp; 550 5.1.1 unknown",
    kind: str = "delivery-status", returned: str = "text/rfc822-headers", more: str = "",
) -> bytes:  # fmt: skip
    """A delivery report as mail servers write them."""
    return (
        f"Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example\r\nTo: <{to or PATH.of(ID)}>\r\n"
        "Date: Mon, 23 Nov 2026 08:00:00 +0000\r\nAuto-Submitted: auto-replied\r\nSubject: Undelivered\r\n"
        f'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type={kind}; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        f"--b\r\nContent-Type: message/{kind}\r\n\r\n"
        "Reporting-MTA: dns; mx.example\r\nArrival-Date: Mon, 23 Nov 2026 07:00:00 +0000\r\n\r\n"
        f"Final-Recipient: rfc822; ada@shop.example\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: {diagnosis}\r\n{more}\r\n"
        f"--b\r\nContent-Type: {returned}\r\n\r\nMessage-ID: <{ID}@kith.example>\r\nSubject: Hi\r\n\r\n--b--\r\n"
    ).encode()


def complaint(kind: str = "abuse", to: str = "") -> bytes:
    return (
        f"From: fbl@isp.example\r\nTo: {to or PATH.of(ID)}\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nA complaint.\r\n"
        f"--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: {kind}\r\nUser-Agent: x\r\nVersion: 1\r\n"
        "Original-Rcpt-To: <ada@shop.example>\r\n\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <{ID}@kith.example>\r\n\r\nHello\r\n--b--\r\n"
    ).encode()


@pytest.mark.parametrize(
    ("status", "diagnosis", "detail", "suppress_after", "code"),
    [
        ("5.1.1", "smtp; 550 5.1.1 unknown", "no_mailbox", 1, "550 5.1.1"),
        ("5.2.2", "smtp; 552 5.2.2 full", "mailbox_full", 5, "552 5.2.2"),
        ("5.1.2", "", "no_domain", 2, "5.1.2"),
        ("5.7.1", "smtp; 554 5.7.1 spam", "policy", 0, "554 5.7.1"),
        ("5.0.0", "smtp; 550 user unknown", "no_mailbox", 1, "550 5.0.0"),
        ("5.7.1", "smtp; 550 5.7.1 <ada@shop.example>: user unknown", "no_mailbox", 1, "550 5.7.1"),
        ("4.4.7", "smtp; 451 4.4.7 expired", "gave_up", 0, "451 4.4.7"),
        ("4.2.2", "X-Postfix; full", "mailbox_full", 0, "4.2.2"),
        ("5.4.1", "smtp; 550-5.4.1 denied", "no_route", 2, "550 5.4.1"),
        ("5.7.26", "smtp; 550 5.7.26 unauthenticated", "sender_unauthenticated", 0, "550 5.7.26"),
        ("", "", "unspecified", 0, ""),
    ],
)
def test_bounce__is_judged_by_the_table_of_replies(status, diagnosis, detail, suppress_after, code):
    (receipt,) = read_bounce(report(status=status, diagnosis=diagnosis), PATH, NOW).receipts
    assert (receipt.status, receipt.detail) == (Status.BOUNCED, detail)
    assert (receipt.suppress_after, receipt.provider_code) == (suppress_after, code)
    assert (receipt.message_id, receipt.address) == (ID, "ada@shop.example")
    assert receipt.at == datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "to",
    [
        "bounces@mail.example",
        PATH.of(ID).replace(ID[:4], "0000"),
        ReturnPath("bounces@mail.example", b"another secret").of(ID),
        PATH.of(stable_id("another")).replace(stable_id("another"), ID),
    ],
)
def test_bounce__without_our_signed_return_path_costs_nobody_their_place(to):
    (receipt,) = read_bounce(report(to=to), PATH, NOW).receipts
    assert (receipt.message_id, receipt.suppress_after) == (ID, 0)
    (receipt,) = read_bounce(complaint(to=to), PATH, NOW).receipts
    assert receipt.suppress_after == 0
    (receipt,) = read_bounce(report(), None, NOW).receipts
    assert receipt.suppress_after == 0


@pytest.mark.parametrize(
    ("action", "expected"),
    [("delayed", Status.DEFERRED), ("delivered", Status.DELIVERED), ("failed (x)", Status.BOUNCED)],
)
def test_report__only_a_failure_is_final(action, expected):
    (receipt,) = read_bounce(report(action=action), PATH, NOW).receipts
    assert receipt.status is expected
    assert receipt.suppress_after == (1 if expected is Status.BOUNCED else 0)


@pytest.mark.parametrize("action", ["relayed", "expanded", "nonsense"])
def test_report__what_went_on_is_not_delivered(action):
    seen = read_bounce(report(action=action), PATH, NOW)
    assert (len(seen.receipts), len(seen.unread)) == (0, 1)


def test_report__names_every_recipient_and_the_original_one():
    more = "\r\nOriginal-Recipient: rfc822;bo@shop.example\r\nFinal-Recipient: rfc822;x@y.example\r\n" \
        "Action: failed\r\nStatus: 5.1.1\r\n"  # fmt: skip
    seen = read_bounce(report(more=more), PATH, NOW)
    assert [each.address for each in seen.receipts] == ["ada@shop.example", "bo@shop.example"]
    assert len({each.event_id for each in seen.receipts}) == 2


@pytest.mark.parametrize("kind", ["delivery-status", "global-delivery-status"])
@pytest.mark.parametrize("returned", ["text/rfc822-headers", "message/rfc822"])
def test_report__is_found_by_its_headers_too(kind, returned):
    (receipt,) = read_bounce(report(kind=kind, returned=returned, to="x@mail.example"), PATH, NOW).receipts
    assert receipt.message_id == ID


@pytest.mark.parametrize("kind", ["abuse", "fraud", "virus", "other"])
def test_complaint__takes_the_address_off(kind):
    (receipt,) = read_bounce(complaint(kind), PATH, NOW).receipts
    assert (receipt.status, receipt.message_id, receipt.suppress_after) == (Status.COMPLAINED, ID, 1)
    assert receipt.address == "ada@shop.example"


@pytest.mark.parametrize(("kind", "detail"), [("not-spam", "not_spam"), ("auth-failure", "auth_failure"), ("?", "no_complaint")])  # fmt: skip # noqa: E501
def test_complaint__not_every_feedback_is_one(kind, detail):
    seen = read_bounce(complaint(kind), PATH, NOW)
    assert not seen.receipts
    assert [each.detail for each in seen.unread] == [detail]


@pytest.mark.parametrize(
    ("raw", "detail"),
    [
        (b"Auto-Submitted: auto-replied\r\nSubject: Out of office\r\n\r\nI am away.", "auto_reply"),
        (b"Subject: Hello\r\n\r\nA person wrote.", "no_report"),
        (b"", "no_report"),
        (b"x" * (1 << 21), "too_long"),
    ],
)
def test_mail__that_is_no_report_tells_nothing(raw, detail):
    seen = read_bounce(raw, PATH, NOW)
    assert not seen.receipts
    assert [each.detail for each in seen.unread] == [detail]


def test_mail__ten_thousand_broken_reports_raise_nothing(pytestconfig):
    seed = pytestconfig.getoption("--seed")
    chance = random.Random(seed)
    sources = [report(), complaint(), report(returned="message/rfc822")]
    pieces = [
        b"\r\n",
        b"\0",
        b"--b",
        b":",
        b"=?x?",
        b"\xff\xfe",
        b"Content-Type: message/rfc822\r\n\r\n",
        b";",
        b"a" * 999,
    ]
    for _ in range(10_000):
        raw = bytearray(chance.choice(sources))
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(raw))
            raw[at : at + chance.randrange(40)] = chance.choice(pieces)
        seen = read_bounce(bytes(raw), PATH, NOW)
        assert seen.receipts or seen.unread
        assert all(each.message_id for each in seen.receipts)
    print(f"broken bounce mails: tried 10000, raised 0, seed {seed}")


@pytest.fixture
def _settings(monkeypatch, tmp_path):
    for name, value in {
        "KITH_SMTP_HOST": "h",
        "KITH_SMTP_WEBHOOK_SECRET": "pass",
        "KITH_SMTP_RELAY": "postmark",
        "KITH_SMTP_BOUNCE_ADDRESS": PATH.address,
        "KITH_SECRET": "secret",
        "KITH_HOME": str(tmp_path),
    }.items():
        monkeypatch.setenv(name, value)


def call(body: bytes, kind: str, password: str = "pass") -> Inbound:
    token = b64encode(f"kith:{password}".encode()).decode()
    headers = {"content-type": kind, "authorization": f"Basic {token}"}
    return Inbound("POST", "https://kith.example/webhooks/email_smtp", headers, body, NOW)


@pytest.mark.usefixtures("_settings")
def test_webhook__takes_bounce_mail_and_the_relay_s_events_and_believes_no_stranger():
    (receipt,) = read_mail_webhook(call(report(), "message/rfc822; charset=x")).receipts
    assert receipt.suppress_after == 1
    event = b'{"RecordType": "Delivery", "MessageID": "1", "Recipient": "a@b.example"}'
    (receipt,) = read_mail_webhook(call(event, "application/json")).receipts
    assert receipt.status is Status.DELIVERED
    for body, kind in ((report(), "message/rfc822"), (event, "application/json")):
        with pytest.raises(BadSignature):
            read_mail_webhook(call(body, kind, password="wrong"))
