"""Suppression: an address that bounced for good or complained is never written to again, on that channel."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from activation.contract import Outcome, PlannedMessage, Reason
from activation.gates.contract import Gate, Refusal, SendFacts

if TYPE_CHECKING:
    import duckdb


class Suppression(Gate):
    """Compares whole case-folded addresses: a suppressed x+tag@ does not suppress x@."""

    reason = Reason.SUPPRESSED
    plan_order = 30
    is_pure = True
    send_order = 20

    def withheld(self, connection: duckdb.DuckDBPyConnection) -> str:
        return """
            SELECT a.seq, a.place, min(s.cause) AS detail
            FROM attempts AS a
            JOIN facts_suppressed AS s ON s.channel = a.channel AND s.address = lower(trim(a.address))
            WHERE s.from_at <= a.decided_at
            GROUP BY a.seq, a.place"""

    def judge(self, message: PlannedMessage, facts: SendFacts, now: datetime) -> Refusal | None:
        if facts.is_suppressed(message.channel, message.address):
            return Refusal(Outcome.SUPPRESSED, Reason.SUPPRESSED, "address suppressed since the plan")
        return None


plugin = Suppression()
