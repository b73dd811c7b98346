"""Holdout: people who are left out on purpose, so that what the others did can be compared with something."""

from __future__ import annotations

from activation.contract import Reason
from activation.gates.contract import Gate, PlanView


class Holdout(Gate):
    """Fixed at entry and stored on the enrolment; the gate only reads it."""

    reason = Reason.HOLDOUT
    plan_order = 10

    def refusals(self, view: PlanView) -> str:
        return "SELECT message_id, '' AS detail FROM candidates WHERE is_holdout"


plugin = Holdout()
