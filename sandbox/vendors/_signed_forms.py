"""Twilio's signed calls: a form, sorted and signed with the account's token."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import urlencode

from sandbox.emulation import Callback


def signed_form(url: str, fields: Mapping[str, str], token: str, after: float = 0.0) -> Callback:
    """A call-back with X-Twilio-Signature (HMAC-SHA1 of the address and each name and value)."""
    told = url + "".join(name + fields[name] for name in sorted(fields))
    signature = base64.b64encode(hmac.new(token.encode(), told.encode(), hashlib.sha1).digest()).decode()
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "x-twilio-signature": signature,
        "user-agent": "TwilioProxy/1.1",
    }
    return Callback(url, urlencode(fields).encode(), headers, after=after)
