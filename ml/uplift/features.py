"""What was known of people at an instant of their own: one definition for learning and for scoring.

Cut-offs of the feature table lie a month apart; an effect depends on last week. So the counts are taken as of
each assignment: only events whose `effective_at` lies before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kith.warehouse import Warehouse

if TYPE_CHECKING:
    import pyarrow as pa

#: Channels, and the events that tell of a message's arrival, opening and click.
CHANNELS = {
    "email": ("Email Delivered", "Email Opened", "Email Link Clicked"),
    "push": ("Push Notification Received", "Push Notification Opened", "Push Notification Tapped"),
    "sms": ("SMS Delivered", "SMS Opened", "SMS Link Clicked"),
}
STEPS = ("delivered", "opened", "clicked")

#: What people do in the shop, by event; pages and screens have a type of their own.
ACTS = {
    "product_views": "Product Viewed",
    "cart_adds": "Product Added",
    "checkouts": "Checkout Started",
    "orders": "Order Completed",
}
DAYS = (7, 30, 90)

#: What is drawn between no clicks and all: a channel nobody has answered yet counts as one in ten.
_PRIOR, _PRIOR_COUNT = 0.1, 2


def describe_pairs(warehouse: Warehouse, pairs: str) -> pa.Table:
    """The features of each row of the view `pairs` (instant_id, profile_id, instant, channel, ...), with all
    of its own columns in front, in order of `instant`, `profile_id` and `channel`. Reads `events`.

    Everything is counted once, running along each person's events; what lies between two instants is the
    difference of two counts. The cost is that of sorting the events, however many instants there are.
    """
    warehouse.connection.execute(_COUNTED_SQL.format(pairs=pairs, sums=_lines(_running())))
    warehouse.connection.execute(_KNOWN_SQL.format(pairs=pairs, looks=_lines(_looks()), joins=_joins()))
    return warehouse.arrow(_PAIRS_SQL.format(pairs=pairs, columns=_lines([*_windows(), *_answers()])))


def feature_columns(table: pa.Table, own: int) -> tuple[str, ...]:
    """The features in such a table, which begins with `own` columns of the pairs themselves."""
    return tuple(table.column_names[own:])


def _lines(columns: list[str]) -> str:
    return ",\n    ".join(columns)


def _counters() -> dict[str, str]:
    """What is counted, by name: an SQL condition on an event."""
    acts = {name: f"event = '{event}'" for name, event in ACTS.items()}
    answers = {
        f"{channel}_{step}": f"event = '{event}'"
        for channel, events in CHANNELS.items()
        for event, step in zip(events, STEPS, strict=True)
    }
    return {"active_days": "is_visit AND is_first_of_day", **acts, **answers}


def _running() -> list[str]:
    """Peers in time count together, so that it doesn't matter which of them is found."""
    return [
        f"count(*) FILTER (WHERE {condition}) OVER so_far AS {name}"
        for name, condition in _counters().items()
    ]


def _looks() -> list[str]:
    """Each running count at the instant, and `days` before it."""
    found = [f"coalesce(now.{name}, 0) AS {name}" for name in _counters()]
    for days in DAYS:
        found += [f"coalesce(ago_{days}.{name}, 0) AS {name}_before_{days}d" for name in _counters()]
    return found


def _joins() -> str:
    return "\n".join(
        f"ASOF LEFT JOIN counted AS ago_{days}"
        f" ON ago_{days}.profile_id = instants.profile_id"
        f" AND ago_{days}.effective_at < instants.instant - INTERVAL {days} DAY"
        for days in DAYS
    )


def _windows() -> list[str]:
    acts = ["active_days", *ACTS]
    return [f"{_within(name, days)} AS {name}_{days}d" for name in acts for days in DAYS]


def _within(name: str, days: int) -> str:
    return f"(known.{name} - known.{name}_before_{days}d)"


def _answers() -> list[str]:
    """The channel itself, and how it, and all channels together, had been answered."""
    found = [f"CAST(pairs.channel = '{channel}' AS INTEGER) AS is_{channel}" for channel in CHANNELS]
    for step in STEPS:
        found += [f"{_of_channel(step, days)} AS channel_{step}_{days}d" for days in (7, 90)]
        whole = [" + ".join(_within(f"{channel}_{step}", days) for channel in CHANNELS) for days in DAYS]
        found += [f"{part} AS messages_{step}_{days}d" for part, days in zip(whole, DAYS, strict=True)]
    for step in ("opened", "clicked"):
        part, base = _of_channel(step, 90), _of_channel("delivered", 90)
        found.append(f"({part} + {_PRIOR * _PRIOR_COUNT}) / ({base} + {_PRIOR_COUNT}) AS channel_{step}_rate")
    return found


def _of_channel(step: str, days: int) -> str:
    parts = [f"WHEN '{channel}' THEN {_within(f'{channel}_{step}', days)}" for channel in CHANNELS]
    return f"CASE pairs.channel {' '.join(parts)} END"


_COUNTED_SQL = """
CREATE OR REPLACE TEMP TABLE counted AS
-- One row per event of the people asked for: what had been counted by then, the event included.
WITH acts AS (
    SELECT
        profile_id,
        event,
        effective_at,
        type IN ('page', 'screen') OR event = 'Product Viewed' AS is_visit
    FROM events
    WHERE
        NOT is_machine
        AND event IS DISTINCT FROM 'Experiment Viewed'
        AND profile_id IN (SELECT profile_id FROM {pairs})
),

dated AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY profile_id, is_visit, CAST(effective_at AS DATE) ORDER BY effective_at
        ) = 1 AS is_first_of_day
    FROM acts
)

SELECT
    profile_id,
    effective_at,
    min(effective_at) OVER so_far AS first_at,
    max(effective_at) FILTER (WHERE is_visit) OVER so_far AS last_visit_at,
    max(effective_at) FILTER (WHERE event = 'Order Completed') OVER so_far AS last_order_at,
    {sums}
FROM dated
WINDOW so_far AS (PARTITION BY profile_id ORDER BY effective_at)
"""

_KNOWN_SQL = """
CREATE OR REPLACE TEMP TABLE known AS
-- One row per instant: the counts before it, and before some days earlier.
WITH instants AS (SELECT DISTINCT instant_id, profile_id, instant FROM {pairs})

SELECT
    instants.instant_id,
    date_diff('second', now.first_at, instants.instant) / 86400 AS tenure_days,
    date_diff('second', now.last_visit_at, instants.instant) / 86400 AS days_since_last_visit,
    date_diff('second', now.last_order_at, instants.instant) / 86400 AS days_since_last_order,
    {looks}
FROM instants
ASOF LEFT JOIN counted AS now
    ON now.profile_id = instants.profile_id AND now.effective_at < instants.instant
{joins}
"""

_PAIRS_SQL = """
SELECT
    pairs.*,
    known.tenure_days,
    known.days_since_last_visit,
    known.days_since_last_order,
    known.orders,
    {columns}
FROM {pairs} AS pairs
INNER JOIN known ON known.instant_id = pairs.instant_id
ORDER BY pairs.instant, pairs.profile_id, pairs.channel
"""
