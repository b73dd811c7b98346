"""What all of Twilio's channels share: the account, the form call, the signature, the table of its codes.

Signature: HMAC over the full address and each field, sorted (twilio.com/docs/usage/security); since 2026 also with a
shared key and SHA-256, named in X-Twilio-Webhooks-Signature-Settings.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import SplitResult, quote, urlencode, urlsplit

from pydantic import SecretStr

from activation.channels._receiving import check, form, is_same, query
from activation.channels._verdicts import (
    LIMITED,
    UNCERTAIN,
    Verdict,
    bad_content,
    by_http,
    dead_address,
    later,
    our_setup,
    policy,
)
from activation.channels.contract import Answer, Inbound, Reason, Request, Status
from activation.http import Call, Exchange
from kith.settings import Section

SETTING = "KITH_TWILIO_BASE_URL"
_ALGORITHMS = {"HMAC_SHA1": hashlib.sha1, "HMAC_SHA256": hashlib.sha256}


class TwilioSettings(Section, prefix="KITH_TWILIO_"):
    """An account. `messaging_service` (MG…) or `sender` sends texts, `caller` makes calls; `webhook_key` is the shared
    key of signed call-backs, where the account uses one instead of the token."""

    account_sid: str
    auth_token: SecretStr
    api_key: str = ""
    api_secret: SecretStr = SecretStr("")
    sender: str = ""
    messaging_service: str = ""
    caller: str = ""
    webhook_key: SecretStr = SecretStr("")
    base_url: str = "https://api.twilio.com"


#: Codes of the REST API and of receipts alike. Anything else is judged by its HTTP status.
CODES: Mapping[str, Verdict] = {
    "20003": our_setup("login_refused"),
    "20005": our_setup("account_suspended"),
    "20404": our_setup("no_such_place"),
    "20429": LIMITED,
    "14107": LIMITED,
    "21201": dead_address("no_number"),
    "21210": our_setup("sender_refused"),
    "21211": dead_address("no_such_number"),
    "21212": our_setup("sender_refused"),
    "21214": dead_address("not_callable"),
    "21215": our_setup("country_not_enabled", is_halt=False),
    "21217": dead_address("no_such_number"),
    "21408": our_setup("country_not_enabled", is_halt=False),
    "21602": bad_content("empty_text"),
    "21603": our_setup("sender_refused"),
    "21604": dead_address("no_number"),
    "21606": our_setup("sender_refused"),
    "21610": policy("opted_out", suppress_after=1),
    "21611": LIMITED,
    "21612": our_setup("sender_not_for_country", is_halt=False),
    "21614": dead_address("not_a_mobile"),
    "21617": bad_content("too_long"),
    "21620": bad_content("bad_media"),
    "21635": dead_address("landline"),
    "21656": bad_content("bad_variables"),
    "21659": our_setup("sender_refused"),
    "21660": our_setup("sender_refused"),
    "30001": later("queue_full"),
    "30002": our_setup("account_suspended"),
    "30003": dead_address("handset_unreachable", suppress_after=5),
    "30004": policy("blocked", suppress_after=3),
    "30005": dead_address("unknown_handset"),
    "30006": dead_address("landline"),
    "30007": policy("carrier_filter"),
    "30008": Verdict(Status.REJECTED, Reason.CHANNEL_UNAVAILABLE, "carrier_error"),
    "30022": LIMITED,
    "30034": our_setup("sender_not_registered", is_halt=False),
    "30410": later("carrier_timed_out"),
}


def post_form(
    settings: TwilioSettings, resource: str, fields: Sequence[tuple[str, str]], method: str = "POST"
) -> Call:
    """A call to one resource of the account."""
    place = f"{settings.base_url.rstrip('/')}/2010-04-01/Accounts/{settings.account_sid}/{resource}.json"
    encoded = urlencode(fields)
    headers = {"Authorization": _basic(settings), "Accept": "application/json"}
    if method == "GET":
        return Call("GET", f"{place}?{encoded}", headers)
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    return Call("POST", place, headers, encoded.encode())


def delete(settings: TwilioSettings, resource: str, name: str) -> Call:
    """A call that deletes one text or call."""
    place = f"{settings.base_url.rstrip('/')}/2010-04-01/Accounts/{settings.account_sid}/{resource}"
    return Call("DELETE", f"{place}/{quote(name, safe='')}.json", {"Authorization": _basic(settings)})


def judge(request: Request, exchange: Exchange, is_taken: frozenset[str]) -> Answer:
    """201 with a sid and a status that is none of failure; else by Twilio's own code, else by the HTTP status."""
    told = exchange.json_object()
    if exchange.is_success:
        return _judge_taken(request, told, is_taken)
    code = str(told.get("code") or "")
    verdict = CODES.get(code) or by_http(exchange.status)
    return verdict.answer(request, code or str(exchange.status), exchange.retry_after)


def check_signature(settings: TwilioSettings, inbound: Inbound) -> list[tuple[str, str]]:
    """The fields of a genuine call-back. Raises contract.BadSignature."""
    told = inbound.headers.get("x-twilio-signature", "")
    algorithm, key = _signed_with(settings)
    fields = form(inbound)
    body_hash = query(inbound.url).get("bodySHA256")
    if body_hash is not None and inbound.headers.get("content-type", "").startswith("application/json"):
        check(is_same(hashlib.sha256(inbound.body).hexdigest(), body_hash))
        fields = []
    tail = "".join(name + value for name, value in sorted(set(fields)))
    check(any(is_same(_sign(algorithm, key, place + tail), told) for place in _places(inbound.url)))
    return fields


def _judge_taken(request: Request, told: Mapping[str, Any], is_taken: frozenset[str]) -> Answer:
    sid, status = str(told.get("sid") or ""), str(told.get("status") or "")
    if not sid:
        return UNCERTAIN.answer(request)
    code = str(told.get("error_code") or "")
    if status not in is_taken:
        verdict = CODES.get(code) or bad_content("refused_request")
        return verdict.answer(request, code or status, provider_message_id=sid)
    return Answer(request.message_id, Status.ACCEPTED, provider_code=status, provider_message_id=sid)


def _basic(settings: TwilioSettings) -> str:
    user = settings.api_key or settings.account_sid
    secret = settings.api_secret if settings.api_key else settings.auth_token
    pair = f"{user}:{secret.get_secret_value()}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def _signed_with(settings: TwilioSettings) -> tuple[str, str]:
    """The algorithm and the key. Which of the two keys is our setting's to say, never the caller's."""
    if shared := settings.webhook_key.get_secret_value():
        return "HMAC_SHA256", shared
    return "HMAC_SHA1", settings.auth_token.get_secret_value()


def _sign(algorithm: str, key: str, text: str) -> str:
    mac = hmac.new(key.encode(), text.encode("utf-8", "surrogatepass"), _ALGORITHMS[algorithm])
    return base64.b64encode(mac.digest()).decode()


def _places(url: str) -> set[str]:
    """The address as it came, with and without its port: Twilio signs either."""
    try:
        parts = urlsplit(url)
        bare = _netloc(parts, None)
        ported = _netloc(parts, parts.port or (443 if parts.scheme == "https" else 80))
    except ValueError:
        return {url}
    return {url, parts._replace(netloc=bare).geturl(), parts._replace(netloc=ported).geturl()}


def _netloc(parts: SplitResult, port: int | None) -> str:
    host = parts.netloc.rpartition("@")[2]
    name = host[: host.rindex("]") + 1] if host.startswith("[") else host.partition(":")[0]
    return f"{name}:{port}" if port else name
