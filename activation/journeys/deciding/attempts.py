"""Messages by the channels that may carry them, in the order in which they are tried, with what the rules look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from activation.journeys.variables import freeze

if TYPE_CHECKING:
    import duckdb

    from activation.rendering.templates import Template

_DRAFTS = """
    -- One row per message of the batch whose template has variables.
    CREATE OR REPLACE TEMP VIEW drafts AS
    SELECT a.seq AS message_id, p.profile_id, n.template, p.locale
    FROM arrivals AS a
    JOIN message_nodes AS n ON n.node = a.node
    LEFT JOIN facts_people AS p ON p.person = a.person
    WHERE a.seq >= {start} AND a.seq < {end} AND list_contains({filled}, n.template)
"""

_ATTEMPTS = """
    -- One row per message of the batch and channel. Where affinity chooses, who likes which best goes first; channels
    -- of which nobody knows it follow as they are written.
    CREATE OR REPLACE TEMP TABLE attempts AS
    SELECT a.seq, {place} AS place, c.channel, n.channel_count = 1 AS is_only, a.person, a.decided_at, n.purpose,
           n.is_transactional, d.address, {missing} AS missing_variable
    FROM arrivals AS a
    JOIN message_nodes AS n ON n.node = a.node
    JOIN message_channels AS c ON c.node = a.node
    LEFT JOIN facts_addresses AS d
      ON d.person = a.person AND d.channel = c.channel AND d.from_at <= a.decided_at AND a.decided_at < d.to_at
    {joins}
    WHERE a.seq >= {start} AND a.seq < {end}
"""

_BY_AFFINITY = """CASE WHEN c.by_affinity
        THEN row_number() OVER (PARTITION BY a.seq ORDER BY f.rank NULLS LAST, c.place) - 1 ELSE c.place END"""


def lay_attempts(
    connection: duckdb.DuckDBPyConnection,
    start: int,
    end: int,
    templates: Mapping[str, Template],
    attributes: Mapping[str, str] | None,
) -> None:
    """Makes `attempts` of the messages start … end - 1, and keeps their variables."""
    joins, missing, place = "", "CAST(NULL AS TEXT)", "c.place"
    filled = sorted(name for name, template in templates.items() if _has_variables(template))
    if filled:
        connection.execute(_DRAFTS.format(start=start, end=end, filled=filled))
        freeze(connection, templates, attributes)
        connection.execute("INSERT INTO kept_variables SELECT message_id, variables FROM frozen")
        joins, missing = "LEFT JOIN frozen AS v ON v.message_id = a.seq", "v.missing_variable"
    if connection.execute("SELECT 1 FROM message_channels WHERE by_affinity").fetchone():
        joins += " LEFT JOIN facts_affinity AS f ON f.person = a.person AND f.channel = c.channel AND c.by_affinity"
        place = _BY_AFFINITY
    span = {"start": start, "end": end}
    connection.execute(
        _ATTEMPTS.format(**span, joins=joins, missing=missing, place=f"CAST({place} AS UTINYINT)")
    )


def _has_variables(template: Template) -> bool:
    return any(template.variant(locale).needs.names for locale in template.locales)
