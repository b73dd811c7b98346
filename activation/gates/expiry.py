"""Expiry: a message that waited too long is worse than none."""

from __future__ import annotations

from datetime import datetime

from activation.contract import Outcome, PlannedMessage, Reason
from activation.gates.contract import Gate, Refusal, SendFacts
from kith.times import format_instant


class Expiry(Gate):
    """`not_after` is the last instant at which a message may leave."""

    reason = Reason.EXPIRED
    send_order = 30

    def judge(self, message: PlannedMessage, facts: SendFacts, now: datetime) -> Refusal | None:
        if now > message.not_after:
            late_by = f"not after {format_instant(message.not_after)}"
            return Refusal(Outcome.EXPIRED, Reason.EXPIRED, late_by)
        return None


plugin = Expiry()
