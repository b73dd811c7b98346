"""One row per judged message, as the lake keeps it. A `send` is only built where the consent policy gave leave."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from activation.contract import OUTBOX_SCHEMA, Decision
from activation.gates.consent import permissions
from activation.gates.contract import PermissionSet
from kith.times import format_instant

if TYPE_CHECKING:
    import duckdb

_SENDS = """
    -- One row per message that leaves: accepted by every rule, and permitted.
    CREATE OR REPLACE TEMP TABLE sends AS
    SELECT v.seq, p.lifted
    FROM verdicts AS v
    JOIN judgements AS j ON j.seq = v.seq
    JOIN {permitted} AS p ON p.seq = j.seq AND p.place = j.place
    ANTI JOIN crowded_out AS c ON c.seq = v.seq
    WHERE v.reason = ''
"""

_NAMES = """
    -- One row per person who has a message: what delivery knows them by.
    CREATE OR REPLACE TEMP TABLE names AS
    SELECT c.person,
           CAST(to_json(list([i.identifier_type, i.identifier_value]
               ORDER BY i.identifier_type, i.identifier_value)) AS TEXT) AS identifiers
    FROM facts_identities AS i
    JOIN codes AS c ON c.person = i.person
    GROUP BY c.person
"""

_OUTBOX = """
    CREATE OR REPLACE TEMP VIEW outbox AS
    SELECT {columns} FROM (
    SELECT {message} AS message_id, n.journey, n.journey_version, n.step_id, {enrolment} AS enrolment_id,
           {person} AS profile_id, CAST(j.channel AS TEXT) AS channel, n.purpose, n.tags, n.template,
           n.template_version, d.address, coalesce(i.identifiers, '[]') AS identifiers, q.locale,
           coalesce(k.variables, '{{}}') AS variables, make_timestamp(a."at") AS entered_at,
           make_timestamp(a.decided_at) AS decided_at,
           make_timestamp(coalesce(r.release_at, a.decided_at)) AS release_at,
           make_timestamp(a.decided_at + n.expires_after) AS not_after,
           CASE WHEN s.seq IS NULL THEN '{withhold}' ELSE '{send}' END AS decision,
           coalesce(c.reason, v.reason) AS reason, coalesce(c.detail, v.detail) AS reason_detail,
           a.holdout <> '' AND NOT n.is_transactional AS is_holdout, v.is_eligible, n.is_transactional,
           coalesce(s.lifted, '[]') AS lifted,
           TIMESTAMP '{as_of}' AS as_of
    FROM arrivals AS a
    JOIN verdicts AS v ON v.seq = a.seq
    JOIN judgements AS j ON j.seq = a.seq
    JOIN message_nodes AS n ON n.node = a.node
    LEFT JOIN facts_people AS q ON q.person = a.person
    LEFT JOIN facts_addresses AS d
      ON d.person = a.person AND d.channel = CAST(j.channel AS TEXT) AND d.from_at <= a.decided_at
     AND a.decided_at < d.to_at
    LEFT JOIN names AS i ON i.person = a.person
    LEFT JOIN kept_variables AS k ON k.seq = a.seq
    LEFT JOIN sends AS s ON s.seq = a.seq
    LEFT JOIN crowded_out AS c ON c.seq = a.seq
    LEFT JOIN releases AS r ON r.seq = a.seq
    ) AS row_of_outbox
"""

_NO_NAMES = "CREATE OR REPLACE TEMP TABLE names (person UUID, identifiers TEXT)"

#: Names of messages, enrolments and people as everybody else writes them: 32 hex digits.
_HEX = "replace(CAST({} AS TEXT), '-', '')"


def lay_outbox(
    connection: duckdb.DuckDBPyConnection, as_of: datetime, permitted: PermissionSet | None = None
) -> None:
    """Makes the view `outbox` (OUTBOX_SCHEMA) of this tick's messages."""
    leave = permitted or permissions()
    if not isinstance(leave, PermissionSet):
        raise TypeError("outbox rows need the consent policy's permissions")
    connection.execute(_SENDS.format(permitted=leave.relation))
    connection.execute(_NAMES if _is_laid(connection, "facts_identities") else _NO_NAMES)
    select = _OUTBOX.format(
        columns=", ".join(OUTBOX_SCHEMA.names),
        message=_HEX.format("a.message"),
        enrolment=_HEX.format("a.enrolment"),
        person=_HEX.format("a.person"),
        send=Decision.SEND,
        withhold=Decision.WITHHOLD,
        as_of=format_instant(as_of).removesuffix("Z"),
    )
    connection.execute(select)


def _is_laid(connection: duckdb.DuckDBPyConnection, relation: str) -> bool:
    asked = "SELECT 1 FROM information_schema.tables WHERE table_name = ?"
    return connection.execute(asked, [relation]).fetchone() is not None
