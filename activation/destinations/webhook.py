"""Rows to an HTTP endpoint of yours or an automation's (Zapier, Make, n8n), a batch a call.

`format: rows` sends a JSON array of the rows alone, as automations like it. `format: envelope` (the default) sends
{type, timestamp, data: {sync, operation, rows}} with the headers of Standard Webhooks; `webhook-id` is the batch's key,
the same however often it is told. An answer 2xx takes all rows; 207 may name rows: {"errors": [{"index": 3, "code":
"…"}]}.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256

import orjson

from activation.destinations._judging import judge_http
from activation.destinations._over_http import OverHttp
from activation.destinations.contract import (
    Answer,
    Batch,
    Capabilities,
    DestinationPlugin,
    Mode,
    Note,
    Operation,
    Target,
    TargetError,
    Verdict,
    accepted,
    rejected,
)
from activation.http import Call, Exchange
from kith.errors import KithError
from kith.settings import Section, environment, read_section

_IN_FLIGHT = 8
_FORMATS = ("envelope", "rows")


class SyncWebhookSettings(Section, prefix="KITH_SYNC_WEBHOOK_"):
    """Where rows go, and the secret that signs them (`whsec_` and base64; none: they are not signed)."""

    url: str
    secret: str = ""
    timeout: float = 30.0


class WebhookDestination(OverHttp):
    """contract.Destination over HTTP. Envelopes are dated by the machine's clock, as the receiver holds them against
    its own."""

    def __init__(self, settings: SyncWebhookSettings, target: Target) -> None:
        super().__init__(settings.timeout)
        self._settings, self._target = settings, target
        self._key = _signing_key(settings.secret)
        self._is_envelope = target.options.get("format", "envelope") == "envelope"

    def push(self, batch: Batch, note: Note) -> Answer:
        del note
        body = self._body(batch)
        headers = {
            "content-type": "application/json",
            "idempotency-key": batch.batch_id,
            **self._signed(batch, body),
        }
        return _judge(self._client.call(Call("POST", self._settings.url, headers, body)), len(batch.rows))

    def _body(self, batch: Batch) -> bytes:
        if not self._is_envelope:
            return batch.rows.joined()
        head = {"sync": self._target.sync, "operation": batch.operation.value, "batch_id": batch.batch_id}
        told = orjson.dumps({"type": "sync.rows", "data": head})
        is_removal = batch.operation in (Operation.DELETE, Operation.REMOVE)
        keys = b',"keys":' + orjson.dumps(batch.rows.keys) if is_removal else b""
        return batch.rows.joined(told[:-2] + keys + b',"rows":', b"}}")

    def _signed(self, batch: Batch, body: bytes) -> Mapping[str, str]:
        if not self._is_envelope:
            return {}
        stamp = str(int(_wall()))
        headers = {"webhook-id": batch.batch_id, "webhook-timestamp": stamp}
        if self._key:
            content = f"{batch.batch_id}.{stamp}.".encode() + body
            digest = base64.b64encode(hmac.new(self._key, content, sha256).digest()).decode()
            headers["webhook-signature"] = f"v1,{digest}"
        return headers


def _wall() -> float:
    from kith.clock import WallClock

    return WallClock().now().timestamp()


def _signing_key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        raise KithError("KITH_SYNC_WEBHOOK_SECRET is no key", expected="whsec_ and base64") from None


def _judge(exchange: Exchange, count: int) -> Answer:
    answer = judge_http(exchange)
    if answer.of_all != accepted() or exchange.status != 207:
        return answer
    return replace(answer, of_row=_named(exchange, count))


def _named(exchange: Exchange, count: int) -> dict[int, Verdict]:
    """Rows that a 207 names as refused."""
    errors = exchange.json_object().get("errors")
    found = {}
    for each in errors if isinstance(errors, list) else []:
        place = each.get("index") if isinstance(each, dict) else None
        if isinstance(place, int) and 0 <= place < count:
            found[place] = rejected("row_refused", str(each.get("code", ""))[:32])
    return found


def _build(target: Target) -> WebhookDestination:
    if target.options.get("format", "envelope") not in _FORMATS:
        raise TargetError(f"format is {target.options['format']}; expected {' or '.join(_FORMATS)}")
    return WebhookDestination(read_section(SyncWebhookSettings), target)


def _refine(target: Target, capabilities: Capabilities) -> Capabilities:
    """What the receiver promises: to take a key once, or a row by its key."""
    size = target.options.get("batch_size", "")
    if size and not (size.isascii() and size.isdigit() and 1 <= int(size) <= 10_000):
        raise TargetError(f"batch_size is {size}; expected a number from 1 to 10000")
    repeatable = frozenset(Operation) if target.options.get("receiver") == "upserts" else frozenset()
    return replace(
        capabilities,
        batch_size=int(size) if size else capabilities.batch_size,
        honours_key=target.options.get("receiver") == "deduplicates",
        repeatable=repeatable,
    )


plugin = DestinationPlugin(
    name="webhook",
    capabilities=Capabilities(
        modes=frozenset(Mode) - {Mode.REPLACE},
        batch_size=1_000,
        in_flight=_IN_FLIGHT,
        options={
            "format": "envelope (signed, Standard Webhooks) or rows (a bare JSON array)",
            "receiver": "deduplicates (a batch's key is taken once), upserts (rows by their key) or plain",
            "batch_size": "rows a call, 1,000 by default",
        },
    ),
    build=_build,
    is_configured=lambda: bool(environment().get("KITH_SYNC_WEBHOOK_URL")),
    refine=_refine,
)

__all__ = ["SyncWebhookSettings", "WebhookDestination", "plugin"]
