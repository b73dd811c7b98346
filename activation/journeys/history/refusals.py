"""`facts_refusals`: what the address itself refused, where it belongs to somebody else or to nobody.

An address may stand in a person's traits and yet be another's. Whoever reads mail there has said no, and that binds
whoever is written to at it: (person, channel, address, purpose), from when to when.
"""

from __future__ import annotations

from activation.addresses import IDENTIFIER_TYPES, address_type_sql
from activation.journeys.history.archive import NEVER, Archive
from activation.journeys.history.needs import Needs
from kith.warehouse import Warehouse, literal

_REFUSALS = """
    -- One row per person, address of theirs that isn't their identifier, and refusal in force there.
    CREATE OR REPLACE TEMP TABLE facts_refusals AS
    WITH written AS (
        SELECT DISTINCT person, channel, address, {kind} AS kind,
               CASE WHEN {kind} = 'email' THEN lower(trim(address)) ELSE trim(address) END AS value
        FROM facts_addresses
    ),
    foreign_addresses AS (
        SELECT w.*
        FROM written AS w
        ANTI JOIN facts_identities AS i
          ON i.person = w.person AND i.identifier_type = w.kind AND i.identifier_value = w.value
        WHERE w.kind IN ({kinds})
    )
    SELECT f.person, f.channel, f.address, h.purpose, epoch_us(h.known_from) AS from_at,
           coalesce(epoch_us(h.known_to), {never}) AS to_at
    FROM foreign_addresses AS f
    JOIN consent_history AS h
      ON h.identifier_type = f.kind AND h.identifier_value = f.value AND h.channel = f.channel
    WHERE NOT h.is_granted AND h.purpose IN ({purposes}) AND epoch_us(h.known_from) < {end}
      AND coalesce(epoch_us(h.known_to), {never}) > greatest({begin}, epoch_us(h.known_from))
"""


def lay_refusals(warehouse: Warehouse, archive: Archive, needs: Needs) -> None:
    """Of the addresses in `facts_addresses`."""
    warehouse.connection.execute(
        _REFUSALS.format(
            kind=address_type_sql("channel", "address"),
            kinds=", ".join(literal(each) for each in IDENTIFIER_TYPES),
            purposes=", ".join(literal(each) for each in sorted(needs.purposes)) or "NULL",
            begin=archive.begin,
            end=archive.end,
            never=NEVER,
        )
    )
