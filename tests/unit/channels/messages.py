"""Requests and calls of the channels of messages, built as delivery builds them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from activation.channels.contract import Inbound, Request
from activation.gates.contract import _POLICY_SEAL, Permission
from activation.http import Exchange, Fate
from kith.ids import stable_id
from kith.settings import PROJECT

DECIDED = datetime(2026, 5, 1, 8, tzinfo=UTC)
NUMBER = "+12025550123"


def request_for(address: str = NUMBER, name: str = "", **given) -> Request:
    message_id = stable_id("messages", name or address)
    permission = Permission(_POLICY_SEAL, message_id, "consent", "")
    values = {
        "subject": "Spring",
        "text": "Spring is here.",
        "not_after": DECIDED + timedelta(days=1),
        **given,
    }
    return Request(message_id, permission, address, DECIDED, **values)


def answered(status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Exchange:
    return Exchange(Fate.ANSWERED, status, headers or {}, body)


def inbound(url: str, body: bytes, headers: Mapping[str, str] | None = None, method: str = "POST") -> Inbound:
    return Inbound(method, url, headers or {}, body, DECIDED)


def specs() -> Path | None:
    """The folder of published schemas beside the checkout; None where it is absent."""
    folder = PROJECT.parent / "shared" / "specs"
    return folder if folder.is_dir() else None
