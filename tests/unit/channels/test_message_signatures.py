"""Signatures of call-backs, held against the vendors' own library or against the rule written a second time."""

import base64
import hashlib
import hmac
import json
from urllib.parse import urlencode

import pytest
from pydantic import SecretStr
from twilio.request_validator import RequestValidator

from activation.channels import _meta, _rcs_receipts, _twilio, _vonage, _zalo_receipts, viber
from activation.channels._twilio import TwilioSettings
from activation.channels._vonage import VonageSettings
from activation.channels.contract import BadSignature
from activation.channels.whatsapp_cloud import WhatsAppSettings
from kith.errors import KithError
from sandbox.vendors._signed_forms import signed_form
from tests.unit.channels.messages import DECIDED, inbound

TOKEN = "12345678901234567890123456789012"
TWILIO = TwilioSettings(account_sid="AC1", auth_token=SecretStr(TOKEN))
FIELDS = {"MessageSid": "SM1", "MessageStatus": "sent", "To": "+1 & = %", "Body": "Grüße\n🌷", "Empty": ""}
URLS = [
    "https://shop.example/webhooks/sms_twilio",
    "https://shop.example/webhooks/sms_twilio?message=ab12&x=%20",
    "https://shop.example:8443/webhooks/sms_twilio",
    "http://127.0.0.1:8300/webhooks/sms_twilio",
    "https://shop.example:443/webhooks/sms_twilio",
]
FORM = {"content-type": "application/x-www-form-urlencoded"}


def _twilio_call(url, fields, signature, **headers):
    told = {**FORM, "x-twilio-signature": signature, **headers}
    return inbound(url, urlencode(fields, doseq=True).encode(), told)


@pytest.mark.parametrize("url", URLS)
def test_twilio__what_its_own_library_signs_is_genuine(url):
    validator = RequestValidator(TOKEN)
    for place in (url, url.replace(":443", ""), url.replace("shop.example/", "shop.example:443/")):
        signature = validator.compute_signature(place, FIELDS)
        assert dict(_twilio.check_signature(TWILIO, _twilio_call(url, FIELDS, signature))) == FIELDS


@pytest.mark.parametrize("url", URLS)
def test_twilio__what_the_emulator_signs_its_own_library_believes(url):
    callback = signed_form(url, FIELDS, TOKEN)
    assert RequestValidator(TOKEN).validate(url, FIELDS, callback.headers["x-twilio-signature"])


def test_twilio__one_changed_letter_anywhere_is_refused():
    signature = RequestValidator(TOKEN).compute_signature(URLS[1], FIELDS)
    _twilio.check_signature(TWILIO, _twilio_call(URLS[1], FIELDS, signature))
    changed = [
        (URLS[1] + "1", FIELDS),
        *((URLS[1], {**FIELDS, name: value + "x"}) for name, value in FIELDS.items()),
    ]
    for url, fields in [*changed, (URLS[1], {**FIELDS, "More": "1"}), (URLS[0], FIELDS)]:
        with pytest.raises(BadSignature):
            _twilio.check_signature(TWILIO, _twilio_call(url, fields, signature))
    for wrong in ("", signature[:-1], signature.lower(), base64.b64encode(b"0" * 20).decode()):
        with pytest.raises(BadSignature):
            _twilio.check_signature(TWILIO, _twilio_call(URLS[1], FIELDS, wrong))


def test_twilio__repeated_fields_are_signed_as_its_library_signs_them():
    class Repeated(dict):
        def getlist(self, name):
            return self[name]

    fields = Repeated({"To": ["b", "a", "a"], "From": ["c"]})
    signature = RequestValidator(TOKEN).compute_signature(URLS[0], fields)
    _twilio.check_signature(TWILIO, _twilio_call(URLS[0], fields, signature))


def test_twilio__a_shared_key_signs_with_sha256_and_the_token_no_more():
    shared = TwilioSettings(account_sid="AC1", auth_token=SecretStr(TOKEN), webhook_key=SecretStr("shared"))
    settings = {"x-twilio-webhooks-signature-settings": "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"}
    signature = RequestValidator("shared").compute_signature(URLS[0], FIELDS, "HMAC_SHA256")
    _twilio.check_signature(shared, _twilio_call(URLS[0], FIELDS, signature, **settings))
    old = RequestValidator(TOKEN).compute_signature(URLS[0], FIELDS)
    for told in ({}, settings, {"x-twilio-webhooks-signature-settings": "algorithm=HMAC_SHA1"}):
        with pytest.raises(BadSignature):
            _twilio.check_signature(shared, _twilio_call(URLS[0], FIELDS, old, **told))


def test_twilio__a_json_body_is_signed_by_its_hash():
    body = json.dumps({"a": 1})
    url = f"{URLS[0]}?bodySHA256={hashlib.sha256(body.encode()).hexdigest()}"
    signature = RequestValidator(TOKEN).compute_signature(url, {})
    headers = {"content-type": "application/json", "x-twilio-signature": signature}
    assert RequestValidator(TOKEN).validate(url, body, signature)
    assert _twilio.check_signature(TWILIO, inbound(url, body.encode(), headers)) == []
    with pytest.raises(BadSignature):
        _twilio.check_signature(TWILIO, inbound(url, b'{"a": 2}', headers))


def _vonage_call(fields, method="md5hash", secret="sign", **changed):
    told = {**fields, "timestamp": str(int(DECIDED.timestamp())), **changed}
    joined = "".join(
        f"&{name}={str(told[name]).replace('&', '_').replace('=', '_')}" for name in sorted(told)
    )
    if method == "md5hash":
        sig = hashlib.md5((joined + secret).encode(), usedforsecurity=False).hexdigest()
    else:
        sig = hmac.new(secret.encode(), joined.encode(), method).hexdigest()
    return {**told, "sig": sig.upper()}


@pytest.mark.parametrize("method", ["md5hash", "md5", "sha1", "sha256", "sha512"])
def test_vonage__each_method_is_checked_in_query_form_and_json(method):
    settings = VonageSettings(
        api_key="k",
        api_secret=SecretStr("s"),
        sender="Shop",
        signature_secret=SecretStr("sign"),
        signature_method=method,
    )
    told = _vonage_call({"msisdn": "447700900000", "text": "a&b=c ü"}, method)
    url = "https://shop.example/webhooks/sms_vonage"
    calls = [
        inbound(f"{url}?{urlencode(told)}", b"", method="GET"),
        inbound(url, urlencode(told).encode(), FORM),
        inbound(url, json.dumps(told).encode(), {"content-type": "application/json"}),
    ]
    for call in calls:
        assert _vonage.check_signature(settings, call) == told
    forged = {**told, "text": "another"}
    late = _vonage_call({"msisdn": "1"}, method, timestamp=str(int(DECIDED.timestamp()) - 301))
    unsigned = {"msisdn": "1", "timestamp": str(int(DECIDED.timestamp()))}
    for wrong in (forged, late, unsigned, _vonage_call({"msisdn": "1"}, method, secret="other")):
        with pytest.raises(BadSignature):
            _vonage.check_signature(settings, inbound(url, urlencode(wrong).encode(), FORM))
    unset = settings.model_copy(update={"signature_secret": SecretStr("")})
    with pytest.raises(KithError, match="KITH_VONAGE_SIGNATURE_SECRET is not set"):
        _vonage.check_signature(
            unset, inbound(url, urlencode(_vonage_call({"a": "b"}, method, "")).encode(), FORM)
        )


META = WhatsAppSettings(
    access_token=SecretStr("t"),
    app_secret=SecretStr("app"),
    verify_token=SecretStr("word"),
    phone_number_id="1",
)


def test_meta__the_raw_body_is_signed_by_the_apps_secret():
    body = '{"ü": "\\u00fc" }'.encode()
    signature = "sha256=" + hmac.new(b"app", body, hashlib.sha256).hexdigest()
    url = "https://shop.example/webhooks/whatsapp_cloud"
    _meta.check_signature(META, inbound(url, body, {"x-hub-signature-256": signature}))
    for wrong, told in ((body + b" ", signature), (body, signature[:-1]), (body, ""), (body, signature[7:])):
        with pytest.raises(BadSignature):
            _meta.check_signature(META, inbound(url, wrong, {"x-hub-signature-256": told}))
    unset = META.model_copy(update={"app_secret": SecretStr("")})
    unsigned = "sha256=" + hmac.new(b"", body, hashlib.sha256).hexdigest()
    with pytest.raises(KithError, match="KITH_WHATSAPP_APP_SECRET is not set"):
        _meta.check_signature(unset, inbound(url, body, {"x-hub-signature-256": unsigned}))


def test_meta__the_challenge_is_answered_to_who_knows_the_word():
    url = "https://shop.example/webhooks/whatsapp_cloud?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="
    assert _meta.subscribe(META, inbound(url + "word", b"", method="GET")).reply == b"1158201444"
    for wrong in (
        url,
        url + "w",
        url.replace("=subscribe", "=x") + "word",
        url.replace("1158201444", "<b>") + "word",
    ):
        with pytest.raises(BadSignature):
            _meta.subscribe(META, inbound(wrong, b"", method="GET"))
    unset = META.model_copy(update={"verify_token": SecretStr("")})
    with pytest.raises(KithError, match="KITH_WHATSAPP_VERIFY_TOKEN is not set"):
        _meta.subscribe(unset, inbound(url, b"", method="GET"))


def test_rcs__the_data_or_the_body_is_signed_by_the_client_token():
    data = json.dumps({"senderPhoneNumber": "+12025550123", "eventType": "READ", "messageId": "m"}).encode()
    body = json.dumps({"message": {"data": base64.b64encode(data).decode()}}).encode()
    for signed in (data, body):
        signature = base64.b64encode(hmac.new(b"client", signed, hashlib.sha512).digest()).decode()
        call = inbound("https://shop.example/webhooks/rcs_google", body, {"x-goog-signature": signature})
        assert len(_rcs_receipts.read(SecretStr("client"), call).receipts) == 1
        with pytest.raises(BadSignature):
            _rcs_receipts.read(SecretStr("other"), call)
        with pytest.raises(KithError, match="KITH_RCS_CLIENT_TOKEN is not set"):
            _rcs_receipts.read(SecretStr(""), call)
    asked = json.dumps({"clientToken": "client", "secret": "1234567890"}).encode()
    assert (
        _rcs_receipts.read(SecretStr("client"), inbound("https://shop.example/", asked)).reply
        == b"1234567890"
    )
    with pytest.raises(BadSignature):
        _rcs_receipts.read(SecretStr("other"), inbound("https://shop.example/", asked))


def test_viber_and_zalo__the_raw_body_is_signed():
    told = {"event": "seen", "user_id": "u", "message_token": 4912661846655238145, "timestamp": 1}
    body = json.dumps(told).encode()
    settings = viber.ViberSettings(auth_token=SecretStr("token"), sender="Shop")
    signature = hmac.new(b"token", body, hashlib.sha256).hexdigest()
    header = "x-viber-content-signature"
    (receipt,) = viber.read(settings, inbound("https://x/", body, {header: signature})).receipts
    assert receipt.provider_message_id == "4912661846655238145"
    with pytest.raises(BadSignature):
        viber.read(settings, inbound("https://x/", body + b" ", {header: signature}))
    event = json.dumps(
        {"event_name": "unfollow", "follower": {"id": "1"}, "timestamp": "1777622400000"}
    ).encode()
    mac = hashlib.sha256(b"app" + event + b"1777622400000" + b"secret").hexdigest()
    call = inbound("https://x/", event, {"x-zevent-signature": f"mac={mac}"})
    assert len(_zalo_receipts.read("app", SecretStr("secret"), call).receipts) == 1
    for app, secret in (("app", "other"), ("other", "secret")):
        with pytest.raises(BadSignature):
            _zalo_receipts.read(app, SecretStr(secret), call)
    with pytest.raises(KithError, match="KITH_ZALO_ACCOUNT_SECRET is not set"):
        _zalo_receipts.read("app", SecretStr(""), call)
