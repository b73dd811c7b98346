"""What a simulation found, read off the log that it left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kith.settings import load_settings
from kith.times import format_instant
from kith.warehouse import Warehouse
from sandbox.simulation.copying import Copied

Rows = Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Findings:
    """`sends`: (day, channel, messages), days of UTC; `drops`: (reason, messages); `answers`: (event, messages);
    `results`: (metric, people and mean of those written to and held out, lift, lower, upper), valid at every look."""

    name: str
    since: str
    until: str
    is_moved: bool
    entrants: int
    held_out: int
    planned: int
    sent: int
    sends: Rows
    drops: Rows
    answers: Rows
    results: Rows


_TOTALS = """
    SELECT (SELECT count(*) FROM entered) AS entrants,
           (SELECT count(*) FROM entered WHERE is_holdout) AS held_out,
           (SELECT count(*) FROM decided) AS planned,
           (SELECT count(*) FROM decided WHERE decision = 'send') AS sent
"""
_SENDS = """
    SELECT CAST(CAST(decided_at AS DATE) AS VARCHAR) AS day, channel, count(*) AS messages
    FROM decided WHERE decision = 'send' GROUP BY ALL ORDER BY day, channel
"""
_DROPS = """
    SELECT reason, count(*) AS messages FROM decided WHERE decision <> 'send' GROUP BY reason
    ORDER BY messages DESC, reason
"""
#: By the events that came back, of the messages of this definition alone.
_ANSWERS = """
    SELECT event AS answer, count(DISTINCT json_extract_string(properties, '$.message_id')) AS messages
    FROM lake_events_events
    WHERE json_extract_string(properties, '$.message_id') IN (SELECT message_id FROM decided WHERE decision = 'send')
      AND event NOT IN ('Message Sent', 'Message Planned')
    GROUP BY event ORDER BY messages DESC, event
"""
_RESULTS = """
    SELECT metric, currency, treated_count, treated_mean, holdout_count, holdout_mean, lift, lower, upper
    FROM lake_measurement_lift_latest WHERE campaign = $name ORDER BY metric
"""
_OWN = """
    CREATE OR REPLACE TEMP VIEW {view} AS
    SELECT * FROM lake_journeys_{table} WHERE journey = {name} AND epoch_us({time}) >= {since}
"""


def find(copied: Copied, since: datetime, until: datetime) -> Findings:
    """Since the simulation began; what a live definition of that name did before is left out."""
    settings = load_settings(home=copied.home, definitions=copied.definitions)
    with Warehouse(settings) as warehouse:
        warehouse.attach_lake("journeys", "measurement", "events")
        begin = int(since.timestamp()) * 1_000_000 - 60_000_000
        for view, table, time in (
            ("entered", "enrolments", "entered_at"),
            ("decided", "outbox", "decided_at"),
        ):
            warehouse.connection.execute(
                _OWN.format(view=view, table=table, time=time, since=begin, name=f"'{copied.name}'")
            )
        return Findings(
            name=copied.name,
            since=format_instant(since),
            until=format_instant(until),
            is_moved=copied.is_moved,
            **{name: int(value) for name, value in warehouse.rows(_TOTALS)[0].items()},
            sends=warehouse.rows(_SENDS),
            drops=warehouse.rows(_DROPS),
            answers=warehouse.rows(_ANSWERS),
            results=warehouse.rows(_RESULTS, {"name": copied.name}),
        )
