"""Scoring lifetime value: everyone who has bought, with intervals and what the champion knows besides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ml.contract import NotTrainable, Scores

if TYPE_CHECKING:
    import pyarrow as pa

    from ml.contract import Lesson
    from ml.lifetime.contract import Forecast
    from ml.lifetime.learning import LifetimeArtefact
    from ml.lifetime.orders import OrderBook

#: Digits kept of amounts, counts and probabilities: what is below changes with the order of additions.
DIGITS = 6


def score(artefact: LifetimeArtefact, lesson: Lesson) -> Scores:
    """Nobody where nobody bought, or where the shop's currency has become another than the champion's."""
    from ml.lifetime.facts import facts_of, reasons_of
    from ml.lifetime.orders import read_orders

    try:
        book = read_orders(lesson)
    except NotTrainable:
        return _nobody()
    if book.currency != artefact.currency:
        return _nobody()
    history = book.history
    told = artefact.model.forecast(history)
    return Scores(
        profiles=book.purchases.customers,
        scores=told.value,
        reasons=reasons_of(facts_of(history), told.value, book.currency or "amount"),
        tables={"lifetime_values": _rows(book, artefact.days, told)},
    )


def _nobody() -> Scores:
    import numpy as np

    return Scores([], np.empty(0))


def _rows(book: OrderBook, days: int, told: Forecast) -> pa.Table:
    import pyarrow as pa

    people = book.purchases.customers
    columns = {
        "value_amount": told.value,
        "value_low_amount": told.value_low,
        "value_high_amount": told.value_high,
        "expected_purchase_count": told.purchases,
        "any_purchase_probability": told.any_purchase,
        "alive_probability": told.alive,
        "average_purchase_amount": told.spend,
    }
    return pa.table(
        {
            "profile_id": pa.array(people, pa.string()),
            "horizon_days": pa.repeat(days, len(people)),
            "currency": pa.repeat(pa.scalar(book.currency or None, pa.string()), len(people)),
            **{name: _numbers(values, len(people)) for name, values in columns.items()},
        }
    )


def _numbers(values: Any, count: int) -> pa.Array:
    import pyarrow as pa

    return pa.nulls(count, pa.float64()) if values is None else pa.array(values.round(DIGITS), pa.float64())
