"""RCS for Business: agentMessages checked, an id told again sends nothing, 404 where there is no RCS, signed events."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sandbox.emulation import Call, Callback, Office, Refusal, Reply, Route, Vendor
from sandbox.vendors._google_places import GoogleAccount
from sandbox.vendors._numbers import is_number
from sandbox.vendors._rcs_shapes import AgentMessage, wrong_part

AGENT = "kith_shop_agent"
SCOPE = "https://www.googleapis.com/auth/rcsbusinessmessaging"
LARGEST = 250_000
_STATUSES = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND"}
_STATUSES |= {429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE"}


class _Rcs:
    def __init__(self, office: Office) -> None:
        self.office, self.google = office, GoogleAccount(office, SCOPE)
        self.client_token = office.secret("client")

    def send(self, call: Call) -> Reply:
        if not self.google.knows(call):
            raise _error(401, "Request had invalid authentication credentials.")
        name, number = self._name(call), call.parts["number"]
        if not is_number(number):
            raise _error(400, "Invalid phone number")
        message = self._message(call)
        if self.office.habit.refuses(number):
            raise _error(404, "Requested entity was not found.")
        if self.office.account.find("message", name) is None:
            self.office.take("message", name, {"to": number, "message": message})
            if not self.office.habit.is_away(number):
                self.arrive(number, name)
        place = f"phones/{number}/agentMessages/{name}"
        return Reply(200, {"name": place, "sendTime": _instant(self.office.now()), **message})

    def revoke(self, call: Call) -> Reply:
        """Yes to any, whether it comes in time or not."""
        if not self.google.knows(call):
            raise _error(401, "Request had invalid authentication credentials.")
        self.office.account.write("revocation", self._name(call), {"to": call.parts["number"]})
        return Reply(200, {})

    def arrive(self, number: str, name: str) -> None:
        """The phone takes what waits for it, if nobody took it back."""
        if self.office.account.find("revocation", name) is None:
            self.office.account.write("arrival", name, {"to": number})
            self.tell({"senderPhoneNumber": number, "eventType": "DELIVERED", "messageId": name})

    def _name(self, call: Call) -> str:
        if call.asked("agentId") != AGENT:
            raise _error(403, "The caller does not have permission")
        try:
            return str(UUID(call.parts.get("name") or call.asked("messageId")))
        except ValueError:
            raise _error(400, "messageId must be a UUID") from None

    def _message(self, call: Call) -> dict[str, Any]:
        if len(call.body) > LARGEST:
            raise _error(400, "Message too large")
        try:
            found = call.json()
        except ValueError:
            raise _error(400, "Invalid JSON payload received.") from None
        if wrong := wrong_part(AgentMessage, found):
            raise _error(400, f"Invalid value at {wrong}")
        if "expireTime" in found:
            self._check_time(found["expireTime"])
        return found

    def _check_time(self, told: str) -> None:
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", told):
            raise _error(400, "Invalid expireTime")
        if datetime.fromisoformat(told) > self.office.now() + timedelta(days=15):
            raise _error(400, "expireTime is more than 15 days away")

    def tell(self, event: Mapping[str, Any], after: float = 0.05) -> None:
        """A signed event; its id is its own."""
        full = {"agentId": AGENT, "eventId": self.office.name_of("event", str(event)), **event}
        full["sendTime"] = _instant(self.office.now())
        self.office.account.write("event", full["eventId"], {})
        data = json.dumps(full).encode()
        signature = base64.b64encode(hmac.new(self.client_token.encode(), data, hashlib.sha512).digest())
        body = json.dumps({"message": {"data": base64.b64encode(data).decode()}}).encode()
        headers = {"content-type": "application/json", "x-goog-signature": signature.decode()}
        place = self.office.webhook("rcs_google")
        self.office.call_back(Callback(place, body, headers, after=after))


def reply(office: Office, number: str, text: str) -> None:
    """Somebody writes to the agent."""
    name = f"Mx{office.name_of('reply', number, text)}"
    office.account.write("reply", name, {"from": number, "text": text})
    _Rcs(office).tell({"senderPhoneNumber": number, "messageId": name, "text": text})


def tap(office: Office, number: str, postback: str, text: str) -> None:
    """Somebody taps a suggestion."""
    name = f"Mx{office.name_of('tap', number, postback)}"
    office.account.write("tap", name, {"from": number, "postback": postback})
    response = {"postbackData": postback, "text": text, "type": "REPLY"}
    _Rcs(office).tell({"senderPhoneNumber": number, "messageId": name, "suggestionResponse": response})


def come_back(office: Office, number: str) -> None:
    """A phone that was off is on again."""
    rcs = _Rcs(office)
    for row in office.account.rows("message"):
        if row["to"] == number and office.account.find("arrival", row["key"]) is None:
            rcs.arrive(number, row["key"])


def seen(office: Office, number: str, message: str) -> None:
    """Somebody reads a message."""
    _Rcs(office).tell({"senderPhoneNumber": number, "eventType": "READ", "messageId": message})


def _instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _error(status: int, message: str) -> Refusal:
    return Refusal(message, Reply(status, _shape(status, message)))


def _shape(status: int, message: str) -> dict[str, Any]:
    return {"error": {"code": status, "message": message, "status": _STATUSES.get(status, "UNKNOWN")}}


def _routes(office: Office) -> Sequence[Route]:
    rcs = _Rcs(office)
    return [
        Route("POST", "/token", rcs.google.token),
        Route("POST", "/v1/phones/{number}/agentMessages", rcs.send),
        Route("DELETE", "/v1/phones/{number}/agentMessages/{name}", rcs.revoke),
    ]


def _settings(url: str, office: Office) -> Mapping[str, str]:
    rcs = _Rcs(office)
    return {
        "KITH_RCS_BASE_URL": url,
        "KITH_RCS_CREDENTIALS": rcs.google.file(url),
        "KITH_RCS_AGENT_ID": AGENT,
        "KITH_RCS_CLIENT_TOKEN": rcs.client_token,
    }


def _throttled(seconds: float) -> Reply:
    return Reply(429, _shape(429, "Quota exceeded"), {"retry-after": str(max(1, round(seconds)))})


plugin = Vendor(
    "rcs",
    _routes,
    _settings,
    rate=1_000.0,
    burst=1_000.0,
    throttled=_throttled,
    broken=lambda status: Reply(status, _shape(status, "Internal error")),
)
