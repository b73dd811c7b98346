"""Meta's Graph API as WhatsApp and Messenger speak it: the bearer, its errors, its signature."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from sandbox.emulation import Call, Callback, Office, Refusal, Reply

Model = TypeVar("Model", bound=BaseModel)


class Shape(BaseModel):
    """A part of a request: unknown names are refused, types are not bent."""

    model_config = ConfigDict(extra="forbid", strict=True)


class GraphApp:
    """An app's secrets, and what it checks of every call."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.token, self.secret = office.secret("token"), office.secret("app")
        self.word = office.secret("verify")[:12]

    def content(self, call: Call) -> dict[str, Any]:
        """The JSON object of a call whose bearer is right."""
        if call.header("authorization") != f"Bearer {self.token}":
            raise error(401, 190, "Invalid OAuth access token.", kind="OAuthException")
        if call.header("content-type").partition(";")[0] != "application/json":
            raise error(400, 100, "Content-Type must be application/json")
        try:
            found = call.json()
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise error(400, 100, "Invalid parameter")
        return found

    def tell(self, place: str, content: dict[str, Any], after: float = 0.05) -> None:
        """A signed call-back."""
        body = json.dumps(content).encode()
        signature = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"content-type": "application/json", "x-hub-signature-256": f"sha256={signature}"}
        self.office.call_back(Callback(place, body, headers, after=after))


def checked(model: type[Model], content: Any, code: int = 100) -> Model:
    """The content in that shape, or Meta's error."""
    try:
        return model.model_validate(content)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise error(400, code, f"Param {where}: {first['type']}") from None


def error(
    status: int, code: int, message: str, subcode: int = 0, kind: str = "GraphMethodException"
) -> Refusal:
    """A refusal in the Graph API's shape."""
    return Refusal(f"{code} {message}", Reply(status, error_shape(code, message, subcode, kind)))


def error_shape(
    code: int, message: str, subcode: int = 0, kind: str = "GraphMethodException"
) -> dict[str, Any]:
    told: dict[str, Any] = {"message": f"(#{code}) {message}", "type": kind, "code": code}
    if subcode:
        told["error_subcode"] = subcode
    return {"error": {**told, "fbtrace_id": "AbCdEfGhIjKlMnOpQrStUvW"}}


def throttled(code: int) -> Any:
    """The vendor's 429 for a code."""
    shape = error_shape(code, "Rate limit hit", kind="OAuthException")
    return lambda seconds: Reply(429, shape, {"retry-after": str(max(1, round(seconds)))})


def broken(status: int) -> Reply:
    return Reply(status, error_shape(2, "An unexpected error has occurred", kind="OAuthException"))
