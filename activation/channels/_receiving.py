"""What readers of call-backs share: bodies that may be anything, times as vendors write them, names of events."""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pydantic import SecretStr

from activation.channels.contract import BadSignature, Inbound, Reading, Unread
from kith.errors import KithError

_LONGEST = 2_000
#: Our message id in the call-back address that we give a vendor, for those that sign the whole address.
MESSAGE_QUERY = "message"


def json_object(body: bytes) -> dict[str, Any] | None:
    """The body as a JSON object; None where it is anything else."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def form(inbound: Inbound) -> list[tuple[str, str]]:
    """The fields of a form body, in order, repeated names and empty values kept."""
    text = inbound.body.decode("utf-8", "replace")
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=500)
    except ValueError:
        return []


def query(url: str) -> dict[str, str]:
    """The query of an address; the first of a repeated name."""
    try:
        pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        return {}
    return dict(reversed(pairs))


def with_message(callback_url: str, message_id: str) -> str:
    """The call-back address with our message id, so that what becomes of it comes back under it."""
    sign = "&" if "?" in callback_url else "?"
    return f"{callback_url}{sign}{MESSAGE_QUERY}={message_id}"


def unread(detail: str, content: Any) -> Unread:
    """One part that tells nothing, shortened."""
    text = content if isinstance(content, str) else _json(content)
    return Unread(detail, text[:_LONGEST])


def nothing_but(detail: str, content: Any) -> Reading:
    """A reading of which nothing could be made. It is kept, so the vendor hears that it arrived."""
    text = content.decode("utf-8", "replace") if isinstance(content, bytes) else content
    return Reading(unread=[unread(detail, text)])


def event_id(*parts: Any) -> str:
    """A name for what a vendor told without a name of its own: told twice, it is the same."""
    joined = "\x1f".join(str(part) for part in parts)
    return hashlib.sha256(joined.encode("utf-8", "replace")).hexdigest()[:32]


def from_seconds(told: Any, otherwise: datetime) -> datetime:
    """Unix seconds as text or number. A time that makes no sense, or lies ahead, is when we heard of it."""
    return _from_epoch(told, 1, otherwise)


def from_milliseconds(told: Any, otherwise: datetime) -> datetime:
    """Unix milliseconds as text or number, as `from_seconds`."""
    return _from_epoch(told, 1_000, otherwise)


def check(is_genuine: bool) -> None:
    """Raises BadSignature where it is not."""
    if not is_genuine:
        raise BadSignature("the signature is missing or belongs to another message")


def needed(secret: SecretStr, variable: str) -> str:
    """The secret that a check needs. Raises KithError: the vendor is told to call again, and nothing is lost."""
    if not secret.get_secret_value():
        raise KithError(f"{variable} is not set", way_out="without it no call of this vendor can be checked")
    return secret.get_secret_value()


def is_same(expected: str, told: str) -> bool:
    """Equality that takes the same time wherever they differ."""
    return hmac.compare_digest(expected.encode("utf-8", "replace"), told.encode("utf-8", "replace"))


def objects(found: Any) -> Iterator[dict[str, Any]]:
    """The JSON objects of a list; nothing where it is no list."""
    for each in found if isinstance(found, list) else []:
        if isinstance(each, dict):
            yield each


def inner(found: Any, *names: str) -> dict[str, Any]:
    """The object within objects by its names; empty where one of them is missing or something else."""
    for name in names:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, dict) else {}


def text_of(found: Mapping[str, Any], name: str) -> str:
    """A field as text; empty where it is missing, an object or a list."""
    value = found.get(name)
    return "" if value is None or isinstance(value, dict | list) else str(value)


def _from_epoch(told: Any, per_second: int, otherwise: datetime) -> datetime:
    try:
        found = datetime.fromtimestamp(int(told) / per_second, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return otherwise
    is_sensible = found.year >= 2000 and found <= otherwise + timedelta(days=1)
    return found if is_sensible else otherwise


def _json(content: Any) -> str:
    try:
        return json.dumps(content, ensure_ascii=False, default=str)
    except (ValueError, RecursionError):
        return str(type(content).__name__)
