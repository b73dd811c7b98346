"""What a gate is, and the values that gates answer with. No rule lives here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from activation.contract import Identifier, Outcome, PlannedMessage, Reason

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """What one identifier said last about one purpose and channel."""

    identifier_type: str
    identifier_value: str
    purpose: str
    channel: str
    is_granted: bool
    legal_basis: str = ""
    evidence: str = ""
    effective_at: datetime | None = None


_POLICY_SEAL = object()  # held by activation.gates.consent alone; a test reads the imports


class Permission:
    """Leave to send one message. Only the consent policy makes one; a channel takes nothing without it."""

    __slots__ = ("basis", "evidence", "message_id")

    def __init__(self, seal: object, message_id: str, basis: str, evidence: str) -> None:
        if seal is not _POLICY_SEAL:
            raise TypeError("only the consent policy makes a Permission (activation.gates.consent)")
        self.message_id, self.basis, self.evidence = message_id, basis, evidence

    def __repr__(self) -> str:
        return f"Permission({self.message_id}, {self.basis})"


class PermissionSet:
    """Leave to send for many messages: the name of a table (seq, place, lifted) that the policy filled.

    `lifted` is the JSON of the outbox: refusals that the leave rests on being lifted by a later grant.
    """

    __slots__ = ("relation",)

    def __init__(self, seal: object, relation: str) -> None:
        if seal is not _POLICY_SEAL:
            raise TypeError("only the consent policy makes a PermissionSet (activation.gates.consent)")
        self.relation = relation


@dataclass(frozen=True, slots=True)
class Refusal:
    """The send gate's no: the outcome to write down, the reason, and what a person would want to know."""

    outcome: Outcome
    reason: Reason
    detail: str = ""


class SendFacts(Protocol):
    """What the send gate needs to know, as of its moment. Delivery fills it for a batch at a time."""

    def consent_records(
        self, identifiers: Sequence[Identifier], purpose: str, channel: str
    ) -> Sequence[ConsentRecord]:
        """The records that these identifiers hold for this purpose and channel, one each at most."""
        ...

    def is_suppressed(self, channel: str, address: str) -> bool:
        """Whether this address may not be written to (hard bounce, complaint), whatever its case."""
        ...


class Gate:
    """One rule. A file holds one as `plugin`; an order places it in the plan gate, the send gate, or both."""

    reason: Reason
    plan_order: int | None = None
    send_order: int | None = None
    #: Whether the plan's part looks at one message, one channel and its instant alone.
    is_pure: bool = False

    def withheld(self, connection: duckdb.DuckDBPyConnection) -> str:
        """SQL that yields (seq, place, detail) for each row of `attempts` that this rule withholds.

        attempts(seq, place, channel, person UUID, purpose, is_transactional, address, decided_at BIGINT,
            missing_variable): one row per message and channel, judged at `decided_at` by the facts_* in force then.
        """
        raise NotImplementedError(f"{type(self).__name__} is no pure gate")

    def judge(self, message: PlannedMessage, facts: SendFacts, now: datetime) -> Refusal | Permission | None:
        """The rule's answer for one message about to leave; None where it has nothing against it."""
        raise NotImplementedError(f"{type(self).__name__} has no part in the send gate")


def normal_address(address: Any) -> str:
    """How addresses are compared: trimmed and case-folded, nothing else (a `+tag` is another address)."""
    return str(address or "").strip().casefold()
