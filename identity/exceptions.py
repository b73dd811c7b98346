"""Splits by hand: two identifiers that belong to different people whatever the evidence says.

`kith identity split A B` lands an event that names both, so the exception is part of the log: it takes effect
by its `effective_at`, replays with it, and a later `Identity Rejoined` lifts it. Of several the latest holds.
Only events of the source `identity` count, which no key of a collector writes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from uuid import uuid4

import pyarrow as pa

from identity.pairs import IS_EXCEPTION, REJOINED, SOURCE, SPLIT
from kith.clock import Clock
from kith.lake import Home
from kith.landing import LandingLog
from kith.times import format_instant
from kith.warehouse import Warehouse

Key = tuple[str, str]
EMPTY = """
    SELECT * FROM (SELECT '' AS left_type, '' AS left_value, '' AS right_type, '' AS right_value,
        TRUE AS is_apart, '' AS reason, CAST(NULL AS TIMESTAMP) AS effective_at,
        CAST(NULL AS TIMESTAMP) AS received_at, '' AS event_id) AS nothing WHERE FALSE
"""


def land_exception(home: Home, clock: Clock, pair: Sequence[Key], is_apart: bool, reason: str) -> str:
    """Land the exception of a pair as an event; answers the event's id. It counts from the next run."""
    one, other = sorted(pair)
    event_id = uuid4().hex
    properties = {"left_type": one[0], "left_value": one[1], "right_type": other[0], "right_value": other[1]}
    line = {
        "type": "track",
        "event": SPLIT if is_apart else REJOINED,
        "messageId": event_id,
        "timestamp": format_instant(clock.now()),
        "anonymousId": f"identity:{event_id}",
        "properties": {**properties, **({"reason": reason} if reason else {})},
    }
    log = LandingLog(home, SOURCE, clock)
    try:
        log.append([json.dumps(line, ensure_ascii=False).encode()])
    finally:
        log.close()
    return event_id


def read_splits(warehouse: Warehouse, events: str, known: str = EMPTY) -> pa.Table:
    """The latest exception of each pair, out of the relation `events` and the rows of an earlier state."""
    return warehouse.arrow(f"""
        WITH told AS (
            {known}
            UNION ALL BY NAME
            SELECT
                json_extract_string(properties, '$.left_type') AS left_type,
                json_extract_string(properties, '$.left_value') AS left_value,
                json_extract_string(properties, '$.right_type') AS right_type,
                json_extract_string(properties, '$.right_value') AS right_value,
                event = '{SPLIT}' AS is_apart,
                COALESCE(json_extract_string(properties, '$.reason'), '') AS reason,
                effective_at,
                received_at,
                event_id
            FROM {events}
            WHERE {IS_EXCEPTION}
        )

        SELECT * EXCLUDE (recency)
        FROM (
            SELECT *, ROW_NUMBER() OVER (
                PARTITION BY left_type, left_value, right_type, right_value
                ORDER BY effective_at DESC, received_at DESC, event_id DESC
            ) AS recency
            FROM told
            WHERE left_value IS NOT NULL AND right_value IS NOT NULL
        ) AS ranked
        WHERE recency = 1
        ORDER BY left_type, left_value, right_type, right_value
    """)
