"""Traits as they were told, and the identifiers that stand in for them: rows of the shape of `facts_attributes`."""

from __future__ import annotations

from collections.abc import Collection

from activation.journeys.history.archive import NEVER, Archive
from kith.warehouse import Warehouse, literal

#: Columns that are names of the person, where no trait tells them.
_IDENTIFIERS = ("email", "phone", "user_id")

_TABLE = """
    CREATE OR REPLACE TEMP TABLE {table} (
        person UUID, attribute TEXT, value TEXT, from_at BIGINT, to_at BIGINT
    )
"""

_TOLD_NOW = """
        SELECT o.person, t.trait AS attribute, t.trait_value AS value, t.priority,
               epoch_us(t.valid_from) AS from_at, coalesce(epoch_us(t.valid_to), {never}) AS to_at
        FROM profile_traits AS t
        JOIN facts_owners AS o ON o.profile_id = t.profile_id
        WHERE t.trait IN ({names}) AND epoch_us(t.valid_from) < {end}"""

_TOLD_THEN = """
        -- Whose word it was then: of whom the event was that told it. Two people's words are a chain each again.
        SELECT *, coalesce(lead(from_at) OVER (
            PARTITION BY person, attribute, priority ORDER BY from_at, event_id
        ), {never}) AS to_at
        FROM (
            SELECT coalesce(u.person, d.person) AS person, t.trait AS attribute, t.trait_value AS value,
                   t.priority, epoch_us(t.valid_from) AS from_at, t.event_id
            FROM profile_traits AS t
            JOIN events AS e ON e.event_id = t.event_id
            LEFT JOIN facts_identities AS u
              ON u.identifier_type = 'user_id' AND u.identifier_value = e.user_id
            LEFT JOIN facts_identities AS d
              ON d.identifier_type = 'anonymous_id' AND d.identifier_value = e.anonymous_id
            WHERE t.trait IN ({names}) AND epoch_us(t.valid_from) < {end}
        ) AS spoken
        WHERE person IS NOT NULL"""

_TRAITS = """
    -- One row per person, trait and stretch of one value. A word of a source that is believed less ends with the first
    -- of one that is believed more.
    INSERT INTO {table}
    WITH told AS ({told}),
    first_words AS (
        SELECT person, attribute, priority, min(from_at) AS first_at
        FROM told
        GROUP BY person, attribute, priority
    ),
    ends AS (
        SELECT *, min(first_at) OVER (
            PARTITION BY person, attribute ORDER BY priority ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS outranked_at
        FROM first_words
    ),
    clipped AS (
        SELECT t.person, t.attribute, t.value, t.from_at, least(t.to_at, coalesce(e.outranked_at, {never})) AS to_at
        FROM told AS t
        JOIN ends AS e ON e.person = t.person AND e.attribute = t.attribute AND e.priority = t.priority
    )
    SELECT person, attribute, value, from_at, to_at
    FROM clipped
    WHERE to_at > from_at AND to_at > {begin}
"""

_NAMED = """
    -- An identifier stands in from when it was known to be the person's until a trait tells another; of several the
    -- least.
    INSERT INTO {table}
    WITH known AS (
        SELECT person, identifier_type AS attribute, identifier_value AS value,
               epoch_us(joined_at) - {lateness} AS from_at
        FROM facts_identities
        WHERE identifier_type IN ({names})
    ),
    lesser AS (
        SELECT *, coalesce(min(from_at) OVER (
            PARTITION BY person, attribute ORDER BY value ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), {never}) AS lesser_at
        FROM known
    ),
    told AS (
        SELECT person, attribute, min(from_at) AS told_at FROM {table} GROUP BY person, attribute
    )
    SELECT l.person, l.attribute, l.value, l.from_at, least(l.lesser_at, coalesce(t.told_at, {never})) AS to_at
    FROM lesser AS l
    LEFT JOIN told AS t ON t.person = l.person AND t.attribute = l.attribute
    WHERE least(l.lesser_at, coalesce(t.told_at, {never})) > greatest(l.from_at, {begin}) AND l.from_at < {end}
"""


def lay_told(warehouse: Warehouse, archive: Archive, table: str, names: Collection[str]) -> None:
    """Append the traits of these names to a table of the shape of `facts_attributes`, and the identifiers that stand in
    for them. The table must exist."""
    bounds = {"begin": archive.begin, "end": archive.end, "never": NEVER, "lateness": archive.lateness}
    if names:
        told = (_TOLD_THEN if archive.is_past else _TOLD_NOW).format(names=texts(names), **bounds)
        warehouse.connection.execute(_TRAITS.format(table=table, told=told, **bounds))
    if stand_ins := set(names) & set(_IDENTIFIERS):
        warehouse.connection.execute(_NAMED.format(table=table, names=texts(stand_ins), **bounds))


def empty_attributes(warehouse: Warehouse, table: str) -> None:
    """An empty table of the shape of `facts_attributes`."""
    warehouse.connection.execute(_TABLE.format(table=table))


def texts(names: Collection[str]) -> str:
    return ", ".join(literal(each) for each in sorted(names))
