"""Calls of Amazon SNS: their signature, the confirmation of a topic, and the SES event within.

The string that is signed and the rules for the certificate are Amazon's ("Verifying the signatures of Amazon SNS
messages"): it is fetched over HTTPS from SNS's own hosts alone, and a topic must be one of ours.
"""

import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from activation.channels._esp_reading import read_rows
from activation.channels._receiving import check, event_id, json_object, nothing_but, text_of
from activation.channels._ses import EVENTS, SesSettings
from activation.channels.contract import BadSignature, Inbound, Reading
from activation.http import Call, HttpClient

_AMAZON = re.compile(r"https://sns\.[a-z0-9-]{3,30}\.amazonaws\.com(?:\.cn)?/")
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        *("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    ),
}
_SIGNED["UnsubscribeConfirmation"] = _SIGNED["SubscriptionConfirmation"]
_TIMEOUT = 10.0


def read_sns(settings: SesSettings, inbound: Inbound) -> Reading:
    """What one genuine call tells. A topic of ours is confirmed at once. Raises BadSignature."""
    told = json_object(inbound.body) or {}
    kind = text_of(told, "Type")
    check(kind in _SIGNED and text_of(told, "TopicArn") in _topics(settings))
    check(_is_genuine(settings, told, _SIGNED[kind], inbound.received_at))
    if kind == "SubscriptionConfirmation":
        return _confirm(settings, text_of(told, "SubscribeURL"), inbound)
    if kind != "Notification":
        return nothing_but("unsubscribed_topic", inbound.body)
    reading = read_rows("ses", EVENTS, replace(inbound, body=text_of(told, "Message").encode()))
    name = text_of(told, "MessageId")
    receipts = [
        replace(each, event_id=event_id("sns", name, str(number)))
        for number, each in enumerate(reading.receipts)
    ]
    return replace(reading, receipts=receipts)


def _confirm(settings: SesSettings, url: str, inbound: Inbound) -> Reading:
    check(_is_amazon(settings, url))
    with HttpClient(at_once=1, timeout=_TIMEOUT) as client:
        exchange = client.call(Call("GET", url))
    return nothing_but("topic_confirmed" if exchange.is_success else "topic_not_confirmed", inbound.body)


def _topics(settings: SesSettings) -> set[str]:
    return {each.strip() for each in settings.topics.split(",") if each.strip()}


def _is_amazon(settings: SesSettings, url: str) -> bool:
    own = settings.certificates
    return bool(_AMAZON.match(url)) or bool(own and url.startswith(own.rstrip("/") + "/"))


def _is_genuine(
    settings: SesSettings, told: Mapping[str, Any], names: tuple[str, ...], now: datetime
) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.hashes import SHA1, SHA256

    url, version = text_of(told, "SigningCertURL"), text_of(told, "SignatureVersion")
    if version not in ("1", "2") or not _is_amazon(settings, url):
        return False
    signed = "".join(f"{name}\n{told[name]}\n" for name in names if told.get(name) is not None)
    try:
        key = _certificate_key(url, now.date().isoformat())
        signature = b64decode(text_of(told, "Signature"), validate=True)
        if not isinstance(key, RSAPublicKey):
            return False
        key.verify(signature, signed.encode(), PKCS1v15(), SHA1() if version == "1" else SHA256())  # noqa: S303
    except (ValueError, InvalidSignature):
        return False
    return True


@lru_cache(maxsize=16)
def _certificate_key(url: str, today: str) -> Any:
    """The public key of a certificate in force, fetched once a day. Raises BadSignature where there is none."""
    from cryptography.x509 import load_pem_x509_certificate

    with HttpClient(at_once=1, timeout=_TIMEOUT) as client:
        exchange = client.call(Call("GET", url, largest=100_000))
    if not exchange.is_success:
        raise BadSignature("the certificate can't be fetched")
    certificate = load_pem_x509_certificate(exchange.body)
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not begins.date().isoformat() <= today <= ends.date().isoformat():
        raise BadSignature("the certificate is not in force")
    return certificate.public_key()
