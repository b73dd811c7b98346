"""The ledger: who holds which message, how far it got, where it ended. All writes are fenced by the claim.

    pending ─claim─► claimed ─mark─► sending ─settle─► done, or pending again

The mark is durable before the first byte leaves. A worker that dies leaves its messages `claimed` (certainly
not sent: simply freed) or `sending` (at most one hand-over: freed, and listed as uncertain unless the vendor
honours our key). A worker whose claim was taken from it finds out at its next mark and sends nothing more.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from activation.channels.contract import Capabilities, WhenUnknown
from activation.contract import Outcome, PlannedMessage, Reason
from activation.delivery.consent_events import AddressFault, Learned
from activation.delivery.projections import apply_all
from activation.delivery.schema import CLAIMS, LEDGER, LEDGER_LOG, PAUSES
from activation.delivery.settlement import Claimed, Settled
from kith.errors import KithError
from kith.ids import stable_id
from kith.state import StateDatabase


class ClaimLost(Exception):
    """Another worker took these messages over: stop at once, write nothing."""


@dataclass(frozen=True)
class Claim:
    """One batch in the hands of one worker."""

    claim_id: int
    messages: list[Claimed]


def outcome_event_id(message_id: str, log_seq: int) -> str:
    """The name of the event that tells of one outcome: the same however often it is made."""
    return stable_id("outcome", message_id, str(log_seq))


class Ledger:
    """One worker's view. `provider` names who is asked to send, for the log."""

    def __init__(self, database: StateDatabase) -> None:
        self.database = database

    def claim(self, worker: str, channel: str, limit: int, now: datetime) -> Claim | None:
        """Take up to `limit` due messages of a channel, transactional ones first; None when there are
        none.
        """
        with self.database.begin() as connection:
            due = connection.execute(_due(channel, now, limit)).all()
            if not due:
                return None
            made = connection.execute(CLAIMS.insert().values(worker=worker, claimed_at=now))
            claim_id = _key_of(made)
            ids = [row.message_id for row in due]
            connection.execute(
                LEDGER.update().where(LEDGER.c.message_id.in_(ids)).values(state="claimed", claim_id=claim_id)
            )
        return Claim(claim_id, [_claimed(row) for row in due])

    def mark(
        self, connection: Connection, claim: Claim, batch: Sequence[Claimed], now: datetime
    ) -> list[Claimed]:
        """Write down that these messages are about to leave. Raises ClaimLost. Answers them, counted."""
        marked = [Claimed(item.message, item.attempts + 1, item.is_uncertain) for item in batch]
        for item in marked:
            _write(connection, _MARK, item.message.message_id, claim, {"attempts_now": item.attempts})
        if marked:
            rows = [_log_row("sending", _marked(item), item.message.channel, "", now) for item in marked]
            connection.execute(_LOG, rows)
        return marked

    def settle(
        self,
        connection: Connection,
        claim: Claim,
        item: Claimed,
        settled: Settled,
        provider: str,
        now: datetime,
    ) -> None:
        """Write one result down: the outcome for good, or the time of the next try. Raises ClaimLost."""
        is_done = settled.outcome is not Outcome.PENDING
        values = {
            "state": "done" if is_done else "pending",
            "outcome": settled.outcome.value,
            "reason": settled.reason.value,
            "detail": settled.detail[:64],
            "is_uncertain": settled.is_uncertain,
            "due_at": settled.due_at or now,
            "finished_at": now if is_done else None,
        }
        _write(connection, _SETTLE, settled.message_id, claim, values)
        kind = "outcome" if is_done else ("uncertain" if settled.is_uncertain else "deferred")
        made = connection.execute(_LOG, _log_row(kind, settled, item.message.channel, provider, now))
        if settled.suppress_after and settled.outcome is Outcome.REJECTED:
            apply_all(connection, [_fault(item.message, settled, _key_of(made), now)])

    def recover(
        self, is_alive: Callable[[str], bool], capabilities: Mapping[str, Capabilities], now: datetime
    ) -> int:
        """Free what dead workers held. Answers how many messages became uncertain by it."""
        with self.database.begin() as connection:
            open_claims = connection.execute(
                sa.select(CLAIMS.c.claim_id, CLAIMS.c.worker)
                .where(CLAIMS.c.released_at.is_(None))
                .with_for_update(skip_locked=True)
            ).all()
            dead = [claim for claim in open_claims if not is_alive(claim.worker)]
            return sum(self.free(connection, claim.claim_id, capabilities, now) for claim in dead)

    def free(
        self, connection: Connection, claim_id: int, capabilities: Mapping[str, Capabilities], now: datetime
    ) -> int:
        """Give a batch back: what was not handed over is pending again exactly as it was, what was marked and
        never answered is uncertain. Answers how many of the latter.
        """
        held = sa.select(LEDGER).where(LEDGER.c.claim_id == claim_id, LEDGER.c.state == "sending")
        unsure = [_claimed(row) for row in connection.execute(held)]
        claim, count = Claim(claim_id, unsure), 0
        for item in unsure:
            settled = _after_death(item, capabilities.get(item.message.channel), now)
            self.settle(connection, claim, item, settled, "", now)
            count += settled.is_uncertain and not item.is_uncertain
        connection.execute(
            LEDGER.update()
            .where(LEDGER.c.claim_id == claim_id, LEDGER.c.state == "claimed")
            .values(state="pending", claim_id=None)
        )
        connection.execute(CLAIMS.update().where(CLAIMS.c.claim_id == claim_id).values(released_at=now))
        return count


# The fence: this message, as long as it is in the hands of this claim.
_IS_OURS = (
    LEDGER.c.message_id == sa.bindparam("message_id_is"),
    LEDGER.c.claim_id == sa.bindparam("claim_id_is"),
)
# Built once: building a statement costs several times as much as running it.
_MARK = (
    LEDGER.update()
    .where(*_IS_OURS, LEDGER.c.state == "claimed")
    .values(state="sending", attempts=sa.bindparam("attempts_now"))
)
_SETTLE = (
    LEDGER.update()
    .where(*_IS_OURS, LEDGER.c.state != "done")
    .values(
        {name: sa.bindparam(name) for name in ("state", "outcome", "reason", "detail", "is_uncertain")}
        | {"due_at": sa.bindparam("due_at"), "finished_at": sa.bindparam("finished_at"), "claim_id": None}
    )
)
_LOG = LEDGER_LOG.insert()


def _write(
    connection: Connection, statement: sa.Update, message_id: str, claim: Claim, values: Mapping[str, Any]
) -> None:
    fence = {"message_id_is": message_id, "claim_id_is": claim.claim_id}
    if connection.execute(statement, {**fence, **values}).rowcount != 1:
        raise ClaimLost(message_id)


def _due(channel: str, now: datetime, limit: int) -> sa.Select[Any]:
    paused = sa.select(PAUSES.c.scope)
    return (
        sa.select(LEDGER)
        .where(LEDGER.c.state == "pending", LEDGER.c.channel == channel, LEDGER.c.due_at <= now)
        .where(LEDGER.c.channel.not_in(paused), LEDGER.c.journey.not_in(paused))
        .where(~sa.exists().where(PAUSES.c.scope == "*"))
        .order_by(LEDGER.c.lane, LEDGER.c.due_at, LEDGER.c.message_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )


def _claimed(row: Any) -> Claimed:
    return Claimed(PlannedMessage.from_row(row._asdict()), row.attempts, row.is_uncertain)


def _marked(item: Claimed) -> Settled:
    return Settled(
        item.message.message_id, Outcome.PENDING, Reason.NONE, "", item.attempts, item.is_uncertain
    )


def _after_death(item: Claimed, capabilities: Capabilities | None, now: datetime) -> Settled:
    """A worker died between the mark and the answer: the message may or may not have been taken."""
    honours_key = capabilities is not None and capabilities.honours_key
    is_final = capabilities is not None and not honours_key and capabilities.when_unknown is WhenUnknown.STOP
    return Settled(
        item.message.message_id,
        Outcome.UNKNOWN if is_final else Outcome.PENDING,
        Reason.ANSWER_LOST,
        "worker_died",
        item.attempts,
        not honours_key or item.is_uncertain,
        due_at=now,
    )


def _log_row(kind: str, settled: Settled, channel: str, provider: str, now: datetime) -> dict[str, Any]:
    return {
        "message_id": settled.message_id,
        "kind": kind,
        "outcome": settled.outcome.value,
        "reason": settled.reason.value,
        "detail": settled.detail[:64],
        "channel": channel,
        "provider": provider,
        "provider_code": settled.provider_code[:32],
        "provider_message_id": settled.provider_message_id[:256],
        "attempt": settled.attempts,
        "is_uncertain": settled.is_uncertain,
        "suppress_after": settled.suppress_after if settled.outcome is Outcome.REJECTED else 0,
        "at": now,
    }


def _fault(message: PlannedMessage, settled: Settled, log_seq: int, now: datetime) -> Learned:
    """The same event that the exporter will land, applied at once: the next send to this address is
    refused.
    """
    event_id = outcome_event_id(message.message_id, log_seq)
    fault = AddressFault(
        event_id,
        message.channel,
        message.address,
        message.message_id,
        "hard_bounce",
        settled.suppress_after,
        now,
    )
    return Learned(event_id, fault=fault)


def _key_of(result: Any) -> int:
    key = result.inserted_primary_key
    if key is None:
        raise KithError("the state database gave no number to a new row")
    return int(key[0])
