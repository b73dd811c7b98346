"""Signature Version 4 of AWS, recomputed from its document."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from urllib.parse import quote, urlsplit

from sandbox.emulation import Call

_SCHEME = "AWS4-HMAC-SHA256"


def signature_problem(call: Call, access_key: str, secret_key: str) -> str:
    """The name of AWS's error; empty where the call is signed as it should be."""
    scheme, _, told = call.header("authorization").partition(" ")
    fields: dict[str, str] = {}
    for part in told.split(","):
        name, _, value = part.strip().partition("=")
        fields[name] = value
    key, _, scope = fields.get("Credential", "").partition("/")
    if scheme != _SCHEME or key != access_key:
        return "UnrecognizedClientException"
    names = fields.get("SignedHeaders", "").split(";")
    if "host" not in names or "x-amz-date" not in names:
        return "InvalidSignatureException"
    expected = _signature(call, scope, names, secret_key)
    is_same = hmac.compare_digest(expected, fields.get("Signature", ""))
    return "" if is_same else "InvalidSignatureException"


def _signature(call: Call, scope: str, names: Sequence[str], secret: str) -> str:
    """Lower-case hex. A path is quoted once more than it is sent, as for every service but S3."""
    headers = "".join(f"{name}:{' '.join(call.header(name).split())}\n" for name in names)
    query = "&".join(
        f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in sorted(call.query)
    )
    place = quote(urlsplit(call.url).path, safe="/-_.~")
    digest = hashlib.sha256(call.body).hexdigest()
    asked = "\n".join((call.method, place, query, headers, ";".join(names), digest))
    text = "\n".join((_SCHEME, call.header("x-amz-date"), scope, hashlib.sha256(asked.encode()).hexdigest()))
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), hashlib.sha256)
    return hmac.digest(key, text.encode(), hashlib.sha256).hex()
