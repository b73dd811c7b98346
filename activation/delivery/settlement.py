"""What an answer means for the ledger: an ending, or another try later. Pure; the tables are the policy.

- accepted → `accepted`. Refused for good → `rejected` (the recipient, a policy) or `failed` (ours).
- Deferred → tried again: twice within the run, then after 5 min … 6 h; given up after eight attempts
  (`failed`).
- Answer lost → by the channel's capabilities: a vendor that honours our key, or `resend` (SMTP), gets it
  again under the same id; `stop` ends it as `unknown` (where the vendor can't be asked what became of it). Without a
  key it is listed as uncertain from then on.
- An uncertain message may have been sent already, so nothing but `accepted` or `unknown` can end it. The same holds
  for one that a vendor with a key may hold, until that vendor's own certain word about it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from activation.channels.contract import Answer, Capabilities, Status, WhenUnknown
from activation.contract import Outcome, PlannedMessage, Reason
from activation.routing.contract import NOWHERE_YET, Trail
from kith.ids import share

MAX_ATTEMPTS = 8
QUICK_TRIES = 2
_BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 60, 180, 360))
_OUTCOMES = {
    Status.ACCEPTED: Outcome.ACCEPTED,
    Status.REJECTED: Outcome.REJECTED,
    Status.UNREACHABLE: Outcome.REJECTED,
    Status.FAILED: Outcome.FAILED,
}


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message in a worker's hands. `attempts` counts marks, this hand-over's included once it is marked.

    `provider` is the vendor it was handed to last, `trail` where it has been, `content_hash` what was handed over.
    """

    message: PlannedMessage
    attempts: int
    is_uncertain: bool
    trail: Trail = NOWHERE_YET
    provider: str = ""
    content_hash: str = ""

    @property
    def may_be_held(self) -> bool:
        """Whether some vendor may have taken it: only that one can say more."""
        return self.is_uncertain or bool(self.trail.pinned)


@dataclass(frozen=True, slots=True)
class Settled:
    """What the ledger writes down: an outcome, or `pending` with the time of the next try.

    `channel` and `address` are given where it goes on by another channel.
    """

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
    trail: Trail = NOWHERE_YET
    channel: str = ""
    address: str = ""


def settle(
    claimed: Claimed, answer: Answer, capabilities: Capabilities, now: datetime, looks_up: bool = False
) -> Settled:
    """Judge one answer; `claimed.attempts` counts the attempt that it answers, `claimed.trail` knows of it.

    `looks_up`: its vendor can be asked later what became of it, so nothing need be given up now.
    """
    is_lost = answer.status is Status.UNKNOWN
    is_uncertain = claimed.is_uncertain or (is_lost and not capabilities.honours_key)
    if is_lost and not looks_up and stops(capabilities):
        return _end(claimed, answer, Outcome.UNKNOWN, Reason.ANSWER_LOST, True)
    if answer.is_halt or is_lost or answer.status is Status.DEFERRED:
        return _later(claimed, answer, is_uncertain, now)
    return _end(claimed, answer, _OUTCOMES[answer.status], answer.reason, is_uncertain)


def stops(capabilities: Capabilities) -> bool:
    """Whether a message whose answer was lost may not be handed over again."""
    return not capabilities.honours_key and capabilities.when_unknown is WhenUnknown.STOP


def refuse(claimed: Claimed, outcome: Outcome, reason: Reason, detail: str) -> Settled:
    """End a message that is not handed over (send gate, rendering, no such channel)."""
    answer = Answer(claimed.message.message_id, Status.FAILED, reason, detail)
    return _end(claimed, answer, outcome, reason, claimed.may_be_held)


def give_up(claimed: Claimed) -> Settled:
    """End as `unknown` a message that may have been sent and may not be sent again."""
    answer = Answer(claimed.message.message_id, Status.UNKNOWN, Reason.ANSWER_LOST, "not_sent_again")
    return _end(claimed, answer, Outcome.UNKNOWN, Reason.ANSWER_LOST, True)


def put_off(claimed: Claimed, reason: Reason, detail: str, due_at: datetime) -> Settled:
    """Leave it for later without a try: there is no room at its vendors now."""
    answer = Answer(claimed.message.message_id, Status.DEFERRED, reason, detail)
    return replace(_pending(claimed, answer, claimed.is_uncertain), due_at=due_at)


def ask_next(claimed: Claimed, answer: Answer, now: datetime) -> Settled:
    """Certainly not taken: another vendor is asked at once."""
    return replace(_pending(claimed, answer, claimed.is_uncertain), due_at=now)


def after_death(claimed: Claimed, honours_key: bool, now: datetime) -> Settled:
    """A worker died between the mark and the answer: the vendor may or may not have taken the message."""
    answer = Answer(claimed.message.message_id, Status.UNKNOWN, Reason.ANSWER_LOST, "worker_died")
    held = replace(claimed, trail=replace(claimed.trail, pinned=claimed.provider))
    return replace(_pending(held, answer, not honours_key or claimed.is_uncertain), due_at=now)


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
        in_doubt = is_uncertain or bool(claimed.trail.pinned)
        return _end(claimed, answer, Outcome.FAILED, Reason.ATTEMPTS_EXHAUSTED, in_doubt)
    due_at = next_try(answer.message_id, claimed.attempts, now)
    if answer.retry_after:
        due_at = max(due_at, now + timedelta(seconds=min(answer.retry_after, _LONGEST_WAIT)))
    return replace(_pending(claimed, answer, is_uncertain), due_at=due_at)


_LONGEST_WAIT = 86_400.0  # whatever a vendor asks for


def _pending(claimed: Claimed, answer: Answer, is_uncertain: bool) -> Settled:
    return Settled(
        claimed.message.message_id,
        Outcome.PENDING,
        answer.reason,
        answer.detail,
        claimed.attempts,
        is_uncertain,
        provider_code=answer.provider_code,
        trail=claimed.trail,
    )


def _end(claimed: Claimed, answer: Answer, outcome: Outcome, reason: Reason, in_doubt: bool) -> Settled:
    detail = answer.detail
    if in_doubt and outcome is not Outcome.ACCEPTED:
        outcome, reason, detail = Outcome.UNKNOWN, Reason.ANSWER_LOST, reason.value or answer.detail
    if answer.status is Status.UNREACHABLE and reason is Reason.NONE:
        reason = Reason.UNREACHABLE
    return Settled(
        answer.message_id,
        outcome,
        reason,
        detail,
        claimed.attempts,
        claimed.is_uncertain or (in_doubt and outcome is Outcome.UNKNOWN),
        provider_code=answer.provider_code,
        provider_message_id=answer.provider_message_id,
        suppress_after=answer.suppress_after,
        trail=claimed.trail,
    )
