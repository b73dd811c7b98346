"""What a tick reads, laid out as relations: the run's published tables, the lake, and what follows from both.

Every id is the present one: earlier enrolments and sends are read through the aliases, so a merge never lets
anybody in, or writes to anybody, twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq

from activation.addresses import ADDRESS_TYPES, IDENTIFIER_TYPES
from activation.contract import BOUNCES, COMPLAINTS
from kith.lake import Home, commits, find_table
from kith.run import Run
from kith.times import to_utc_naive
from kith.warehouse import Warehouse, literal, quote

_ALIASES = """
    -- One row per id that is no longer the present one.
    CREATE TEMP VIEW alias AS
    SELECT alias_id, any_value(profile_id) AS profile_id FROM profile_aliases GROUP BY alias_id
"""

_ENROLLED = """
    -- One row per earlier enrolment, under the present id. A replay sees what a run at its time saw.
    CREATE TEMP TABLE enrolled AS
    SELECT e.journey, coalesce(a.profile_id, e.profile_id) AS profile_id, e.entered_at
    FROM lake_journeys_enrolments AS e
    LEFT JOIN alias AS a ON a.alias_id = e.profile_id
    WHERE NOT $is_replay OR e.as_of < $as_of
"""

_PLANNED = """
    -- One row per message planned before, under the present id.
    CREATE TEMP TABLE planned AS
    SELECT o.message_id, coalesce(a.profile_id, o.profile_id) AS profile_id, o.channel, o.purpose, o.address,
           o.decided_at, o.decision, o.is_transactional
    FROM lake_journeys_outbox AS o
    LEFT JOIN alias AS a ON a.alias_id = o.profile_id
    WHERE NOT $is_replay OR o.as_of < $as_of
"""

_FEEDBACK = """
    -- One row per event about a message that a gate reads.
    CREATE TEMP TABLE feedback AS
    SELECT event, profile_id, effective_at,
           properties ->> '$.message_id' AS message_id,
           coalesce(lower(properties ->> '$.channel'), 'email') AS channel,
           coalesce(lower(properties ->> '$.purpose'), 'marketing') AS purpose,
           CASE coalesce(lower(properties ->> '$.channel'), 'email') {address_types} END AS address,
           lower(properties ->> '$.bounce_type') AS bounce_type,
           TRY_CAST(properties ->> '$.suppress_after' AS BIGINT) AS suppress_after
    FROM events
    WHERE event IN ('Message Sent', 'Message Rejected', 'Message Moved', 'Address Suppressed', {bounces}, {complaints})
"""

_SUPPRESSED = """
    -- One row per address that failed for good or complained, from when on. An event that names no address is
    -- about the message's, or else about the person's.
    CREATE TEMP TABLE suppressed AS
    WITH faults AS (
        SELECT f.channel, f.effective_at,
               lower(trim(coalesce(f.address, o.address, CASE f.channel {profile_addresses} END)))
                   AS address,
               CASE WHEN f.event IN ({complaints}) THEN 'complaint'
                    WHEN f.event = 'Address Suppressed' THEN 'suppression list' ELSE 'hard bounce' END AS cause,
               CASE WHEN f.event IN ('Message Rejected', 'Message Moved', {bounces}) AND f.suppress_after > 0
                    THEN f.suppress_after ELSE 1 END AS suppress_after
        FROM feedback AS f
        LEFT JOIN planned AS o ON o.message_id = f.message_id
        LEFT JOIN profiles AS p ON p.profile_id = f.profile_id
        WHERE f.event IN ('Address Suppressed', {complaints})
           OR (f.event IN ({bounces}) AND f.bounce_type = 'hard')
           OR (f.event IN ('Message Rejected', 'Message Moved', {bounces}) AND f.suppress_after > 0)
    ),
    counted AS (
        SELECT *, row_number() OVER (PARTITION BY channel, address ORDER BY effective_at) AS fault_number
        FROM faults
        WHERE address IS NOT NULL
    )
    SELECT channel, address, min(effective_at) AS effective_at, arg_min(cause, effective_at) AS cause
    FROM counted
    WHERE fault_number >= suppress_after
    GROUP BY channel, address
"""

_PAST_SENDS = """
    -- One row per marketing message that was planned to be sent, or was sent before there were plans.
    -- A planned one comes back as an event under the same id and counts once, at its decision.
    CREATE TEMP TABLE past_sends AS
    SELECT profile_id, channel, purpose, decided_at AS sent_at
    FROM planned
    WHERE decision = 'send' AND NOT is_transactional
    UNION ALL
    SELECT f.profile_id, f.channel, f.purpose, f.effective_at AS sent_at
    FROM feedback AS f
    ANTI JOIN planned AS o ON o.message_id = f.message_id
    WHERE f.event = 'Message Sent' AND f.profile_id IS NOT NULL
"""

_PICKS = """
    -- One row per category: its three best-selling products with a price and a page, as the mail shows them.
    -- Addresses come from events, and anybody can send one: only web addresses get into a mail.
    CREATE OR REPLACE TEMP TABLE picks AS
    WITH ranked AS (
        SELECT *, row_number() OVER (PARTITION BY category ORDER BY order_count DESC, product_id) AS place
        FROM products
        WHERE category IS NOT NULL AND name IS NOT NULL AND price > 0 AND order_count > 0
          AND regexp_full_match(url, 'https?://[^\\s<>"]+')
    )
    SELECT category,
           to_json(list({
               'name': name,
               'price': CAST(CAST(price AS DECIMAL(18, 2)) AS VARCHAR),
               'currency': coalesce(currency, ''),
               'url': url,
               'image_url': CASE WHEN regexp_full_match(image_url, 'https?://[^\\s<>"]+') THEN image_url END
           } ORDER BY place)) AS picks
    FROM ranked
    WHERE place <= 3
    GROUP BY category
"""

_RECOMMENDED = """
    -- One row per person: the first three products recommended to them that have a price and a page, best first.
    -- They are of the latest scoring that this run may know of; who has none takes what the template says without.
    CREATE OR REPLACE TEMP TABLE recommended AS
    WITH ranked AS (
        SELECT r.profile_id, r.reason, p.*, row_number() OVER (PARTITION BY r.profile_id ORDER BY r.rank) AS place
        FROM lake_recommendations_recommendations_latest AS r
        JOIN products AS p ON p.product_id = r.product_id
        WHERE r.as_of <= $as_of AND p.name IS NOT NULL AND p.price > 0
          AND regexp_full_match(p.url, 'https?://[^\\s<>"]+')
    )
    SELECT profile_id,
           to_json(list({
               'name': name,
               'price': CAST(CAST(price AS DECIMAL(18, 2)) AS VARCHAR),
               'currency': coalesce(currency, ''),
               'url': url,
               'image_url': CASE WHEN regexp_full_match(image_url, 'https?://[^\\s<>"]+') THEN image_url END,
               'reason': reason
           } ORDER BY place)) AS recommendations
    FROM ranked
    WHERE place <= 3
    GROUP BY profile_id
"""


def _properties(names: Iterable[str]) -> str:
    return ", ".join(f"properties ->> '$.{name}'" for name in names)


#: What the statements above name: events, and where an event and a profile have the address of a channel.
_NAMED = {
    "bounces": ", ".join(literal(each) for each in BOUNCES),
    "complaints": ", ".join(literal(each) for each in COMPLAINTS),
    "address_types": " ".join(
        f"WHEN '{channel}' THEN coalesce({_properties(kinds)})"
        for channel, kinds in ADDRESS_TYPES.items()
        if kinds != ("user_id",)
    ),
    "profile_addresses": " ".join(
        f"WHEN '{channel}' THEN p.{kinds[0]}"
        for channel, kinds in ADDRESS_TYPES.items()
        if kinds[0] in IDENTIFIER_TYPES and kinds != ("user_id",)
    ),
}

_SEGMENTS = """
    -- The rows of {table} that this run may know of: those of the lake, and a replay's own.
    CREATE TEMP VIEW segment_{table} AS
    SELECT {columns}, commit_name, false AS is_replay FROM lake_segments_{table}
    UNION ALL
    SELECT {columns}, commit_name, true AS is_replay FROM replayed_{table}
"""


def attach(warehouse: Warehouse, run: Run) -> None:
    """The run's published tables and the rooms that entry reads."""
    warehouse.attach_lake("journeys", "segments", "recommendations")
    warehouse.attach_snapshot(run.snapshot)
    parameters = {"is_replay": run.is_replay, "as_of": to_utc_naive(run.as_of)}
    _attach_segments(warehouse, run)
    warehouse.connection.execute(_ALIASES)
    warehouse.connection.execute(_ENROLLED, parameters)


def _attach_segments(warehouse: Warehouse, run: Run) -> None:
    """A replay evaluates segments into a lake of its own; it adds to what was live at its time."""
    own = commits(Home(run.path.parent), "segments") if run.is_replay else []
    for table in ("evaluations", "members", "population"):
        schema = find_table("segments", table).schema
        columns = ", ".join(quote(column) for column in schema.names)
        found = [_named(pq.read_table(each.table(table)), each.name) for each in own]
        rows = pa.concat_tables(found or [_named(schema.empty_table(), "")])
        warehouse.connection.register(f"replayed_{table}", rows)
        warehouse.connection.execute(_SEGMENTS.format(table=table, columns=columns))


def _named(rows: pa.Table, commit_name: str) -> pa.Table:
    return rows.append_column("commit_name", pa.array([commit_name] * rows.num_rows, pa.string()))


def lay_out_gate_facts(warehouse: Warehouse, run: Run) -> None:
    """The relations that gates and templates read; only made once there is somebody to judge."""
    parameters = {"is_replay": run.is_replay, "as_of": to_utc_naive(run.as_of)}
    warehouse.connection.execute(_PLANNED, parameters)
    for statement in (_FEEDBACK.format(**_NAMED), _SUPPRESSED.format(**_NAMED), _PAST_SENDS):
        warehouse.connection.execute(statement)
    lay_out_look_ups(warehouse, run.as_of)


def lay_out_look_ups(warehouse: Warehouse, as_of: datetime) -> None:
    """What templates look up besides the person: `picks` of the catalogue and products `recommended`."""
    warehouse.connection.execute(_PICKS)
    warehouse.connection.execute(_RECOMMENDED, {"as_of": to_utc_naive(as_of)})
