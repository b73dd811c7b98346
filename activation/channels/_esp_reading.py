"""Reads what an e-mail service tells: rows by a table, each a receipt or unread with its reason, and nothing raised."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from activation.channels._esp_words import UNKNOWN_EVENT, Told, by_reply
from activation.channels._receiving import event_id, unread
from activation.channels.contract import Inbound, Reading, Receipt, Status, Unread

#: Under this name our message id travels with a mail and comes back with what became of it.
OURS = "kith_message"
_OURS = re.compile(r"kith[_-]message\W{1,8}([0-9a-f]{32})")
_MOST_ROWS = 10_000
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Service:
    """How one service writes. `rows` finds the events in the body; the others are paths (`data.email.id`) within a row,
    alternatives after each other. `word` makes the event's word, `told` its meaning."""

    rows: Callable[[Any], Iterable[Any]]
    word: Callable[[Row], str]
    told: Mapping[str, Told]
    at: tuple[str, ...] = ()
    provider_id: tuple[str, ...] = ()
    event: tuple[str, ...] = ()
    address: tuple[str, ...] = ()
    diagnosis: tuple[str, ...] = ()
    url: tuple[str, ...] = ()


def read_rows(name: str, service: Service, inbound: Inbound) -> Reading:
    """All rows of one call whose signature was checked."""
    try:
        body = json.loads(inbound.body)
        rows = list(service.rows(body))
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
        text = inbound.body.decode("utf-8", "replace")
        return Reading(unread=[unread("not_understood", text)])
    if not rows:
        return Reading(unread=[unread("no_events", body)])
    read = [_row(name, service, row, inbound.received_at) for row in rows[:_MOST_ROWS]]
    return Reading(
        receipts=[each for each in read if isinstance(each, Receipt)],
        unread=[
            *(each for each in read if isinstance(each, Unread)),
            *(unread("too_many_rows", row) for row in rows[_MOST_ROWS:]),
        ],
    )


def _row(name: str, service: Service, row: Any, now: datetime) -> Receipt | Unread:
    if not isinstance(row, dict):
        return unread("not_an_event", row)
    word = service.word(row)
    told = service.told.get(word, UNKNOWN_EVENT)
    if told.status is None:
        return unread(told.detail, row)
    told, codes = by_reply(told, at(row, service.diagnosis))
    provider_id, address = bare_id(at(row, service.provider_id)), _address(at(row, service.address))
    moment = instant(at(row, service.at), now)
    ours = _OURS.search(json.dumps(row, default=str))
    if not (provider_id or ours or address):
        return unread("no_message", row)
    url = at(row, service.url)
    return Receipt(
        at(row, service.event) or event_id(name, provider_id, address, word, moment.isoformat(), url),
        told.status or Status.UNKNOWN,
        moment,
        message_id=ours[1] if ours else "",
        provider_message_id=provider_id,
        address=address,
        detail=told.detail,
        provider_code=codes,
        suppress_after=told.suppress_after,
        url=url if told.status is Status.CLICKED else "",
    )


def at(row: Row, paths: tuple[str, ...]) -> str:
    """The first path that leads to a text or a number; empty where none does. A list gives its first element."""
    for path in paths:
        found: Any = row
        for name in path.split("."):
            found = found.get(name) if isinstance(found, dict) else None
        if isinstance(found, list) and found:
            found = found[0]
        if isinstance(found, (str, int, float)) and not isinstance(found, bool) and found != "":
            return str(found)
    return ""


def _address(told: str) -> str:
    """`Ada <ada@shop.example>` → `ada@shop.example`."""
    return told.rpartition("<")[2].rstrip("> ") if told.endswith(">") else told.strip()


def one_or_list(body: Any) -> Iterable[Any]:
    """One event, or a list of them."""
    return body if isinstance(body, list) else [body]


def named(field: str) -> Callable[[Row], str]:
    """The word is in this field."""
    return lambda row: at(row, (field,))


def bare_id(told: str) -> str:
    """A Message-ID without its angle brackets."""
    return told.strip().removeprefix("<").removesuffix(">")


def instant(told: str, now: datetime) -> datetime:
    """Unix seconds or milliseconds, or an ISO date (UTC where it names no zone). Whatever makes no sense, or lies ahead
    of us, is when we heard of it."""
    try:
        number = float(told)
        found = datetime.fromtimestamp(number / 1_000 if number > 1e11 else number, UTC)
    except (ValueError, OverflowError, OSError):
        found = _iso(told)
    if found is None or found.year < 2000 or found > now:
        return now
    return found


def _iso(told: str) -> datetime | None:
    trimmed = re.sub(r"(\.\d{6})\d+", r"\1", told.strip())  # .NET tells seven digits of a second
    try:
        found = datetime.fromisoformat(trimmed)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
