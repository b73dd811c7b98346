"""A feed as it really arrives: duplicates, late rows, clocks that disagree, all in an order of chance."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from kith.ids import bucket
from tests.unit.warehouse.lake import event

FIRST = datetime(2026, 3, 1)
NAMES = (
    "Product Viewed",
    "Product Added",
    "Order Completed",
    "Order Refunded",
    "Email Opened",
    "Unsubscribed",
)


def draw(subject: str, below: int) -> int:
    return bucket(subject, "feed") % below


def happenings(count: int) -> Iterator[dict[str, Any]]:
    """Events of nine people over sixty days, some told two or three times, at other times in other words."""
    for number in range(count):
        key = f"e{number}"
        person = draw(key + "who", 9)
        occurred = FIRST + timedelta(minutes=draw(key + "burst", 300) * 288 + draw(key + "minute", 90))
        for copy in range(1 + (draw(key + "copies", 5) == 0) + (draw(key + "more", 25) == 0)):
            yield _copy(f"{key}c{copy}", key, person, occurred)


def _copy(chance: str, key: str, person: int, occurred: datetime) -> dict[str, Any]:
    late = timedelta(seconds=draw(chance + "wait", 20))
    if draw(chance + "late", 4) == 0:
        late = timedelta(hours=draw(chance + "hours", 200))
    skew = timedelta(seconds=draw(chance + "skew", 60)) if draw(chance + "clock", 3) == 0 else timedelta()
    name = NAMES[draw(key + "name", len(NAMES))]
    properties = {
        "order_id": f"o{draw(key + 'order', 40)}",
        "currency": "EUR",
        "total": draw(chance + "total", 100),
        "channel": "email",
        "product_id": f"p{draw(key + 'product', 5)}",
        "message_id": f"m{draw(key + 'm', 20)}",
        "products": [
            {"product_id": "p1", "price": draw(chance + "price", 900) / 100, "quantity": 1 + draw(key, 3)}
        ],
    }
    return event(
        key,
        name,
        occurred + skew,
        user=f"u{person}" if draw(key + "user", 2) else None,
        anon=f"a{person}{draw(key + 'device', 2)}",
        received_at=occurred + late,
        properties=properties,
    )


def landings(events: list[dict[str, Any]], order: str, commits: int) -> list[list[dict[str, Any]]]:
    """The same rows in `commits` landings, in the order that `order` draws, arrival aside."""
    found: list[list[dict[str, Any]]] = [[] for _ in range(commits)]
    for number, row in enumerate(events):
        found[draw(f"{order}{number}", commits)].append(row)
    return found
