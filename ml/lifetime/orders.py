"""The purchases that a run knows of, as of an instant: who bought on which day for how much, in one currency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kith.times import to_utc_naive
from kith.warehouse import Warehouse
from ml.contract import NotTrainable

if TYPE_CHECKING:
    from ml.contract import Lesson
    from ml.lifetime.purchases import History, Purchases

#: Completed orders and whole cancellations before the instant, each on its day: days are counted from the instant, so
#: that no day lies on both of its sides. An order counts in the currency of most of its customer's orders (of as
#: many, the first by name), as profiles have it. Who came without any id (`order:<id>`) can't come back and is nobody.
_LINES = """
WITH told AS (
    SELECT
        coalesce(nullif(trim(json_extract_string(properties, '$.order_id')), ''), event_id) AS order_id,
        min(effective_at) FILTER (event = 'Order Completed') AS ordered_at,
        min(effective_at) FILTER (event = 'Order Cancelled') AS cancelled_at
    FROM events
    WHERE event IN ('Order Completed', 'Order Cancelled') AND effective_at < $as_of
    GROUP BY 1
),

nobody AS (
    SELECT profile_id
    FROM identities
    GROUP BY profile_id
    HAVING bool_and(identifier_type = 'anonymous_id' AND identifier_value LIKE 'order:%')
),

known AS (
    SELECT
        orders.profile_id,
        coalesce(orders.currency, '') AS currency,
        CAST(orders.order_amount AS DOUBLE) AS amount,
        CAST(floor(date_diff('microsecond', $as_of, told.ordered_at) / 86400000000) AS BIGINT) AS day,
        CAST(floor(date_diff('microsecond', $as_of, told.cancelled_at) / 86400000000) AS BIGINT) AS cancelled_day,
        orders.profile_id IN (SELECT profile_id FROM nobody) AS is_nobody
    FROM orders
    INNER JOIN told ON orders.order_id = told.order_id
    WHERE orders.has_completion AND orders.profile_id IS NOT NULL AND told.ordered_at IS NOT NULL
),

counted AS (
    SELECT profile_id, currency, count(*) AS order_count
    FROM known
    WHERE NOT is_nobody
    GROUP BY profile_id, currency
),

own AS (
    SELECT profile_id, currency
    FROM counted
    QUALIFY row_number() OVER (PARTITION BY profile_id ORDER BY order_count DESC, currency) = 1
)

SELECT
    known.profile_id,
    known.currency,
    known.day,
    known.cancelled_day,
    known.amount,
    known.is_nobody,
    coalesce(known.currency = own.currency, false) AS is_own
FROM known
LEFT JOIN own ON known.profile_id = own.profile_id
ORDER BY known.profile_id, known.day, known.amount, known.cancelled_day, known.currency"""


@dataclass(frozen=True)
class OrderBook:
    """What was known before the day `cutoff` (days since 1970): purchases in the `currency` of most customers
    (empty where orders name none). Left out are orders of nobody (`guest_orders`), those in another currency than
    most of their customer's (`foreign_orders`), and customers who buy in another one (`foreign_customers`)."""

    purchases: Purchases
    cutoff: int
    currency: str
    guest_orders: int
    foreign_orders: int
    foreign_customers: int

    @property
    def history(self) -> History:
        from ml.lifetime.purchases import History

        return History(self.purchases, self.cutoff)

    def told(self) -> dict[str, Any]:
        """What was left out, for people."""
        kept = ("currency", "guest_orders", "foreign_orders", "foreign_customers")
        return {**{key: getattr(self, key) for key in kept}, "days_returned_whole": self.purchases.set_aside}


def read_orders(lesson: Lesson) -> OrderBook:
    """The book as of `lesson.as_of`; raises NotTrainable, with counts, where there is no purchase at all."""
    import numpy as np
    import pandas as pd

    with Warehouse(lesson.settings) as warehouse:
        warehouse.attach_snapshot(lesson.run.snapshot)
        lines = warehouse.arrow(_LINES, {"as_of": to_utc_naive(lesson.as_of)}).to_pandas()
    guests, known = lines[lines["is_nobody"]], lines[~lines["is_nobody"]]
    own = known[known["is_own"]]
    currency = _of_most(own)
    kept = own[own["currency"] == currency]
    day = _day_of(lesson.as_of)
    purchases = _purchases(kept, day, np, pd) if len(kept) else None
    if not purchases:
        raise NotTrainable(
            f"none of {len(kept):,} orders of {kept['profile_id'].nunique():,} people before "
            f"{lesson.as_of:%Y-%m-%d %H:%M} UTC is a purchase, and {len(guests):,} are of nobody"
        )
    return OrderBook(
        purchases,
        day,
        currency,
        guest_orders=len(guests),
        foreign_orders=len(known) - len(own),
        foreign_customers=int(own["profile_id"].nunique() - kept["profile_id"].nunique()),
    )


def _of_most(own: Any) -> str:
    """The currency of most customers; of as many, the first by name."""
    if not len(own):
        return ""
    people = own.groupby("currency")["profile_id"].nunique()
    return str(people.sort_index().sort_values(ascending=False, kind="stable").index[0])


def _purchases(kept: Any, day: int, np: Any, pd: Any) -> Purchases:
    from ml.lifetime.purchases import purchases_of

    cancelled = kept[kept["cancelled_day"].notna()]
    return purchases_of(
        np.concatenate([kept["profile_id"].to_numpy(object), cancelled["profile_id"].to_numpy(object)]),
        np.concatenate([kept["day"].to_numpy(), cancelled["cancelled_day"].to_numpy()]).astype(np.int64)
        + day,
        pd.concat([kept["amount"], -cancelled["amount"]]).to_numpy(),
    )


def _day_of(as_of: datetime) -> int:
    return int(as_of.timestamp() // 86_400)
