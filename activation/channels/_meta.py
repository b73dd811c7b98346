"""What WhatsApp and Messenger share: the Graph API's call, its errors, the signature of its call-backs."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from activation.channels._receiving import (
    check,
    inner,
    is_same,
    json_object,
    needed,
    nothing_but,
    objects,
    query,
    text_of,
)
from activation.channels._verdicts import Verdict, by_http
from activation.channels.contract import Answer, Inbound, Reading, Receipt, Request, Unread
from activation.http import Call, Exchange
from kith.settings import Section

#: One event of a call-back, and when it came: the rows that it holds.
Rows = Callable[[dict[str, Any], datetime], Iterable[Receipt | Unread]]


class MetaSettings(Section, prefix="KITH_META_"):
    """An app of Meta's. `app_secret` signs call-backs, `verify_token` is the word at subscribing (any word of yours)."""

    access_token: SecretStr
    app_secret: SecretStr = SecretStr("")
    verify_token: SecretStr = SecretStr("")
    version: str = "v25.0"
    base_url: str = "https://graph.facebook.com"


def post(settings: MetaSettings, owner: str, content: Mapping[str, Any]) -> Call:
    """A call to `/{version}/{owner}/messages`."""
    headers = {
        "Authorization": f"Bearer {settings.access_token.get_secret_value()}",
        "Content-Type": "application/json",
    }
    place = f"{settings.base_url.rstrip('/')}/{settings.version}/{owner}/messages"
    return Call("POST", place, headers, json.dumps(content).encode())


def refused(request: Request, exchange: Exchange, codes: Mapping[str, Verdict]) -> Answer:
    """What an answer other than success means: `code/subcode` in the table, else `code`, else the HTTP status."""
    told = inner(exchange.json_object(), "error")
    code, subcode = text_of(told, "code")[:20], text_of(told, "error_subcode")[:20]
    verdict = codes.get(f"{code}/{subcode}") or codes.get(code) or by_http(exchange.status)
    named = f"{code}/{subcode}" if subcode else code
    return verdict.answer(request, named or str(exchange.status), exchange.retry_after)


def check_signature(settings: MetaSettings, inbound: Inbound) -> None:
    """Raises contract.BadSignature unless the app's secret signed the raw body, KithError where there is none."""
    secret = needed(settings.app_secret, f"{settings.prefix}APP_SECRET")
    expected = hmac.new(secret.encode(), inbound.body, hashlib.sha256).hexdigest()
    check(is_same(f"sha256={expected}", inbound.headers.get("x-hub-signature-256", "")))


def read_events(inbound: Inbound, told_of: str, listed: str, rows: Rows) -> Reading:
    """All rows of a genuine call about one kind of thing (`object`), whose entries list their events under a name."""
    told = json_object(inbound.body)
    if told is None or told.get("object") != told_of:
        return nothing_but("no_webhook", inbound.body)
    found = [
        row
        for entry in objects(told.get("entry"))
        for event in objects(entry.get(listed))
        for row in rows(event, inbound.received_at)
    ]
    if not found:
        return nothing_but("empty", inbound.body)
    return Reading(
        [row for row in found if isinstance(row, Receipt)], [row for row in found if isinstance(row, Unread)]
    )


def subscribe(settings: MetaSettings, inbound: Inbound) -> Reading:
    """The answer to Meta's question whether this place is ours. Raises contract.BadSignature."""
    told, word = query(inbound.url), needed(settings.verify_token, f"{settings.prefix}VERIFY_TOKEN")
    check(told.get("hub.mode") == "subscribe")
    check(is_same(word, told.get("hub.verify_token", "")))
    challenge = told.get("hub.challenge", "")
    check(challenge.isascii() and challenge.isalnum() and len(challenge) <= 200)
    return Reading(reply=challenge.encode())
