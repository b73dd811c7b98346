"""Scoring the next order: everyone who has bought, with the day that is likely, an interval, and probabilities."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from kith.times import to_utc_naive
from ml.contract import NotTrainable, Scores

if TYPE_CHECKING:
    import pyarrow as pa

    from ml.contract import Floats, Lesson
    from ml.next_order.learning import NextOrderArtefact
    from ml.next_order.outlook import Outlook

#: Digits kept of days and probabilities: what is below changes with the order of additions.
DIGITS = 6
MICROSECONDS_IN_DAY = 86_400_000_000


def score(artefact: NextOrderArtefact, lesson: Lesson) -> Scores:
    """Nobody where nobody bought."""
    import numpy as np

    from ml.lifetime.facts import facts_of, reasons_of
    from ml.lifetime.orders import read_orders

    try:
        book = read_orders(lesson)
    except NotTrainable:
        return Scores([], np.empty(0))
    history = book.history
    outlook = artefact.model.outlook(history)
    days = outlook.expected_days()
    return Scores(
        profiles=book.purchases.customers,
        scores=days,
        reasons=reasons_of(facts_of(history), days, "days"),
        tables={"next_orders": _rows(book.purchases.customers, outlook, lesson.as_of)},
    )


def _rows(people: Any, outlook: Outlook, as_of: datetime) -> pa.Table:
    import pyarrow as pa

    from ml.next_order.backtest import SOON, interval_of

    low, high = interval_of(outlook)
    instants = {
        "expected_at": outlook.quantile_of_orders(0.5),
        "expected_low_at": low,
        "expected_high_at": high,
    }
    numbers = {
        "expected_days": outlook.expected_days(),
        "order_within_30d_probability": outlook.within(SOON) if outlook.length >= SOON else None,
        "order_within_horizon_probability": outlook.chance[:, -1],
    }
    return pa.table(
        {
            "profile_id": pa.array(people, pa.string()),
            "horizon_days": pa.repeat(int(outlook.length), len(people)),
            **{name: _numbers(values, len(people)) for name, values in numbers.items()},
            **{name: _instants(values, outlook.chance[:, -1], as_of) for name, values in instants.items()},
        }
    )


def _numbers(values: Floats | None, count: int) -> pa.Array:
    import pyarrow as pa

    return pa.nulls(count, pa.float64()) if values is None else pa.array(values.round(DIGITS), pa.float64())


def _instants(days: Floats, chance: Floats, as_of: datetime) -> pa.Array:
    """To the second: what is finer is an accident of the last digits. None where no order can come."""
    import numpy as np
    import pyarrow as pa

    seconds = np.round(days * MICROSECONDS_IN_DAY / 1e6).astype(np.int64).astype("timedelta64[s]")
    at = np.datetime64(to_utc_naive(as_of), "us") + seconds
    return pa.array(at, pa.timestamp("us"), mask=chance <= 0)
