"""Whether a call comes from the e-mail service that it says it comes from: each service's own way of signing.

Services without a signature are given an address with a name and a password in it, which come as HTTP Basic.
"""

import hashlib
import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping

from activation.channels._receiving import check, form, inner, is_same, json_object, text_of
from activation.channels.contract import Inbound

LATEST_SECONDS = 300.0
Check = Callable[[Inbound, str], bool]


def check_service(service: str, secret: str, inbound: Inbound) -> Inbound:
    """The call, if it is genuine (Mandrill's with its form unwrapped). Raises contract.BadSignature.

    Without a secret nobody is believed.
    """
    check(bool(secret) and CHECKS[service](inbound, secret))
    if service == "mandrill":
        events = dict(form(inbound)).get("mandrill_events", "")
        return Inbound(inbound.method, inbound.url, inbound.headers, events.encode(), inbound.received_at)
    return inbound


def is_basic(inbound: Inbound, secret: str) -> bool:
    """HTTP Basic with the secret as password, whatever the name."""
    kind, _, told = inbound.headers.get("authorization", "").partition(" ")
    try:
        password = b64decode(told, validate=True).decode().partition(":")[2]
    except (ValueError, UnicodeDecodeError):
        return False
    return kind.lower() == "basic" and is_same(secret, password)


def _hex_of_body(header: str) -> Check:
    def is_genuine(inbound: Inbound, secret: str) -> bool:
        expected = hmac.digest(secret.encode(), inbound.body, hashlib.sha256).hex()
        return is_same(expected, inbound.headers.get(header, ""))

    return is_genuine


def _mailgun(inbound: Inbound, secret: str) -> bool:
    """Time and token are signed, not the body: an old pair proves nothing, so the time must be near."""
    told = inner(json_object(inbound.body), "signature")
    moment, token = text_of(told, "timestamp"), text_of(told, "token")
    expected = hmac.digest(secret.encode(), f"{moment}{token}".encode(), hashlib.sha256).hex()
    return is_same(expected, text_of(told, "signature")) and _is_near(moment, inbound)


def _resend(inbound: Inbound, secret: str) -> bool:
    """Svix: the scheme of Standard Webhooks under header names of its own."""
    name, moment = inbound.headers.get("svix-id", ""), inbound.headers.get("svix-timestamp", "")
    try:
        key = b64decode(secret.removeprefix("whsec_"))
    except ValueError:
        return False
    signed = f"{name}.{moment}.".encode() + inbound.body
    expected = b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    told = inbound.headers.get("svix-signature", "").split()
    return sum(is_same(f"v1,{expected}", each) for each in told) > 0 and _is_near(moment, inbound)


def _mandrill(inbound: Inbound, secret: str) -> bool:
    """SHA-1 over the address and each name and value of the form, by name."""
    signed = inbound.url + "".join(f"{name}{value}" for name, value in sorted(form(inbound)))
    expected = b64encode(hmac.digest(secret.encode(), signed.encode(), hashlib.sha1)).decode()
    return is_same(expected, inbound.headers.get("x-mandrill-signature", ""))


def _unisender_go(inbound: Inbound, secret: str) -> bool:
    """MD5 of the body with the key in the place of `auth`."""
    told = text_of(json_object(inbound.body) or {}, "auth")
    if not told:
        return False
    swapped = inbound.body.replace(json.dumps(told).encode(), json.dumps(secret).encode(), 1)
    return is_same(hashlib.md5(swapped, usedforsecurity=False).hexdigest(), told)


def _postal(inbound: Inbound, secret: str) -> bool:
    """RSA with SHA-1; the secret is the server's public key (base64 DER, as its DKIM record has it)."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.hashes import SHA1
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        key = load_der_public_key(b64decode(secret))
        told = b64decode(inbound.headers.get("x-postal-signature", ""), validate=True)
        if not isinstance(key, RSAPublicKey):
            return False
        key.verify(told, inbound.body, PKCS1v15(), SHA1())  # noqa: S303 - the service's choice
    except (ValueError, InvalidSignature):
        return False
    return True


def _is_near(moment: str, inbound: Inbound) -> bool:
    try:
        return abs(float(moment) - inbound.received_at.timestamp()) <= LATEST_SECONDS
    except ValueError:
        return False


CHECKS: Mapping[str, Check] = {
    **dict.fromkeys(("brevo", "mailjet", "postmark", "sparkpost"), is_basic),
    "mailersend": _hex_of_body("signature"),
    "mailtrap": _hex_of_body("mailtrap-signature"),
    "mailgun": _mailgun,
    "mandrill": _mandrill,
    "postal": _postal,
    "resend": _resend,
    "unisender_go": _unisender_go,
}
