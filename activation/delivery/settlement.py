"""What an answer means for the ledger: an ending, or another try later. Pure; the tables are the policy.

- accepted → `accepted`. Refused for good → `rejected` (the recipient, a policy) or `failed` (ours).
- Deferred → tried again: twice within the run, then after 5 min … 6 h; given up after eight attempts
  (`failed`).
- Answer lost → by the channel's capabilities: a vendor that honours our key, or `resend` (SMTP), gets it
  again under the same id; `stop` ends it as `unknown`. Without a key it is listed as uncertain from then on.
- An uncertain message may have been sent already, so nothing but `accepted` or `unknown` can end it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from activation.channels.contract import Answer, Capabilities, Status, WhenUnknown
from activation.contract import Outcome, PlannedMessage, Reason
from kith.ids import share

MAX_ATTEMPTS = 8
QUICK_TRIES = 2
_BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 60, 180, 360))
_OUTCOMES = {
    Status.ACCEPTED: Outcome.ACCEPTED,
    Status.REJECTED: Outcome.REJECTED,
    Status.FAILED: Outcome.FAILED,
}


@dataclass(frozen=True)
class Claimed:
    """A message in a worker's hands. `attempts` counts marks, this hand-over's included once it is marked."""

    message: PlannedMessage
    attempts: int
    is_uncertain: bool


@dataclass(frozen=True)
class Settled:
    """What the ledger writes down: an outcome, or `pending` with the time of the next try."""

    message_id: str
    outcome: Outcome
    reason: Reason
    detail: str
    attempts: int
    is_uncertain: bool
    due_at: datetime | None = None
    provider_code: str = ""
    provider_message_id: str = ""
    suppress_after: int = 0


def settle(claimed: Claimed, answer: Answer, capabilities: Capabilities, now: datetime) -> Settled:
    """Judge one answer; `claimed.attempts` counts the attempt that it answers."""
    is_lost = answer.status is Status.UNKNOWN
    is_uncertain = claimed.is_uncertain or (is_lost and not capabilities.honours_key)
    if is_lost and not capabilities.honours_key and capabilities.when_unknown is WhenUnknown.STOP:
        return _end(claimed, answer, Outcome.UNKNOWN, Reason.ANSWER_LOST, True)
    if answer.is_halt or is_lost or answer.status is Status.DEFERRED:
        return _later(claimed, answer, is_uncertain, now)
    return _end(claimed, answer, _OUTCOMES[answer.status], answer.reason, is_uncertain)


def refuse(claimed: Claimed, outcome: Outcome, reason: Reason, detail: str) -> Settled:
    """End a message that is not handed over (send gate, rendering, no such channel)."""
    answer = Answer(claimed.message.message_id, Status.FAILED, reason, detail)
    return _end(claimed, answer, outcome, reason, claimed.is_uncertain)


def next_try(message_id: str, attempts: int, now: datetime) -> datetime:
    """When to try again after `attempts` tries: at once for the first few, then backing off, ±20 % by the
    id.
    """
    if attempts <= QUICK_TRIES:
        return now
    wait = _BACKOFF[min(attempts - QUICK_TRIES, len(_BACKOFF)) - 1]
    return now + wait * (0.8 + 0.4 * share(message_id, f"retry {attempts}"))


def _later(claimed: Claimed, answer: Answer, is_uncertain: bool, now: datetime) -> Settled:
    if claimed.attempts >= MAX_ATTEMPTS:
        return _end(claimed, answer, Outcome.FAILED, Reason.ATTEMPTS_EXHAUSTED, is_uncertain)
    return Settled(
        answer.message_id,
        Outcome.PENDING,
        answer.reason,
        answer.detail,
        claimed.attempts,
        is_uncertain,
        due_at=next_try(answer.message_id, claimed.attempts, now),
        provider_code=answer.provider_code,
    )


def _end(claimed: Claimed, answer: Answer, outcome: Outcome, reason: Reason, is_uncertain: bool) -> Settled:
    detail = answer.detail
    if is_uncertain and outcome is not Outcome.ACCEPTED:
        outcome, reason, detail = Outcome.UNKNOWN, Reason.ANSWER_LOST, reason.value or answer.detail
    return Settled(
        answer.message_id,
        outcome,
        reason,
        detail,
        claimed.attempts,
        is_uncertain,
        provider_code=answer.provider_code,
        provider_message_id=answer.provider_message_id,
        suppress_after=answer.suppress_after,
    )
