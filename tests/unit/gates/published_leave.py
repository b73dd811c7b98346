"""Leave by the tables as they are published: what the plan must come to at the last instant of its facts."""

from __future__ import annotations

import duckdb

from activation.addresses import address_type_sql

_PERMITTED = """
    -- One row per candidate that may be sent, with what the leave rests on. Facts end before the decision, so
    -- a record made later gives no leave: the strict reading, and the send gate asks again anyway.
    WITH recorded AS (
        SELECT c.message_id,
               bool_and(coalesce(k.is_granted AND k.effective_at < c.decided_at, false)) AS is_granted,
               coalesce(min(k.legal_basis), '') AS legal_basis
        FROM candidates AS c
        JOIN consents AS k
          ON k.profile_id = c.profile_id AND k.purpose = c.purpose AND k.channel = c.channel
        GROUP BY c.message_id
    ),
    refused AS (
        SELECT identifier_type, identifier_value, purpose, channel, binds_at
        FROM consent_history
        WHERE is_current AND NOT is_granted
    ),
    -- The address is not the profile's own, and whoever it belongs to refused.
    foreign_refusals AS (
        SELECT c.message_id
        FROM candidates AS c
        JOIN refused AS r
          ON r.identifier_type = {address_type}
         AND r.identifier_value
             = CASE WHEN r.identifier_type = 'email' THEN lower(trim(c.address)) ELSE trim(c.address) END
         AND r.purpose = c.purpose AND r.channel = c.channel
        LEFT JOIN identities AS i
          ON i.identifier_type = r.identifier_type AND i.identifier_value = r.identifier_value
        WHERE i.profile_id IS DISTINCT FROM c.profile_id
    ),
    -- Where a profile may be written to, every refusal among its identifiers was lifted.
    lifted AS (
        SELECT c.message_id,
               list([r.identifier_type, r.identifier_value, strftime(r.binds_at, '%Y-%m-%dT%H:%M:%S.%fZ')]
                   ORDER BY r.identifier_type, r.identifier_value) AS refusals
        FROM candidates AS c
        JOIN identities AS i ON i.profile_id = c.profile_id
        JOIN refused AS r
          ON r.identifier_type = i.identifier_type AND r.identifier_value = i.identifier_value
         AND r.purpose = c.purpose AND r.channel = c.channel
        GROUP BY c.message_id
    )
    SELECT c.message_id, coalesce(r.legal_basis, '{contract}') AS basis,
           CAST(to_json(coalesce(l.refusals, [])) AS VARCHAR) AS lifted
    FROM candidates AS c
    LEFT JOIN recorded AS r ON r.message_id = c.message_id
    LEFT JOIN lifted AS l ON l.message_id = c.message_id
    ANTI JOIN foreign_refusals AS f ON f.message_id = c.message_id
    WHERE coalesce(r.is_granted, c.is_transactional)
"""


def published_leave(connection: duckdb.DuckDBPyConnection) -> str:
    """The name of a table (message_id, basis, lifted) of the rows of `candidates` that may be sent."""
    kind = address_type_sql("c.channel", "c.address")
    permitted = _PERMITTED.format(contract="contract", address_type=kind)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE permissions AS {permitted}")
    return "permissions"
