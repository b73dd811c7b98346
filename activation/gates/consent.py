"""Consent: the one policy that gives leave to send.

Consent is kept per identifier. A profile's answer is the strictest over those of its identifiers that hold a
record for the purpose and the channel, but for refusals that the person lifted: by granting again, at a time
when both identifiers were known to be theirs. The warehouse judges that (published `consents`), and the plan
names the refusals that were lifted; the send gate accepts these and no other. Where there is no record, the
answer is the purpose's default, which is no for all but transactional messages.

What the address itself said binds whoever is written to at it, be it nobody's or somebody else's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from activation.addresses import IDENTIFIER_TYPES, address_type
from activation.contract import Identifier, Outcome, PlannedMessage, Reason
from activation.gates.contract import (
    _POLICY_SEAL,
    ConsentRecord,
    Gate,
    Permission,
    PermissionSet,
    Refusal,
    SendFacts,
)

if TYPE_CHECKING:
    import duckdb

#: What a transactional message rests on where nobody ever recorded anything.
CONTRACT = "contract"


def permission_for(message: PlannedMessage, records: Sequence[ConsentRecord]) -> Permission | Refusal:
    """Leave for one message, or the refusal. Records of another purpose or channel say nothing about it."""
    fitting = [
        record
        for record in records
        if record.purpose == message.purpose and record.channel == message.channel
    ]
    withdrawn = [record for record in fitting if not record.is_granted and not _is_lifted(message, record)]
    if withdrawn:
        return Refusal(Outcome.SUPPRESSED, Reason.NO_CONSENT, f"withdrawn by {withdrawn[0].identifier_type}")
    granted = [
        record for record in fitting if record.is_granted and _identifier(record) in message.identifiers
    ]
    if not granted and (fitting or not message.is_transactional):
        return Refusal(Outcome.SUPPRESSED, Reason.NO_CONSENT, "no record")
    basis = granted[0].legal_basis if granted else CONTRACT
    evidence = granted[0].evidence if granted else ""
    return Permission(_POLICY_SEAL, message.message_id, basis, evidence)


def _is_lifted(message: PlannedMessage, record: ConsentRecord) -> bool:
    """Whether this is a refusal that the plan saw lifted: a newer one, or one it didn't see, is not."""
    until = message.lifted.get(_identifier(record))
    return until is not None and record.effective_at is not None and record.effective_at <= until


def _identifier(record: ConsentRecord) -> Identifier:
    return record.identifier_type, record.identifier_value


def address_identifier(message: PlannedMessage) -> list[Identifier]:
    """The address as an identifier; none for a channel whose addresses are none."""
    address = message.address.strip()
    kind = address_type(message.channel, address)
    if not address or kind not in IDENTIFIER_TYPES:
        return []
    return [(kind, address.lower() if kind == "email" else address)]


_PERMIT_ATTEMPTS = """
    -- One row per message and channel that there is leave for, with the refusals that a later grant lifted. What the
    -- address itself refused binds whoever is written to at it.
    INSERT INTO permitted
    SELECT a.seq, a.place, coalesce(k.lifted, '[]') AS lifted
    FROM attempts AS a
    LEFT JOIN facts_consents AS k
      ON k.person = a.person AND k.purpose = a.purpose AND k.channel = a.channel
     AND k.from_at <= a.decided_at AND a.decided_at < k.to_at
    ANTI JOIN facts_refusals AS r
      ON r.person = a.person AND r.channel = a.channel AND r.purpose = a.purpose AND r.address = a.address
     AND r.from_at <= a.decided_at AND a.decided_at < r.to_at
    WHERE CASE WHEN k.person IS NULL THEN a.is_transactional ELSE coalesce(k.is_granted, false) END
"""


def permit_attempts(connection: duckdb.DuckDBPyConnection) -> PermissionSet:
    """Leave for the rows of `attempts`, as of their instants: adds to `permitted(seq, place, lifted)`."""
    connection.execute(_PERMIT_ATTEMPTS)
    return permissions()


def permissions() -> PermissionSet:
    """What `permit_attempts` has permitted so far."""
    return PermissionSet(_POLICY_SEAL, "permitted")


class Consent(Gate):
    """No message without permission at its moment."""

    reason = Reason.NO_CONSENT
    plan_order = 20
    is_pure = True
    send_order = 10

    def withheld(self, connection: duckdb.DuckDBPyConnection) -> str:
        permit_attempts(connection)
        return """
            SELECT a.seq, a.place, '' AS detail
            FROM attempts AS a
            ANTI JOIN permitted AS p ON p.seq = a.seq AND p.place = a.place"""

    def judge(self, message: PlannedMessage, facts: SendFacts, now: datetime) -> Permission | Refusal:
        asked = list(dict.fromkeys([*message.identifiers, *address_identifier(message)]))
        return permission_for(message, facts.consent_records(asked, message.purpose, message.channel))


plugin = Consent()
