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

from activation.addresses import ADDRESS_TYPES
from activation.contract import Identifier, Outcome, PlannedMessage, Reason
from activation.gates.contract import (
    _POLICY_SEAL,
    ConsentRecord,
    Gate,
    Permission,
    PermissionSet,
    PlanView,
    Refusal,
    SendFacts,
)

#: What a transactional message rests on where nobody ever recorded anything.
CONTRACT = "contract"

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
          ON r.identifier_type = CASE c.channel {types} END
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
    kind = ADDRESS_TYPES.get(message.channel)
    if not kind or not message.address:
        return []
    address = message.address.strip()
    return [(kind, address.lower() if kind == "email" else address)]


def permit(view: PlanView) -> PermissionSet:
    """Leave for all candidates of a plan at once: fills the table `permissions` with those that have it."""
    types = " ".join(f"WHEN '{channel}' THEN '{kind}'" for channel, kind in ADDRESS_TYPES.items())
    permitted = _PERMITTED.format(contract=CONTRACT, types=types)
    view.connection.execute(f"CREATE OR REPLACE TEMP TABLE permissions AS {permitted}")
    return PermissionSet(_POLICY_SEAL, "permissions")


class Consent(Gate):
    """No message without permission at its moment."""

    reason = Reason.NO_CONSENT
    plan_order = 20
    send_order = 10

    def refusals(self, view: PlanView) -> str:
        permissions = permit(view).relation
        return f"""
            SELECT c.message_id, '' AS detail
            FROM candidates AS c
            ANTI JOIN {permissions} AS p ON p.message_id = c.message_id"""

    def judge(self, message: PlannedMessage, facts: SendFacts, now: datetime) -> Permission | Refusal:
        asked = list(dict.fromkeys([*message.identifiers, *address_identifier(message)]))
        return permission_for(message, facts.consent_records(asked, message.purpose, message.channel))


plugin = Consent()
