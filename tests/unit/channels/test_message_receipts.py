"""What vendors tell of messages becomes receipts: each row of a call is one, or is unread with a reason; none raises."""

import base64
import hashlib
import hmac
import json
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from activation.channels import (
    _messenger_receipts,
    _rcs_receipts,
    _sms_receipts,
    _whatsapp_receipts,
    _zalo_receipts,
    viber,
    voice_twilio,
)
from activation.channels.contract import ANSWERED, Status
from sandbox.vendors._signed_forms import signed_form
from tests.unit.channels.messages import DECIDED, inbound

URL = "https://shop.example/webhooks/x"
PAYLOADS = "payloads/whatsapp_webhooks.jsonl.gz"
# The published examples: how many there are of each meaning.
WHATSAPP = {
    "accepted": 2,
    "delivered": 1,
    "opened": 3,
    "rejected": 1,
    "replied": 25,
}
UNREAD = {
    "no_webhook",
    "reaction_taken_back",
    "marketing_resume",
    "marketing_signup",
    *(f"no_reply_{kind}" for kind in ("interactive", "unsupported", "system", "revoke", "edit")),
    *(
        f"about_{field}"
        for field in ("account_update", "calls", "smb_message_echoes", "template_category_update")
    ),
    *(f"about_message_template_{news}_update" for news in ("status", "components", "quality")),
}


@pytest.mark.real_data
def test_whatsapp__every_published_example_is_mapped_or_refused_with_a_reason(shared_data):
    import gzip

    told: dict[str, int] = {}
    refused: set[str] = set()
    with gzip.open(shared_data / PAYLOADS, "rt", encoding="utf-8") as lines:
        examples = [json.loads(line) for line in lines]
    for example in examples:
        reading = _whatsapp_receipts.read(inbound(URL, json.dumps(example["payload"]).encode()))
        assert reading.status_code == 200
        assert len(reading.receipts) + len(reading.unread) >= 1, example["case"]
        for receipt in reading.receipts:
            told[receipt.status] = told.get(receipt.status, 0) + 1
            assert receipt.event_id
            assert receipt.address
            assert receipt.provider_message_id or receipt.status is Status.REPLIED
        refused |= {row.detail for row in reading.unread}
    assert len(examples) == 87
    assert told == WHATSAPP
    assert refused == UNREAD


def _whatsapp(**value) -> list:
    change = {"field": value.pop("field", "messages"), "value": {"messaging_product": "whatsapp", **value}}
    body = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}
    reading = _whatsapp_receipts.read(inbound(URL, json.dumps(body).encode()))
    return [*reading.receipts, *reading.unread]


def test_whatsapp__a_status_carries_our_own_id_its_time_and_its_reason():
    failed = {"id": "wamid.1", "status": "failed", "timestamp": "1777536000", "recipient_id": "5215512345678"}
    failed |= {"biz_opaque_callback_data": "ab12", "errors": [{"code": 131026}]}
    (receipt,) = _whatsapp(statuses=[failed])
    assert (receipt.status, receipt.detail, receipt.provider_code) == (
        Status.UNREACHABLE,
        "not_on_whatsapp",
        "131026",
    )
    assert (receipt.message_id, receipt.provider_message_id) == ("ab12", "wamid.1")
    assert receipt.address == "+525512345678"
    assert receipt.at.isoformat() == "2026-04-30T08:00:00+00:00"
    (again,) = _whatsapp(statuses=[failed])
    assert again.event_id == receipt.event_id
    (read,) = _whatsapp(statuses=[{**failed, "status": "read", "errors": []}])
    assert read.event_id != receipt.event_id


def test_receipts__each_thing_told_of_one_message_has_a_name_of_its_own():
    whatsapp = [
        _whatsapp(statuses=[{"id": "w", "status": each}])[0] for each in ("sent", "delivered", "read")
    ]
    twilio = [
        _sms_receipts.read_twilio(
            [("MessageSid", "SM1"), ("MessageStatus", each)], inbound(URL, b"")
        ).receipts[0]
        for each in ("sent", "delivered", "read")
    ]
    vonage = [
        _sms_receipts.read_vonage({"messageId": "A", "status": each}, inbound(URL, b"")).receipts[0]
        for each in ("accepted", "buffered", "delivered")
    ]
    rcs = [
        _rcs({"senderPhoneNumber": "+12025550123", "messageId": "m", "eventType": each}).receipts[0]
        for each in ("DELIVERED", "READ", "TTL_EXPIRATION_REVOKED")
    ]
    for told in (whatsapp, twilio, vonage, rcs):
        assert len({receipt.event_id for receipt in told}) == 3


def test_whatsapp__who_stops_marketing_is_unsubscribed_and_who_resumes_gives_no_consent():
    stop = {
        "wa_id": "12025550123",
        "value": "stop",
        "category": "marketing_messages",
        "timestamp": 1777536000,
    }
    (receipt,) = _whatsapp(field="user_preferences", user_preferences=[stop])
    assert (receipt.status, receipt.address) == (Status.UNSUBSCRIBED, "+12025550123")
    (unread,) = _whatsapp(field="user_preferences", user_preferences=[{**stop, "value": "resume"}])
    assert unread.detail == "marketing_resume"
    (failed,) = _whatsapp(statuses=[{"id": "w", "status": "failed", "errors": [{"code": 131050}]}])
    assert failed.status is Status.UNSUBSCRIBED


def test_whatsapp__one_bad_part_takes_no_other_with_it():
    good = {"id": "wamid.1", "status": "read", "timestamp": "1777536000", "recipient_id": "12025550123"}
    rows = _whatsapp(statuses=[{"id": 5}, good, {"status": "odd", "id": "x"}], messages=[{"type": "text"}])
    assert [getattr(row, "status", row.detail) for row in rows] == [
        Status.OPENED,
        "unknown_status",
        "unknown_status",
        "no_sender",
    ]


def test_time__ahead_of_the_call_or_before_all_vendors_is_when_it_was_told():
    for odd in ("99999999999", "-5", "x", None, "0", {}):
        (receipt,) = _whatsapp(statuses=[{"id": "w", "status": "read", "timestamp": odd}])
        assert receipt.at == DECIDED


TWILIO = [
    ({"MessageStatus": "sent"}, Status.ACCEPTED, "sent", 0),
    ({"MessageStatus": "delivered"}, Status.DELIVERED, "delivered", 0),
    ({"MessageStatus": "read"}, Status.OPENED, "read", 0),
    ({"MessageStatus": "undelivered", "ErrorCode": "30005"}, Status.BOUNCED, "unknown_handset", 1),
    ({"MessageStatus": "undelivered", "ErrorCode": "30006"}, Status.BOUNCED, "landline", 1),
    ({"MessageStatus": "undelivered", "ErrorCode": "30003"}, Status.BOUNCED, "handset_unreachable", 5),
    ({"MessageStatus": "undelivered", "ErrorCode": "30007"}, Status.REJECTED, "carrier_filter", 0),
    ({"MessageStatus": "failed", "ErrorCode": "21610"}, Status.UNSUBSCRIBED, "opted_out", 1),
    ({"MessageStatus": "failed", "ErrorCode": "30034"}, Status.FAILED, "sender_not_registered", 0),
    ({"MessageStatus": "failed", "ErrorCode": "12345"}, Status.BOUNCED, "failed", 0),
]


@pytest.mark.parametrize(("told", "status", "detail", "suppress_after"), TWILIO)
def test_twilio__a_status_means(told, status, detail, suppress_after):
    fields = [("MessageSid", "SM1"), ("To", "+12025550123"), *told.items()]
    (receipt,) = _sms_receipts.read_twilio(fields, inbound(f"{URL}?message=ab12", b"")).receipts
    assert (receipt.status, receipt.detail, receipt.suppress_after) == (status, detail, suppress_after)
    assert (receipt.message_id, receipt.provider_message_id) == ("ab12", "SM1")


def test_twilio__a_stop_that_it_understood_itself_is_one_here():
    fields = [("MessageSid", "SM2"), ("SmsStatus", "received"), ("From", "+12025550123"), ("Body", "Stop")]
    (reply,) = _sms_receipts.read_twilio(fields, inbound(URL, b"")).receipts
    (stop,) = _sms_receipts.read_twilio([*fields, ("OptOutType", "STOP")], inbound(URL, b"")).receipts
    (start,) = _sms_receipts.read_twilio([*fields, ("OptOutType", "START")], inbound(URL, b"")).receipts
    assert [reply.status, stop.status, start.status] == [Status.REPLIED, Status.UNSUBSCRIBED, Status.REPLIED]
    (asked,) = _sms_receipts.read_twilio([*fields, ("OptOutType", "HELP")], inbound(URL, b"")).receipts
    assert [reply.detail, start.detail, asked.detail] == ["", "", ANSWERED]


VONAGE = [
    ({"status": "delivered", "err-code": "0"}, Status.DELIVERED, 0),
    ({"status": "accepted"}, Status.ACCEPTED, 0),
    ({"status": "buffered"}, Status.ACCEPTED, 0),
    ({"status": "unknown", "err-code": "1"}, Status.ACCEPTED, 0),
    ({"status": "expired", "err-code": "0"}, Status.BOUNCED, 0),
    ({"status": "failed", "err-code": "9"}, Status.BOUNCED, 1),
    ({"status": "rejected", "err-code": "6"}, Status.REJECTED, 0),
]


@pytest.mark.parametrize(("told", "status", "suppress_after"), VONAGE)
def test_vonage__a_receipt_means(told, status, suppress_after):
    told = {"messageId": "A1", "msisdn": "12025550123", "price": "0.0333", "client-ref": "ab12", **told}
    (receipt,) = _sms_receipts.read_vonage(told, inbound(URL, b"")).receipts
    assert (receipt.status, receipt.suppress_after) == (status, suppress_after)
    assert (receipt.message_id, receipt.provider_message_id, receipt.address) == (
        "ab12",
        "A1",
        "+12025550123",
    )
    assert (str(receipt.cost), receipt.currency) == ("0.0333", "EUR")


CALLS = [
    ("completed", "", Status.DELIVERED, "heard"),
    ("completed", "machine_start", Status.DELIVERED, "machine"),
    ("in-progress", "human", Status.DELIVERED, "picked_up"),
    ("busy", "", Status.BOUNCED, "busy"),
    ("no-answer", "", Status.BOUNCED, "no_answer"),
    ("failed", "", Status.BOUNCED, "not_connected"),
    ("ringing", "", Status.ACCEPTED, "ringing"),
]


@pytest.mark.parametrize(("state", "answered_by", "status", "detail"), CALLS)
def test_voice__how_a_call_went(state, answered_by, status, detail, monkeypatch):
    monkeypatch.setenv("KITH_TWILIO_ACCOUNT_SID", "AC1")
    monkeypatch.setenv("KITH_TWILIO_AUTH_TOKEN", "token")
    fields = {"CallSid": "CA1", "CallStatus": state, "AnsweredBy": answered_by}
    callback = signed_form(f"{URL}?message=ab12", fields, "token")
    told = inbound(callback.url, urlencode(fields).encode(), callback.headers)
    assert voice_twilio.plugin.read is not None
    (receipt,) = voice_twilio.plugin.read(told).receipts
    assert (receipt.status, receipt.detail, receipt.message_id) == (status, detail, "ab12")
    assert receipt.suppress_after == 0  # a busy line is no reason never to call again


def test_messenger__deliveries_by_id_and_replies_are_receipts_and_echoes_are_not():
    person = {"sender": {"id": "42"}, "recipient": {"id": "1"}, "timestamp": 1777536000000}
    events = [
        {**person, "delivery": {"mids": ["m1", "m2"], "watermark": 1777536000000}},
        {**person, "message": {"mid": "m3", "text": "hi", "reply_to": {"mid": "m1"}}},
        {**person, "message": {"mid": "m4", "text": "ours", "is_echo": True}},
        {**person, "postback": {"mid": "m5", "title": "Yes", "payload": "Yes"}},
        {**person, "optin": {}},
        {"message": {"mid": "m6"}},
    ]
    body = json.dumps({"object": "page", "entry": [{"messaging": events}]}).encode()
    reading = _messenger_receipts.read(inbound(URL, body))
    told = [(receipt.status, receipt.provider_message_id, receipt.text) for receipt in reading.receipts]
    assert told == [
        (Status.DELIVERED, "m1", ""),
        (Status.DELIVERED, "m2", ""),
        (Status.REPLIED, "m1", "hi"),
        (Status.REPLIED, "", "Yes"),
    ]
    assert [row.detail for row in reading.unread] == ["echo", "about_optin", "no_sender"]


def test_rcs__events_lead_to_our_message_and_a_foreign_id_to_none():
    ours = "0123456789abcdef0123456789abcdef"
    told = {"senderPhoneNumber": "+12025550123", "eventType": "READ", "messageId": _rcs_receipts.rcs_id(ours)}
    (receipt,) = _rcs(told).receipts
    assert (receipt.status, receipt.message_id) == (Status.OPENED, ours)
    assert _rcs({**told, "messageId": "MxBeef"}).receipts[0].message_id == ""
    assert _rcs({**told, "eventType": "IS_TYPING"}).unread[0].detail == "about_is_typing"
    revoked = _rcs({**told, "eventType": "TTL_EXPIRATION_REVOKED"}).receipts[0]
    assert (revoked.status, revoked.suppress_after) == (Status.BOUNCED, 0)
    assert _rcs({"senderPhoneNumber": "+12025550123", "eventType": "UNSUBSCRIBE"}).receipts[0].address


def _rcs(event):
    data = json.dumps(event).encode()
    signature = base64.b64encode(hmac.new(b"client", data, hashlib.sha512).digest()).decode()
    body = json.dumps({"message": {"data": base64.b64encode(data).decode()}}).encode()
    return _rcs_receipts.read(SecretStr("client"), inbound(URL, body, {"x-goog-signature": signature}))


NAMES = st.sampled_from(
    [
        *(
            "object",
            "entry",
            "changes",
            "value",
            "field",
            "statuses",
            "messages",
            "id",
            "status",
            "errors",
            "code",
        ),
        *(
            "messaging",
            "sender",
            "message",
            "mid",
            "delivery",
            "mids",
            "read",
            "watermark",
            "timestamp",
            "text",
        ),
        *("event", "event_name", "user_id", "message_token", "msg_ids", "recipient", "follower", "eventType"),
        *(
            "type",
            "interactive",
            "reaction",
            "context",
            "from",
            "user_preferences",
            "wa_id",
            "messageId",
            "data",
        ),
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@given(JSON, st.sampled_from(["whatsapp_business_account", "page"]))
@settings(max_examples=300, deadline=None)
def test_reading__of_anything_at_all_never_raises_and_loses_nothing(told, kind):
    if isinstance(told, dict):
        told["object"] = kind
    body = json.dumps(told).encode()
    key = viber.ViberSettings.model_validate({"auth_token": "token", "sender": "Shop"})
    viber_signature = hmac.new(b"token", body, hashlib.sha256).hexdigest()
    stamp = told.get("timestamp") if isinstance(told, dict) else None
    stamp = "" if stamp is None or isinstance(stamp, dict | list) else str(stamp)
    mac = hashlib.sha256(b"app" + body + stamp.encode("utf-8", "surrogatepass") + b"secret").hexdigest()
    readings = [
        _whatsapp_receipts.read(inbound(URL, body)),
        _messenger_receipts.read(inbound(URL, body)),
        viber.read(key, inbound(URL, body, {"x-viber-content-signature": viber_signature})),
        _zalo_receipts.read(
            "app", SecretStr("secret"), inbound(URL, body, {"x-zevent-signature": f"mac={mac}"})
        ),
        _rcs(told),
    ]
    for reading in readings:
        assert len(reading.receipts) + len(reading.unread) >= 1


@given(
    st.dictionaries(
        st.sampled_from(["MessageSid", "MessageStatus", "messageId", "status", "msisdn", "text", "price"]),
        st.text(max_size=8),
    )
)
@settings(max_examples=200, deadline=None)
def test_reading__of_any_form_never_raises_and_loses_nothing(told):
    for reading in (
        _sms_receipts.read_twilio(list(told.items()), inbound(URL, b"x")),
        _sms_receipts.read_vonage(told, inbound(URL, b"x")),
    ):
        assert len(reading.receipts) + len(reading.unread) == 1
