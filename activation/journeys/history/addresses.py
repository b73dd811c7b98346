"""`facts_addresses`: where each person is written to on each channel, from when to when. One place at a time."""

from __future__ import annotations

from activation.addresses import ADDRESS_TYPES, IDENTIFIER_TYPES
from activation.journeys.history.archive import NEVER, Archive
from activation.journeys.history.needs import Needs
from activation.journeys.history.traits import empty_attributes, lay_told
from kith.warehouse import Warehouse, literal

_TABLE = """
    CREATE OR REPLACE TEMP TABLE facts_addresses (
        person UUID, channel TEXT, address TEXT, from_at BIGINT, to_at BIGINT
    )
"""

_NAMED = """
    -- Addresses that are names of the person: on this channel there are no others.
    INSERT INTO facts_addresses
    SELECT person, {channel} AS channel, value AS address, from_at, to_at
    FROM named_addresses
    WHERE attribute = {kind}
"""

_DEVICES = """
    -- Devices and chats, and where the channel takes a number too, that one behind them. Of several devices the one that
    -- was seen last. A device that somebody else told later ends when that somebody first told it.
    INSERT INTO facts_addresses
    WITH held AS (
        SELECT o.person, a.address, a.last_seen_at, epoch_us(a.first_seen_at) AS from_at,
               least(coalesce(epoch_us(a.retired_at), {never}), coalesce(epoch_us(min(a.first_seen_at) OVER (
                   PARTITION BY a.channel, a.address ORDER BY a.last_seen_at
                   ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
               )), {never})) AS to_at
        FROM addresses AS a
        JOIN facts_owners AS o ON o.profile_id = a.profile_id
        WHERE a.channel = {channel} AND epoch_us(a.first_seen_at) < {end}
    ),
    known AS (
        SELECT person, address, 1 AS rank, last_seen_at, from_at, to_at FROM held WHERE to_at > from_at
        UNION ALL
        SELECT person, value AS address, 0 AS rank, NULL AS last_seen_at, from_at, to_at
        FROM named_addresses
        WHERE attribute = {other}
    ),
    points AS (
        SELECT person, from_at AS moment FROM known
        UNION
        SELECT person, to_at AS moment FROM known
    ),
    spans AS (
        SELECT person, moment AS from_at, lead(moment) OVER (PARTITION BY person ORDER BY moment) AS to_at
        FROM points
    )
    SELECT s.person, {channel} AS channel,
           arg_max(k.address, (k.rank, coalesce(k.last_seen_at, TIMESTAMP '1970-01-01'), k.address)) AS address,
           s.from_at, s.to_at
    FROM spans AS s
    JOIN known AS k ON k.person = s.person AND k.from_at <= s.from_at AND k.to_at > s.from_at
    WHERE s.to_at > {begin}
    GROUP BY s.person, s.from_at, s.to_at
"""


def lay_addresses(warehouse: Warehouse, archive: Archive, needs: Needs) -> None:
    """Of the channels that some step may write by."""
    channels = [each for each in sorted(needs.channels) if each in ADDRESS_TYPES]
    kinds = {kind for channel in channels for kind in ADDRESS_TYPES[channel] if kind in IDENTIFIER_TYPES}
    empty_attributes(warehouse, "named_addresses")
    lay_told(warehouse, archive, "named_addresses", kinds)
    run = warehouse.connection.execute
    run(_TABLE)
    for channel in channels:
        named = [kind for kind in ADDRESS_TYPES[channel] if kind in IDENTIFIER_TYPES]
        if len(named) == len(ADDRESS_TYPES[channel]):
            run(_NAMED.format(channel=literal(channel), kind=literal(named[0])))
        elif "addresses" in archive.snapshot.tables():
            bounds = {"begin": archive.begin, "end": archive.end, "never": NEVER}
            other = literal(named[0]) if named else "''"
            run(_DEVICES.format(channel=literal(channel), other=other, **bounds))
    run("DROP TABLE named_addresses")
