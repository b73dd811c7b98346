"""What happened in the hand-made shop: orders, products, events, arrival checks."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from kith.ids import share, stable_id
from tests.unit.dashboards.shop_people import AS_OF, DAYS, Person

PRODUCTS = (
    ("p1", "Watering can", "Garden", "24.90"),
    ("p2", "Cast-iron pan", "Kitchen", "59.00"),
    ("p3", "Atlas", "Books", "38.50"),
)
CENT = Decimal("0.0001")

COLUMNS = {
    "orders": (
        "order_id:s profile_id:s user_id:s anonymous_id:s ordered_at:t status:s is_cancelled:b "
        "has_completion:b order_amount:money refunded_amount:money net_amount:money currency:s "
        "line_count:i source:s"
    ),
    "order_lines": (
        "order_id:s line_number:i profile_id:s user_id:s product_id:s product_name:s category:s "
        "quantity:f unit_price:money line_amount:money currency:s is_cancelled:b ordered_at:t"
    ),
    "products": (
        "product_id:s name:s category:s price:money currency:s url:s image_url:s first_seen_at:t "
        "last_seen_at:t order_count:i"
    ),
    "events": (
        "event_id:s type:s event:s anonymous_id:s user_id:s occurred_at:t received_at:t "
        "effective_at:t source:s properties:s traits:s context:s profile_id:s is_machine:b"
    ),
    "events_daily": "occurred_on:day source:s type:s event:s event_count:i profile_count:i",
    "quality_checks": (
        "check_id:s batch_id:s source:s check_name:s kind:s fate:s severity:s is_passed:b is_blocking:b "
        "observed_count:i observed:s expected:s rows_in:i rows_landed:i rows_set_aside:i at:t"
    ),
    "metrics_daily": "metric_on:day metric:s metric_value:f currency:s",
}


@dataclass(frozen=True)
class Order:
    """One order of one line."""

    order_id: str
    person: Person
    ordered_at: datetime
    product: tuple[str, str, str, str]
    quantity: int

    @property
    def is_cancelled(self) -> bool:
        return share(self.order_id, "cancelled") < 0.07

    @property
    def amount(self) -> Decimal:
        return (Decimal(self.product[3]) * self.quantity).quantize(CENT)

    @property
    def refunded(self) -> Decimal:
        return self.amount if not self.is_cancelled and share(self.order_id, "refund") < 0.06 else Decimal(0)

    @property
    def net_amount(self) -> Decimal:
        return Decimal(0) if self.is_cancelled else self.amount - self.refunded

    @property
    def currency(self) -> str:
        return "GBP" if self.person.number % 12 == 7 else "EUR"


def make_trade(people: list[Person]) -> dict[str, list[Order]]:
    """Orders by profile id."""
    found: dict[str, list[Order]] = {}
    for person in people:
        count = 0 if not person.is_identified else int(person.draw("orders") ** 2 * 5)
        for index in range(count):
            order_id = f"o{person.number:04d}-{index}"
            age = (AS_OF - person.first_seen_at) * share(order_id, "age")
            order = Order(order_id, person, AS_OF - age, PRODUCTS[index % 3], 1 + index % 2)
            found.setdefault(person.profile_id, []).append(order)
    return found


def trade_tables(people: list[Person], trade: dict[str, list[Order]]) -> dict[str, list[dict[str, Any]]]:
    """All tables of this module."""
    orders = [order for found in trade.values() for order in found]
    events = [row for person in people for row in _events(person, trade.get(person.profile_id, []))]
    return {
        "orders": [_order(order) for order in orders],
        "order_lines": [_line(order) for order in orders],
        "products": [_product(each, orders) for each in PRODUCTS],
        "events": events,
        "events_daily": _events_daily(events),
        "quality_checks": _quality_checks(),
        "metrics_daily": _metrics_daily(orders),
    }


def _order(order: Order) -> dict[str, Any]:
    status = "cancelled" if order.is_cancelled else "refunded" if order.refunded else "completed"
    return {
        "order_id": order.order_id,
        "profile_id": order.person.profile_id,
        "user_id": order.person.name,
        "anonymous_id": None,
        "ordered_at": order.ordered_at,
        "status": status,
        "is_cancelled": order.is_cancelled,
        "has_completion": True,
        "order_amount": order.amount,
        "refunded_amount": order.refunded,
        "net_amount": order.net_amount,
        "currency": order.currency,
        "line_count": 1,
        "source": "web",
    }


def _line(order: Order) -> dict[str, Any]:
    product_id, name, category, price = order.product
    return {
        "order_id": order.order_id,
        "line_number": 1,
        "profile_id": order.person.profile_id,
        "user_id": order.person.name,
        "product_id": product_id,
        "product_name": name,
        "category": category,
        "quantity": float(order.quantity),
        "unit_price": Decimal(price),
        "line_amount": order.amount,
        "currency": order.currency,
        "is_cancelled": order.is_cancelled,
        "ordered_at": order.ordered_at,
    }


def _product(product: tuple[str, str, str, str], orders: list[Order]) -> dict[str, Any]:
    product_id, name, category, price = product
    return {
        "product_id": product_id,
        "name": name,
        "category": category,
        "price": Decimal(price),
        "currency": "EUR",
        "url": None,
        "image_url": None,
        "first_seen_at": AS_OF - timedelta(days=DAYS),
        "last_seen_at": AS_OF,
        "order_count": sum(order.product[0] == product_id for order in orders),
    }


def _events(person: Person, orders: list[Order]) -> list[dict[str, Any]]:
    rows = []
    for index in range(3 + int(person.draw("events") * 18)):
        at = person.first_seen_at + (AS_OF - person.first_seen_at) * share(f"{person.name}/{index}", "event")
        product = PRODUCTS[index % 3]
        name, properties = (
            ("Product Viewed", {"name": product[1]}) if index % 2 else (None, {"path": f"/p/{product[0]}"})
        )
        rows.append(_event(person, f"e{index}", "track" if name else "page", name, at, properties))
    for order in orders:
        rows.append(
            _event(
                person,
                order.order_id,
                "track",
                "Order Completed",
                order.ordered_at,
                {"order_id": order.order_id},
            )
        )
    return rows


def _event(
    person: Person, key: str, kind: str, name: str | None, at: datetime, properties: dict[str, Any]
) -> dict[str, Any]:
    return {
        "event_id": stable_id(person.name, key),
        "type": kind,
        "event": name,
        "anonymous_id": f"anon-{person.number:04d}",
        "user_id": person.name if person.is_identified else None,
        "occurred_at": at,
        "received_at": at,
        "effective_at": at,
        "source": "app" if person.number % 4 == 1 else "web",
        "properties": json.dumps(properties),
        "traits": None,
        "context": None,
        "profile_id": person.profile_id,
        "is_machine": False,
    }


def _events_daily(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    counts = Counter(
        (each["occurred_at"].date(), each["source"], each["type"], each["event"]) for each in events
    )
    return [
        {
            "occurred_on": day,
            "source": source,
            "type": kind,
            "event": name,
            "event_count": count,
            "profile_count": count,
        }
        for (day, source, kind, name), count in counts.items()
    ]


def _quality_checks() -> list[dict[str, Any]]:
    names = ("event_id_is_present", "occurred_at_is_plausible", "type_is_known", "share_of_known_events")
    return [
        {
            "check_id": stable_id(batch, name),
            "batch_id": batch,
            "source": source,
            "check_name": name,
            "kind": "arrival",
            "fate": None,
            "severity": "error",
            "observed_count": None,
            "is_passed": not (batch == "b3" and name == "share_of_known_events"),
            "is_blocking": name != "share_of_known_events",
            "observed": "{}",
            "expected": "{}",
            "rows_in": rows_in,
            "rows_landed": rows_in - aside,
            "rows_set_aside": aside,
            "at": AS_OF - timedelta(days=4 - int(batch[1:])),
        }
        for batch, source, rows_in, aside in (
            ("b1", "web", 1800, 12),
            ("b2", "app", 640, 0),
            ("b3", "web", 1420, 9),
        )
        for name in names
    ] + [_set_aside(source, reason, count) for source, reason, count in SET_ASIDE]


SET_ASIDE = (("web", "not_json", 12), ("web", "missing_identifier", 9))


def _set_aside(source: str, reason: str, count: int) -> dict[str, Any]:
    empty = dict.fromkeys(("batch_id", "rows_in", "rows_landed", "rows_set_aside"))
    return {
        **empty, "check_id": stable_id("aside", source, reason), "source": source, "check_name": reason,
        "kind": "bad_input", "fate": "set_aside", "severity": "warning", "observed_count": count,
        "is_passed": False, "is_blocking": False, "observed": "{}", "expected": "{}",
        "at": AS_OF - timedelta(days=1),
    }  # fmt: skip


def _metrics_daily(orders: list[Order]) -> list[dict[str, Any]]:
    sums: dict[tuple[Any, str, str], float] = {}
    for order in orders:
        day = order.ordered_at.date()
        for metric, currency, amount in (
            ("orders", "", float(not order.is_cancelled)),
            ("revenue", order.currency, float(order.net_amount)),
        ):
            sums[day, metric, currency] = sums.get((day, metric, currency), 0.0) + amount
    return [
        {"metric_on": day, "metric": metric, "metric_value": amount, "currency": currency}
        for (day, metric, currency), amount in sums.items()
    ]
