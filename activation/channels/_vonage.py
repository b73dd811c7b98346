"""Vonage's SMS API: the account, the signature of its call-backs, the table of its statuses.

Signature (developer.vonage.com, signing messages): `&name=value` of every field but `sig`, by name, `&` and `=` in
values turned to `_`; then MD5 of that and the secret, or an HMAC of it. The time in it must be near.
"""

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import SecretStr

from activation.channels._receiving import check, form, is_same, json_object, needed, query
from activation.channels._verdicts import (
    LIMITED,
    Verdict,
    bad_content,
    dead_address,
    later,
    our_setup,
    policy,
)
from activation.channels.contract import Inbound
from activation.http import Call
from kith.settings import Section

SETTING = "KITH_VONAGE_BASE_URL"
LATEST_SECONDS = 300
_HASHES = {"md5": hashlib.md5, "sha1": hashlib.sha1, "sha256": hashlib.sha256, "sha512": hashlib.sha512}


class VonageSettings(Section, prefix="KITH_VONAGE_"):
    """An account. `signature_secret` and `signature_method` as the dashboard has them; without a secret no call-back
    can be checked."""

    api_key: str
    api_secret: SecretStr
    sender: str
    signature_secret: SecretStr = SecretStr("")
    signature_method: Literal["md5hash", "md5", "sha1", "sha256", "sha512"] = "md5hash"
    base_url: str = "https://rest.nexmo.com"
    redact_url: str = "https://api.nexmo.com"


#: `status` of each part of an answer. HTTP says 200 whatever it is.
STATUSES: Mapping[str, Verdict] = {
    "1": LIMITED,
    "2": bad_content("missing_parameter"),
    "3": bad_content("bad_parameter"),
    "4": our_setup("login_refused"),
    "5": later("server_error"),
    "6": dead_address("unroutable"),
    "7": policy("barred", suppress_after=1),
    "8": our_setup("account_suspended"),
    "9": our_setup("no_credit"),
    "10": LIMITED,
    "11": our_setup("account_not_enabled"),
    "12": bad_content("too_long"),
    "14": our_setup("signature_refused"),
    "15": our_setup("sender_refused"),
    "22": our_setup("bad_network_code", is_halt=False),
    "23": our_setup("bad_callback_url"),
    "29": our_setup("account_in_demo_mode"),
    "32": our_setup("signature_refused"),
    "33": dead_address("number_deactivated"),
}


def redaction(settings: VonageSettings, name: str) -> Call:
    """The call by which Vonage forgets number and text of one message (Redact API)."""
    login = b64encode(f"{settings.api_key}:{settings.api_secret.get_secret_value()}".encode()).decode()
    headers = {"Authorization": f"Basic {login}", "Content-Type": "application/json"}
    body = json.dumps({"id": name, "product": "sms", "type": "outbound"}).encode()
    return Call("POST", f"{settings.redact_url.rstrip('/')}/v1/redact/transaction", headers, body)


def check_signature(settings: VonageSettings, inbound: Inbound) -> dict[str, str]:
    """The fields of a genuine call-back (query, form or JSON). Raises contract.BadSignature."""
    told = _fields(inbound)
    secret = needed(settings.signature_secret, "KITH_VONAGE_SIGNATURE_SECRET")
    check("sig" in told)
    signed = "".join(f"&{name}={_plain(value)}" for name, value in sorted(told.items()) if name != "sig")
    expected = sign(settings.signature_method, secret, signed)
    check(is_same(expected, told["sig"].lower()))
    check(_is_near(told.get("timestamp", ""), inbound.received_at))
    return told


def sign(method: str, secret: str, text: str) -> str:
    """Lower-case hex."""
    if method == "md5hash":
        return hashlib.md5((text + secret).encode(), usedforsecurity=False).hexdigest()
    return hmac.new(secret.encode(), text.encode(), _HASHES[method]).hexdigest()


def _fields(inbound: Inbound) -> dict[str, str]:
    told = query(inbound.url)
    if inbound.method == "GET":
        return told
    if inbound.headers.get("content-type", "").startswith("application/json"):
        found = json_object(inbound.body) or {}
        return {name: "" if value is None else str(value) for name, value in found.items()}
    return dict(form(inbound))


def _plain(value: str) -> str:
    return value.replace("&", "_").replace("=", "_")


def _is_near(told: str, now: datetime) -> bool:
    """`timestamp`: Unix seconds. Without one an old call could be told again for ever."""
    return (
        told.isascii()
        and told.isdigit()
        and len(told) < 12
        and (abs(int(told) - now.timestamp()) <= LATEST_SECONDS)
    )
