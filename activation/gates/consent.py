"""Consent: the one policy that gives leave to send.

Consent is kept per identifier. The answer is the strictest over those records that exist for the purpose and
the channel; where there is none, it is the purpose's default, which is no for all but transactional messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from activation.contract import Outcome, PlannedMessage, Reason
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
    )
    SELECT c.message_id, coalesce(r.legal_basis, '{contract}') AS basis
    FROM candidates AS c
    LEFT JOIN recorded AS r ON r.message_id = c.message_id
    WHERE coalesce(r.is_granted, c.is_transactional)
"""


def permission_for(message: PlannedMessage, records: Sequence[ConsentRecord]) -> Permission | Refusal:
    """Leave for one message, or the refusal. Records of another purpose or channel say nothing about it."""
    fitting = [
        record
        for record in records
        if record.purpose == message.purpose and record.channel == message.channel
    ]
    withdrawn = [record for record in fitting if not record.is_granted]
    if withdrawn:
        return Refusal(Outcome.SUPPRESSED, Reason.NO_CONSENT, f"withdrawn by {withdrawn[0].identifier_type}")
    if not fitting and not message.is_transactional:
        return Refusal(Outcome.SUPPRESSED, Reason.NO_CONSENT, "no record")
    basis = fitting[0].legal_basis if fitting else CONTRACT
    evidence = fitting[0].evidence if fitting else ""
    return Permission(_POLICY_SEAL, message.message_id, basis, evidence)


def permit(view: PlanView) -> PermissionSet:
    """Leave for all candidates of a plan at once: fills the table `permissions` with those that have it."""
    permitted = _PERMITTED.format(contract=CONTRACT)
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
        records = facts.consent_records(message.identifiers, message.purpose, message.channel)
        return permission_for(message, records)


plugin = Consent()
