"""Money to the last digit: an order nets what was ordered less what was given back and cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.warehouse.lake import Lake, event, run_dbt

FIRST = datetime(2026, 3, 1)
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
COMPLETED, REFUNDED, CANCELLED = "Order Completed", "Order Refunded", "Order Cancelled"
ZERO = Decimal(0)


@dataclass(frozen=True)
class Word:
    """What one event says of an order: a total, lines of (price, quantity), a currency; each may be missing."""

    name: str
    total: Decimal | None
    lines: Sequence[tuple[Decimal, int]]
    currency: str | None

    @property
    def amount(self) -> Decimal | None:
        """The value of the lines, which are the finer word, else the total."""
        return sum((price * count for price, count in self.lines), ZERO) if self.lines else self.total


def cents(least: int, most: int) -> st.SearchStrategy[Decimal]:
    return st.integers(least, most).map(lambda value: Decimal(value) / 100)


lines = st.lists(st.tuples(cents(-500, 99999), st.integers(1, 3)), max_size=3)
completions = st.builds(
    Word, st.just(COMPLETED), cents(0, 99999), lines, st.sampled_from(["EUR", "eur ", "USD", "JPY"])
)
changes = st.builds(
    Word,
    st.sampled_from([REFUNDED, REFUNDED, CANCELLED]),
    st.none() | cents(1, 50000),
    st.just(()) | lines,
    st.sampled_from([None, None, "EUR", "USD", "JPY"]),
)
histories = st.lists(st.tuples(completions, st.lists(changes, max_size=4)), min_size=15, max_size=40)


@settings(max_examples=3, deadline=None, suppress_health_check=SLOW, database=None, derandomize=True)
@given(orders=histories)
def test_orders__net_what_was_ordered_less_what_was_given_back_and_cancelled(
    tmp_path_factory: Any, orders: list[tuple[Word, list[Word]]]
) -> None:
    found = fold(tmp_path_factory.mktemp("money"), orders)
    assert found == {f"o{number}": expected(*order) for number, order in enumerate(orders)}
    for currency in ("EUR", "USD", "JPY"):
        rows = [row for row in found.values() if row["currency"] == currency]
        ordered, refunded, cancelled, net = (
            sum((row[f"{name}_amount"] for row in rows), ZERO)
            for name in ("order", "refunded", "cancelled", "net")
        )
        assert net == ordered - refunded - cancelled


def expected(completion: Word, later: Sequence[Word]) -> dict[str, Any]:
    """The same rules in plain Python, over one order at a time."""
    currency = (completion.currency or "").strip().upper()
    ordered = completion.amount or ZERO
    refunds = [word for word in later if word.name == REFUNDED]
    stated = [(word.total if word.total is not None else word.amount, word.currency) for word in refunds]
    own = [abs(amount) for amount, paid_in in stated if amount is not None and paid_in in (None, currency)]
    refunded = sum(own, ZERO)
    if any(amount is None for amount, _ in stated):
        refunded = max(refunded, ordered)
    is_cancelled = any(word.name == CANCELLED for word in later)
    cancelled = ordered - refunded if is_cancelled else ZERO
    return {
        "currency": currency,
        "order_amount": ordered,
        "refunded_amount": refunded,
        "cancelled_amount": cancelled,
        "net_amount": ordered - refunded - cancelled,
        "foreign_refund_count": sum(
            amount is not None and paid_in not in (None, currency) for amount, paid_in in stated
        ),
    }


def fold(home: Path, orders: Sequence[tuple[Word, list[Word]]]) -> dict[str, dict[str, Any]]:
    lake = Lake(home).lay_empty()
    lake.identities(1, {"p1": [("user_id", "u1")]})
    lake.land(
        [
            tell(f"o{number}", place, word)
            for number, (completion, later) in enumerate(orders)
            for place, word in enumerate([completion, *later])
        ],
        1,
    )
    run = lake.begin_run(FIRST + timedelta(days=90))
    (home / "published" / "CURRENT").write_text(run.name)
    run_dbt(home, None, "run", "--select", "+orders")
    columns = "currency, order_amount, refunded_amount, cancelled_amount, net_amount, foreign_refund_count"
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        rows = connection.execute(f"select order_id, {columns} from orders").fetchall()
    return {row[0]: dict(zip(columns.split(", "), row[1:], strict=True)) for row in rows}


def tell(order_id: str, place: int, word: Word) -> dict[str, Any]:
    """The first word on day one, each later one a fortnight after the one before."""
    properties: dict[str, Any] = {"order_id": order_id}
    if word.total is not None:
        properties["total"] = str(word.total)
    if word.currency is not None:
        properties["currency"] = word.currency
    if word.lines:
        properties["products"] = [
            {"product_id": "p", "price": str(price), "quantity": count} for price, count in word.lines
        ]
    at = FIRST + timedelta(days=14 * place, seconds=place)
    return event(f"{order_id}-{place}", word.name, at, user="u1", properties=properties)
