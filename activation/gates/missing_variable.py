"""Missing variable: an undefined name is found before anything is sent, not in the reader's mail."""

from __future__ import annotations

from activation.contract import Reason
from activation.gates.contract import Gate, PlanView


class MissingVariable(Gate):
    """The planner names the first variable that the template needs and this person lacks."""

    reason = Reason.MISSING_VARIABLE
    plan_order = 50

    def refusals(self, view: PlanView) -> str:
        return """
            SELECT message_id, missing_variable AS detail
            FROM candidates
            WHERE missing_variable IS NOT NULL"""


plugin = MissingVariable()
