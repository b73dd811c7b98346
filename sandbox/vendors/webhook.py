"""Somebody's own endpoint for Standard Webhooks: signature, age and size are checked, an id told again is told once."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

from sandbox.emulation import Call, Office, Refusal, Reply, Route, Vendor

LARGEST = 20_000


class _Endpoint:
    def __init__(self, office: Office) -> None:
        self.office = office
        self.webhook = Webhook(_secret(office))

    def hear(self, call: Call) -> Reply:
        told = self._checked(call)
        key = call.header("webhook-id")
        if self.office.account.find("event", key) is None:
            self.office.take("event", key, {"body": told, "to": str(told["data"].get("address", ""))})
        return Reply(200, {"ok": True})

    def _checked(self, call: Call) -> dict[str, Any]:
        """The event. Refusals are the spec's: 401 for a signature, 400 for a body that is none."""
        try:
            # The library holds the timestamp against the machine's clock, the world may live by another.
            self.webhook.verify(call.body, dict(call.headers))
        except WebhookVerificationError as error:
            raise Refusal(f"signature: {error}", Reply(401, {"error": "bad signature"})) from None
        except ValueError:
            raise Refusal("not_json", Reply(400, {"error": "not JSON"})) from None
        told = json.loads(call.body)
        shape = {"type": str, "timestamp": str, "data": dict}
        if not all(isinstance(told.get(name), kind) for name, kind in shape.items()):
            raise Refusal("no_event", Reply(400, {"error": "type, timestamp and data are required"}))
        if len(call.body) > LARGEST:
            raise Refusal("too_large", Reply(413, {"error": "more than 20 KB"}))
        if self.office.habit.refuses(str(told["data"].get("address", ""))):
            raise Refusal("nobody", Reply(422, {"error": "nobody of that name"}))
        return told


def _secret(office: Office) -> str:
    return "whsec_" + base64.b64encode(office.secret("signing").encode()).decode()


def _routes(office: Office) -> Sequence[Route]:
    return [Route("POST", "/events", _Endpoint(office).hear)]


def _settings(url: str, office: Office) -> Mapping[str, str]:
    return {
        "KITH_WEBHOOK_URL": f"{url}/events",
        "KITH_WEBHOOK_SECRET": _secret(office),
        "KITH_WEBHOOK_REACH": "any",
    }


plugin = Vendor("webhook", _routes, _settings)
