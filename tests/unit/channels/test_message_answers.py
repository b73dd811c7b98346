"""What vendors answer, and what it means: by their own codes, else by the HTTP status, else nobody knows."""

import json

import pytest

from activation.channels import (
    _sms_receipts,
    _twilio,
    _vonage,
    _whatsapp_codes,
    messenger_facebook,
    viber,
    zalo,
)
from activation.channels._verdicts import Verdict, afterwards, by_http
from activation.channels.contract import ANSWERS, Reason, Status
from tests.unit.channels.messages import answered, request_for
from tests.unit.channels.test_message_contents import CHANNELS

TABLES = {
    "twilio": _twilio.CODES,
    "vonage": _vonage.STATUSES,
    "vonage receipts": _sms_receipts.VONAGE_ERRORS,
    "whatsapp": _whatsapp_codes.CODES,
    "messenger": messenger_facebook.CODES,
    "viber": viber.STATUSES,
    "zalo": zalo.CODES,
}


@pytest.mark.parametrize("name", sorted(TABLES))
def test_table__says_one_word_and_suppresses_only_addresses_and_opt_outs(name):
    for code, verdict in TABLES[name].items():
        assert code.lstrip("-").replace("/", "").isdigit()
        assert verdict.status in ANSWERS
        assert verdict.detail.replace("_", "").isalpha()
        assert verdict.detail.islower()
        assert verdict.status is not Status.ACCEPTED
        if verdict.suppress_after:
            assert verdict.status is Status.REJECTED
            assert verdict.reason in (Reason.ADDRESS_REFUSED, Reason.POLICY_REFUSED)
        if verdict.is_halt:  # whatever stops a vendor is ours, and never costs a person anything
            assert (verdict.status, verdict.suppress_after) == (Status.FAILED, 0)
        if verdict.reason is Reason.RATE_LIMITED:
            assert verdict.status is Status.DEFERRED
        assert isinstance(afterwards(verdict), Status)


def _body(told: object) -> bytes:
    return json.dumps(told).encode()


GRAPH = {"error": {"code": 131049, "message": "to +12025550123"}}
# channel, HTTP status, body → status, detail, halt
ANSWERED = [
    ("sms_twilio", 201, {"sid": "SM1", "status": "queued"}, Status.ACCEPTED, "", False),
    (
        "sms_twilio",
        201,
        {"sid": "SM1", "status": "failed", "error_code": 30007},
        Status.REJECTED,
        "carrier_filter",
        False,
    ),
    ("sms_twilio", 201, {"status": "queued"}, Status.UNKNOWN, "not_an_answer", False),
    ("sms_twilio", 400, {"code": 21211}, Status.REJECTED, "no_such_number", False),
    ("sms_twilio", 400, {"code": 21610}, Status.REJECTED, "opted_out", False),
    ("sms_twilio", 400, {"code": 99999}, Status.FAILED, "refused_request", False),
    ("sms_twilio", 401, {"code": 20003}, Status.FAILED, "login_refused", True),
    ("sms_twilio", 429, {"code": 20429}, Status.DEFERRED, "rate_limited", False),
    ("sms_vonage", 200, {"messages": [{"status": "0", "message-id": "A"}]}, Status.ACCEPTED, "", False),
    (
        "sms_vonage",
        200,
        {"messages": [{"status": "1"}, {"status": "0", "message-id": "B"}]},
        Status.ACCEPTED,
        "",
        False,
    ),
    ("sms_vonage", 200, {"messages": [{"status": "1"}]}, Status.DEFERRED, "rate_limited", False),
    ("sms_vonage", 200, {"messages": [{"status": "9"}]}, Status.FAILED, "no_credit", True),
    ("sms_vonage", 200, {"messages": [{"status": "7"}]}, Status.REJECTED, "barred", False),
    ("sms_vonage", 200, {"messages": []}, Status.UNKNOWN, "not_an_answer", False),
    ("whatsapp_cloud", 200, {"messages": [{"id": "wamid.1"}]}, Status.ACCEPTED, "", False),
    ("whatsapp_cloud", 400, GRAPH, Status.REJECTED, "marketing_limit", False),
    ("whatsapp_cloud", 400, {"error": {"code": 131026}}, Status.UNREACHABLE, "not_on_whatsapp", False),
    ("whatsapp_cloud", 401, {"error": {"code": 190}}, Status.FAILED, "login_refused", True),
    ("whatsapp_cloud", 400, {"error": "odd"}, Status.FAILED, "refused_request", False),
    ("messenger_facebook", 200, {"message_id": "m1"}, Status.ACCEPTED, "", False),
    (
        "messenger_facebook",
        400,
        {"error": {"code": 10, "error_subcode": 2018278}},
        Status.REJECTED,
        "outside_window",
        False,
    ),
    ("messenger_facebook", 403, {"error": {"code": 10}}, Status.FAILED, "forbidden", True),
    ("viber", 200, {"status": 0, "message_token": 4912661846655238145}, Status.ACCEPTED, "", False),
    ("viber", 200, {"status": 6}, Status.UNREACHABLE, "not_subscribed", False),
    ("viber", 200, {"status": 99}, Status.DEFERRED, "general_error", False),
    ("viber", 200, {}, Status.UNKNOWN, "not_an_answer", False),
    ("zalo", 200, {"error": 0, "data": {"message_id": "x"}}, Status.ACCEPTED, "", False),
    ("zalo", 200, {"error": -213}, Status.UNREACHABLE, "not_following", False),
    ("zalo", 200, {"error": -98765}, Status.UNKNOWN, "not_an_answer", False),
    ("zalo", 200, {"error": 0}, Status.UNKNOWN, "not_an_answer", False),
]


@pytest.mark.parametrize(("name", "status", "told", "expected", "detail", "is_halt"), ANSWERED)
def test_answer__means(name, status, told, expected, detail, is_halt):
    conversation, address = CHANNELS[name]
    request = request_for(address)
    answer = conversation.judge(request, answered(status, _body(told), {"retry-after": "7"}))
    assert (answer.status, answer.detail, answer.is_halt) == (expected, detail, is_halt)
    assert answer.message_id == request.message_id
    assert "555" not in answer.detail + answer.provider_code
    assert answer.retry_after in (None, 7.0)
    if expected is Status.DEFERRED:
        assert answer.retry_after == 7.0
    assert bool(answer.provider_message_id) is (expected is Status.ACCEPTED or detail == "carrier_filter")


NONSENSE = [
    b"",
    b"<html>",
    b"[]",
    b"null",
    b"5",
    b'"x"',
    b"{",
    b"[" * 100_000,
    b"\xff\xfe",
    b'{"messages": 5}',
]
NONSENSE += [
    b'{"error": []}',
    b'{"messages": [5]}',
    b'{"code": {}}',
    b'{"data": []}',
    b'{"sid": {}, "status": []}',
]


@pytest.mark.parametrize("name", sorted(CHANNELS))
def test_answer__that_is_nonsense_is_never_taken_for_a_yes_and_never_raises(name):
    conversation, address = CHANNELS[name]
    for status in (200, 201, 204, 302, 400, 401, 403, 404, 408, 413, 418, 429, 451, 501, 503, 599):
        for body in NONSENSE:
            answer = conversation.judge(request_for(address), answered(status, body))
            assert answer.status is not Status.ACCEPTED
            if 200 <= status < 300:
                assert answer.status is Status.UNKNOWN
            assert answer.suppress_after == 0


def test_status__without_a_word_from_the_vendor_is_judged_by_its_class():
    for status in range(200, 600):
        verdict: Verdict = by_http(status)
        assert verdict.suppress_after == 0
        if status < 300:
            assert verdict.status is Status.UNKNOWN
        elif status >= 500 or status in (408, 429):
            assert verdict.status is Status.DEFERRED
        else:
            assert verdict.status is Status.FAILED
