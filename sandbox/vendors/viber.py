"""Viber's bot API: shapes checked, 200 whatever happens, a limit for each person, signed events."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from sandbox.emulation import Call, Callback, Office, Refusal, Reply, Route, Vendor

LARGEST = 30_000
Text = Annotated[str, StringConstraints(max_length=7_000)]
Link = Annotated[str, StringConstraints(pattern=r"^https?://[!-~]+$", max_length=2_000)]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Sender(_Shape):
    name: Annotated[str, StringConstraints(min_length=1, max_length=28)]
    avatar: Link | None = None


class _Button(_Shape):
    Columns: Annotated[int, Field(ge=1, le=6)]
    Rows: Annotated[int, Field(ge=1, le=2)]
    ActionType: Literal["reply", "open-url"]
    ActionBody: Annotated[str, StringConstraints(min_length=1)]
    Text: Annotated[str, StringConstraints(min_length=1, max_length=250)]


class _Keyboard(_Shape):
    Type: Literal["keyboard"]
    Buttons: Annotated[list[_Button], Field(min_length=1, max_length=24)]


class _Message(_Shape):
    receiver: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/=_-]{8,64}$")]
    min_api_version: Annotated[int, Field(ge=1, le=8)] = 1
    sender: _Sender
    tracking_data: Annotated[str, StringConstraints(max_length=4_000)] = ""
    type: Literal["text", "picture"]
    text: Text
    media: Link | None = None
    keyboard: _Keyboard | None = None

    @model_validator(mode="after")
    def _holds_its_type(self) -> _Message:
        if (self.type == "picture") != bool(self.media) or (self.type == "text" and not self.text):
            raise ValueError("a picture with media, or a text")
        return self


class _Viber:
    def __init__(self, office: Office) -> None:
        self.office, self.token = office, office.secret("token")

    def send(self, call: Call) -> Reply:
        if call.header("x-viber-auth-token") != self.token:
            raise _refusal(2, "invalidAuthToken")
        message = _checked(call)
        if self.office.habit.refuses(message.receiver):
            raise _refusal(6, "notSubscribed")
        if self.office.rates.take(message.receiver, 100 / 3_600, 100):
            raise _refusal(12, "tooManyRequests")
        token = 4_912_661_846_655_238_145 + self.office.account.count(
            "message"
        )  # beyond 2^53, as Viber's are
        row = {"to": message.receiver, "text": message.text, "ref": message.tracking_data}
        self.office.take("message", str(token), row)
        for number, event in enumerate(("delivered", "seen"), start=1):
            told = {"event": event, "message_token": token, "user_id": message.receiver}
            self.tell(told, after=number * 0.05)
        return Reply(200, {"status": 0, "status_message": "ok", "message_token": token, "billing_status": 1})

    def tell(self, event: Mapping[str, Any], after: float = 0.05) -> None:
        body = json.dumps({"timestamp": int(self.office.now().timestamp() * 1_000), **event}).encode()
        signature = hmac.new(self.token.encode(), body, hashlib.sha256).hexdigest()
        headers = {"content-type": "application/json", "x-viber-content-signature": signature}
        self.office.call_back(Callback(self.office.webhook("viber"), body, headers, after=after))


def reply(office: Office, person: str, text: str) -> None:
    """Somebody writes to the bot; Viber adds the tracking data of the last message that they got."""
    mine = [row for row in office.account.rows("message") if row["to"] == person]
    token = 5_000_000_000_000_000_000 + office.account.write("reply", person, {"text": text})
    message = {"type": "text", "text": text, "tracking_data": mine[-1]["ref"] if mine else ""}
    told = {"event": "message", "message_token": token, "sender": {"id": person, "name": "Somebody"}}
    _Viber(office).tell({**told, "message": message})


def leave(office: Office, person: str) -> None:
    """Somebody unsubscribes from the bot."""
    token = 5_500_000_000_000_000_000 + office.account.write("left", person, {})
    _Viber(office).tell({"event": "unsubscribed", "user_id": person, "message_token": token})


def _checked(call: Call) -> _Message:
    if len(call.body) > LARGEST:
        raise _refusal(3, "badData: too large")
    try:
        return _Message.model_validate(call.json())
    except ValidationError as wrong:
        first = wrong.errors()[0]
        missing = first["type"] == "missing"
        where = ".".join(str(part) for part in first["loc"])
        raise _refusal(4 if missing else 3, f"{'missingData' if missing else 'badData'}: {where}") from None
    except ValueError:
        raise _refusal(3, "badData: not JSON") from None


def _refusal(status: int, message: str) -> Refusal:
    return Refusal(f"{status} {message}", Reply(200, {"status": status, "status_message": message}))


def _settings(url: str, office: Office) -> Mapping[str, str]:
    return {
        "KITH_VIBER_BASE_URL": url,
        "KITH_VIBER_AUTH_TOKEN": office.secret("token"),
        "KITH_VIBER_SENDER": "Kith Shop",
    }


def _routes(office: Office) -> Sequence[Route]:
    return [Route("POST", "/pa/send_message", _Viber(office).send)]


plugin = Vendor(
    "viber",
    _routes,
    _settings,
    rate=1_000.0,
    burst=1_000.0,
    throttled=lambda seconds: Reply(200, {"status": 12, "status_message": "tooManyRequests"}),
)
