"""A receipt is proof: a message in doubt that a vendor tells of was taken."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from activation.channels.contract import Status
from activation.contract import Outcome
from activation.delivery.schema import LEDGER, LEDGER_LOG
from activation.routing.contract import trail_of

#: Statuses that a message can only have once the vendor took it.
PROOFS = frozenset(
    {
        Status.ACCEPTED,
        Status.DELIVERED,
        Status.OPENED,
        Status.CLICKED,
        Status.REPLIED,
        Status.BOUNCED,
        Status.COMPLAINED,
    }
)
_REACHED = frozenset({Status.DELIVERED, Status.OPENED, Status.CLICKED, Status.REPLIED})
_CHUNK = 400
# Unknown for good, or waiting to be sent again though it may have been; what a worker holds is left to its answer.
_IN_DOUBT = sa.and_(
    LEDGER.c.is_uncertain,
    sa.or_(
        sa.and_(LEDGER.c.state == "done", LEDGER.c.outcome == Outcome.UNKNOWN.value),
        LEDGER.c.state == "pending",
    ),
)


def accept_on_evidence(
    connection: Connection,
    channel: str,
    provider: str,
    told: Sequence[tuple[str, Status]],
    now: datetime,
) -> int:
    """End messages in doubt as `accepted` where a receipt (message id, status) proves it: those whose answer was lost,
    and those that wait on another channel though they were delivered on this one. Answers how many."""
    proven = sorted({message_id for message_id, status in told if message_id and status in PROOFS})
    reached = {message_id for message_id, status in told if status in _REACHED}
    count = 0
    for start in range(0, len(proven), _CHUNK):
        ids = proven[start : start + _CHUNK]
        doubtful = sa.or_(_IN_DOUBT, sa.and_(LEDGER.c.state == "pending", LEDGER.c.channel != channel))
        wanted = sa.select(LEDGER).where(LEDGER.c.message_id.in_(ids), doubtful).with_for_update()
        for row in connection.execute(wanted).all():
            if row.channel == channel or (row.message_id in reached and channel in trail_of(row.trail).left):
                _accept(connection, row, channel, provider, now)
                count += 1
    return count


def _accept(connection: Connection, row: sa.Row, channel: str, provider: str, now: datetime) -> None:
    ended = {"state": "done", "outcome": Outcome.ACCEPTED.value, "reason": "", "detail": "receipt"}
    ended |= {"channel": channel, "provider": provider}
    this = LEDGER.c.message_id == row.message_id
    connection.execute(LEDGER.update().where(this).values(**ended, claim_id=None, finished_at=now))
    entry = {
        "message_id": row.message_id,
        "kind": "outcome",
        "outcome": Outcome.ACCEPTED.value,
        "reason": "",
        "detail": "receipt",
        "channel": channel,
        "provider": provider,
        "provider_code": "",
        "provider_message_id": "",
        "attempt": row.attempts,
        "is_uncertain": True,
        "suppress_after": 0,
        "at": now,
    }
    connection.execute(LEDGER_LOG.insert().values(entry))
