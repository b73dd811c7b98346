"""Suppression: an address that bounced for good or complained is never written to again, on that channel."""

from __future__ import annotations

from datetime import datetime

from activation.contract import Outcome, PlannedMessage, Reason
from activation.gates.contract import Gate, PlanView, Refusal, SendFacts


class Suppression(Gate):
    """Compares whole case-folded addresses: a suppressed x+tag@ does not suppress x@."""

    reason = Reason.SUPPRESSED
    plan_order = 30
    send_order = 20

    def refusals(self, view: PlanView) -> str:
        return """
            SELECT c.message_id, min(s.cause) AS detail
            FROM candidates AS c
            JOIN suppressed AS s ON s.channel = c.channel AND s.address = lower(trim(c.address))
            WHERE s.effective_at < c.decided_at
            GROUP BY c.message_id"""

    def judge(self, message: PlannedMessage, facts: SendFacts, now: datetime) -> Refusal | None:
        if facts.is_suppressed(message.channel, message.address):
            return Refusal(Outcome.SUPPRESSED, Reason.SUPPRESSED, "address suppressed since the plan")
        return None


plugin = Suppression()
