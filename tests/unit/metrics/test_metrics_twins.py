"""Each metric says what plain SQL says: by day, and by one dimension. A metric without its twin here fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from kith.metrics.reading import answer, compile_question
from tests.unit.metrics.conftest import Published

PLACED = "has_completion AND NOT is_cancelled"
MAIL = "count(*) FILTER (WHERE decision = 'send' AND {} IS NOT NULL)"
COUNTRY = "LEFT JOIN (SELECT profile_id, country FROM profiles) AS who USING (profile_id)"


@dataclass(frozen=True)
class Twin:
    """`value` is an aggregate over `table`, whose day is `on`; `by` a dimension, found by `join` in another table."""

    table: str
    on: str
    value: str
    by: str = "country"
    join: str = COUNTRY
    currency: bool = False

    def sql(self, columns: Sequence[str]) -> str:
        told = {"day": f"CAST({self.on} AS DATE) AS day"}
        keys = ", ".join(told.get(column, column) for column in columns)
        return f"SELECT {keys}, {self.value} AS value FROM {self.table} {self.join} GROUP BY ALL"


@dataclass(frozen=True)
class Trailing(Twin):
    """`value` over the last `window` days up to each of the calendar (None: since ever, 0: since the month began)."""

    window: int | None = None

    def sql(self, columns: Sequence[str]) -> str:
        first = {None: "DATE '0001-01-01'", 0: "date_trunc('month', day)"}.get(
            self.window, f"day - INTERVAL {(self.window or 1) - 1} DAY"
        )
        return f"""
            SELECT {", ".join(columns)}, {self.value} AS value
            FROM (SELECT calendar_on AS day FROM calendar) AS days
            JOIN (FROM {self.table} {self.join}) AS facts
                ON CAST({self.on} AS DATE) BETWEEN {first} AND day
            GROUP BY ALL"""


@dataclass(frozen=True)
class Written(Twin):
    """A statement written out; `{keys}` are the columns."""

    def sql(self, columns: Sequence[str]) -> str:
        keys = ", ".join(column for column in columns if column != "day")
        return self.value.format(keys=keys, country=COUNTRY)


def _orders(value: str, *, currency: bool = False) -> Twin:
    return Twin("orders", "ordered_at", value, currency=currency)


def _sessions(value: str) -> Twin:
    return Twin("sessions", "started_at", value, by="channel", join="")


def _messages(value: str) -> Twin:
    return Twin("messages", "decided_at", value, by="campaign", join="")


def _mail(column: str) -> Twin:
    return _messages(MAIL.format(column))


def _mail_rate(column: str, of: str) -> Twin:
    below = "count(*) FILTER (WHERE outcome = 'accepted')" if of == "sent" else MAIL.format(of)
    return _messages(f"{MAIL.format(column)} / nullif({below}, 0)")


def _profiles(value: str, on: str = "first_seen_at") -> Twin:
    return Twin("profiles", on, value, join="")


def _lines(value: str, *, currency: bool) -> Twin:
    return Twin("order_lines", "ordered_at", value, by="category", join="", currency=currency)


def _revenue(value: str) -> Twin:
    return Twin("message_revenue", "decided_on", value, by="campaign", join="", currency=True)


def _visitors(window: int) -> Trailing:
    value = "count(DISTINCT profile_id) FILTER (WHERE NOT is_bot)"
    return Trailing("sessions", "started_at", value, by="channel", join="", window=window)


def _income(window: int | None) -> Trailing:
    return Trailing("orders", "ordered_at", "sum(net_amount)", currency=True, window=window)


TWINS: dict[str, Twin] = {
    "orders": _orders(f"count(*) FILTER (WHERE {PLACED})"),
    "placed_orders": _orders("count(*) FILTER (WHERE has_completion)"),
    "cancelled_orders": _orders("count(*) FILTER (WHERE has_completion AND is_cancelled)"),
    "cancellation_rate": _orders(
        "count(*) FILTER (WHERE has_completion AND is_cancelled) / nullif(count(*) FILTER (WHERE has_completion), 0)"
    ),
    "customers": _orders(f"count(DISTINCT profile_id) FILTER (WHERE {PLACED})"),
    "orders_per_customer": _orders(
        f"count(*) FILTER (WHERE {PLACED}) / nullif(count(DISTINCT profile_id) FILTER (WHERE {PLACED}), 0)"
    ),
    "revenue": _orders(f"coalesce(sum(order_amount) FILTER (WHERE {PLACED}), 0)", currency=True),
    "refunds": _orders(f"coalesce(sum(refunded_amount) FILTER (WHERE {PLACED}), 0)", currency=True),
    "discounts": _orders(f"coalesce(sum(discount_amount) FILTER (WHERE {PLACED}), 0)", currency=True),
    "net_revenue": _orders("sum(net_amount)", currency=True),
    "average_order_value": _orders(f"avg(order_amount) FILTER (WHERE {PLACED})", currency=True),
    "refund_rate": _orders(
        f"sum(refunded_amount) FILTER (WHERE {PLACED}) / sum(order_amount) FILTER (WHERE {PLACED})",
        currency=True,
    ),
    "cumulative_net_revenue": _income(None),
    "net_revenue_month_to_date": _income(0),
    "net_revenue_change_7d": Written(
        "orders",
        "ordered_at",
        """
        WITH daily AS (
            SELECT CAST(ordered_at AS DATE) AS day, {keys}, row({keys}) AS key, sum(net_amount) AS amount
            FROM orders {country}
            GROUP BY ALL
        )
        SELECT now.* EXCLUDE (key), now.amount / before.amount - 1 AS value
        FROM daily AS now
        JOIN daily AS before ON before.day = now.day - 7 AND before.key = now.key
        """,
        currency=True,
    ),
    "sessions": _sessions("count(*) FILTER (WHERE NOT is_bot)"),
    "converted_sessions": _sessions("count(*) FILTER (WHERE NOT is_bot AND order_count > 0)"),
    "conversion_rate": _sessions("avg(CAST(order_count > 0 AS INT)) FILTER (WHERE NOT is_bot)"),
    "page_views": _sessions("coalesce(sum(page_count) FILTER (WHERE NOT is_bot), 0)"),
    "pages_per_session": _sessions("avg(page_count) FILTER (WHERE NOT is_bot)"),
    "active_profiles": _sessions("count(DISTINCT profile_id) FILTER (WHERE NOT is_bot)"),
    "active_profiles_1d": _visitors(1),
    "active_profiles_7d": _visitors(7),
    "active_profiles_28d": _visitors(28),
    "stickiness": Trailing(
        "sessions",
        "started_at",
        """CASE
            WHEN bool_or(CAST(started_at AS DATE) = day)
            THEN count(DISTINCT profile_id) FILTER (WHERE NOT is_bot AND CAST(started_at AS DATE) = day)
        END / nullif(count(DISTINCT profile_id) FILTER (WHERE NOT is_bot), 0)""",
        by="channel",
        join="",
        window=28,
    ),
    "bot_sessions": _sessions("count(*) FILTER (WHERE is_bot)"),
    "any_sessions": _sessions("count(*)"),
    "bot_share": _sessions("avg(CAST(is_bot AS INT))"),
    "messages_planned": _messages("count(*)"),
    "messages_withheld": _messages("count(*) FILTER (WHERE outcome = 'withheld')"),
    "messages_held_out": _messages("count(*) FILTER (WHERE is_holdout)"),
    "messages_sent": _messages("count(*) FILTER (WHERE outcome = 'accepted')"),
    "messages_delivered": _mail("delivered_at"),
    "messages_opened": _mail("first_opened_at"),
    "messages_clicked": _mail("first_clicked_at"),
    "messages_replied": _mail("replied_at"),
    "messages_bounced": _mail("bounced_at"),
    "messages_complained": _mail("complained_at"),
    "messages_unsubscribed": _mail("unsubscribed_at"),
    "messages_converted": _mail("converted_at"),
    "recipients": _messages("count(DISTINCT profile_id) FILTER (WHERE outcome = 'accepted')"),
    "delivery_rate": _mail_rate("delivered_at", "sent"),
    "bounce_rate": _mail_rate("bounced_at", "sent"),
    "message_conversion_rate": _mail_rate("converted_at", "sent"),
    "open_rate": _mail_rate("first_opened_at", "delivered_at"),
    "click_rate": _mail_rate("first_clicked_at", "delivered_at"),
    "unsubscribe_rate": _mail_rate("unsubscribed_at", "delivered_at"),
    "complaint_rate": _mail_rate("complained_at", "delivered_at"),
    "click_to_open_rate": _mail_rate("first_clicked_at", "first_opened_at"),
    "message_revenue": _revenue("sum(conversion_amount)"),
    "messages_in_currency": _revenue("sum(sent_count)"),
    "revenue_per_recipient": _revenue("sum(conversion_amount) / sum(sent_count)"),
    "new_profiles": _profiles("count(*) FILTER (WHERE NOT is_bot)"),
    "known_profiles": Trailing("profiles", "first_seen_at", "count(*) FILTER (WHERE NOT is_bot)", join=""),
    "identified_profiles": _profiles(
        "count(*) FILTER (WHERE NOT is_bot AND (user_id IS NOT NULL OR email IS NOT NULL))"
    ),
    "identified_share": _profiles(
        "avg(CAST(user_id IS NOT NULL OR email IS NOT NULL AS INT)) FILTER (WHERE NOT is_bot)"
    ),
    "bot_profiles": _profiles("count(*) FILTER (WHERE is_bot)"),
    "new_customers": _profiles("count(first_order_at)", on="first_order_at"),
    "repeat_customers": _profiles("count(*) FILTER (WHERE order_count > 1)", on="first_order_at"),
    "repeat_rate": _profiles(
        "count(*) FILTER (WHERE order_count > 1) / nullif(count(first_order_at), 0)", on="first_order_at"
    ),
    "units_sold": _lines("coalesce(sum(quantity) FILTER (WHERE NOT is_cancelled), 0)", currency=False),
    "product_revenue": _lines("coalesce(sum(line_amount) FILTER (WHERE NOT is_cancelled), 0)", currency=True),
    "average_unit_price": _lines(
        "sum(line_amount) FILTER (WHERE NOT is_cancelled) / nullif(sum(quantity) FILTER (WHERE NOT is_cancelled), 0)",
        currency=True,
    ),
    "events": Twin("events_daily", "occurred_on", "sum(event_count)", by="source", join=""),
}


def test_metrics__have_a_twin_each(published: Published) -> None:
    assert {metric.name for metric in published.catalogue.metrics} == set(TWINS)


@pytest.mark.parametrize("name", TWINS)
def test_metric__is_what_plain_sql_says_by_day(published: Published, name: str) -> None:
    told, plain = both(published, name, ["day"])
    assert len(plain) > 25
    assert told == plain


@pytest.mark.parametrize("name", TWINS)
def test_metric__is_what_plain_sql_says_by_a_dimension(published: Published, name: str) -> None:
    looks_back = published.catalogue.metric(name).needs_time or isinstance(TWINS[name], Trailing)
    told, plain = both(published, name, ["day", TWINS[name].by] if looks_back else [TWINS[name].by])
    assert len(plain) > 1
    assert told == plain


def both(published: Published, name: str, by: list[str]) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """The metric and its twin, by the same keys; a null is no answer."""
    snapshot = published.run.snapshot
    sql = compile_question(snapshot, published.catalogue, None, metrics=[name], by=by)
    columns = [*by, "currency"] if TWINS[name].currency else by
    told = answer(published.settings, snapshot, sql)
    plain = answer(published.settings, snapshot, TWINS[name].sql(columns))
    return keyed(told, columns, name), keyed(plain, columns, "value")


def keyed(rows: list[dict[str, Any]], columns: list[str], value: str) -> dict[Any, Any]:
    found = {
        tuple(row[column] for column in columns): pytest.approx(float(row[value]), rel=1e-9)
        for row in rows
        if row[value] is not None
    }
    assert len(found) == sum(row[value] is not None for row in rows)
    return found
