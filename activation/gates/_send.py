"""The send gate: asked at the rim's clock just before a message leaves."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from activation.contract import PlannedMessage
from activation.gates.contract import Gate, Permission, Refusal, SendFacts
from kith.registry import plugins


@cache
def send_gates() -> tuple[Gate, ...]:
    """The rules with a part in the send gate, in their order."""
    found = [gate for gate in plugins("activation.gates", Gate).values() if gate.send_order is not None]
    return tuple(sorted(found, key=lambda gate: gate.send_order or 0))


def judge_send(message: PlannedMessage, facts: SendFacts, now: datetime) -> Permission | Refusal:
    """The first rule that says no, or the permission that the consent rule gave.

    Without a consent rule there is no permission, so nothing can leave: that is an error, not a yes.
    """
    permission: Permission | None = None
    for gate in send_gates():
        verdict = gate.judge(message, facts, now)
        if isinstance(verdict, Refusal):
            return verdict
        permission = verdict or permission
    if permission is None:
        raise RuntimeError("no gate gave a permission: the consent rule is missing")
    return permission
