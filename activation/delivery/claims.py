"""Taking due messages into a worker's hands: one claim row a batch, transactional messages first."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection

from activation.contract import PlannedMessage
from activation.delivery.bulk import among, listed
from activation.delivery.schema import CLAIMS, LEDGER, PAUSES
from activation.delivery.settlement import Claimed
from activation.routing.contract import trail_of
from kith.errors import KithError

LANES = TRANSACTIONAL, BULK = 0, 1
# Written out, not bound: only then does SQLite know that the index of open messages answers it.
IS_PENDING = LEDGER.c.state == sa.literal_column("'pending'")


@dataclass(frozen=True)
class Claim:
    """One batch in the hands of one worker."""

    claim_id: int
    messages: list[Claimed]


def take(connection: Connection, worker: str, channel: str, limit: int, now: datetime) -> Claim | None:
    """Up to `limit` due messages of a channel; None where there are none. A transactional message shares no batch
    with others, so none of them is on its way before it.
    """
    asked = {"channel": channel, "now": now, "limit": limit}
    due = next(
        (rows for lane in LANES if (rows := connection.execute(_DUE, {**asked, "lane": lane}).all())), None
    )
    if not due:
        return None
    made = connection.execute(CLAIMS.insert().values(worker=worker, claimed_at=now))
    claim_id = key_of(made)
    ids = [row.message_id for row in due]
    dialect = connection.dialect.name
    connection.execute(_taking(dialect), {"among": listed(dialect, ids), "taker": claim_id})
    return Claim(claim_id, [_read(row) for row in due])


@cache
def _taking(dialect: str) -> sa.Update:
    taken = LEDGER.update().where(among(dialect, LEDGER.c.message_id))
    return taken.values(state="claimed", claim_id=sa.bindparam("taker"))


def has_due(connection: Connection, channel: str, lane: int, now: datetime) -> bool:
    """Whether a channel has anything due in a lane that nobody paused."""
    asked = {"channel": channel, "lane": lane, "now": now}
    return connection.execute(_HAS_DUE, asked).first() is not None


def due_channels(connection: Connection) -> list[str]:
    """Every channel with an open message, whenever it is due."""
    return sorted(connection.scalars(sa.select(LEDGER.c.channel).where(IS_PENDING).distinct()))


def claimed(row: Mapping[str, Any]) -> Claimed:
    """A row of the ledger as a worker handles it."""
    message = PlannedMessage.from_row(row)
    return Claimed(message, row["attempts"], row["is_uncertain"], trail_of(row["trail"]), row["provider"])


def _read(row: Any) -> Claimed:
    """As `claimed`, for a row of `_DUE`, whose columns stand in the order of a message's fields."""
    message_id, journey, version, step_id, enrolment_id, profile_id, channel, purpose = row[:8]
    template, template_version, address, identifiers, locale, variables, decided_at, not_after = row[8:16]
    is_transactional, lifted, attempts, is_uncertain, trail, provider = row[16:]
    if lifted != "[]":
        return claimed(row._asdict())
    message = PlannedMessage(
        message_id,
        journey,
        version,
        step_id,
        enrolment_id,
        profile_id,
        channel,
        purpose,
        template,
        template_version,
        address,
        tuple((kind, value) for kind, value in orjson.loads(identifiers)),
        locale,
        orjson.loads(variables),
        decided_at,
        not_after,
        is_transactional,
    )
    return Claimed(message, attempts, is_uncertain, trail_of(trail), provider)


def key_of(result: Any) -> int:
    """The number that the database gave to one new row."""
    key = result.inserted_primary_key
    if key is None:
        raise KithError("the state database gave no number to a new row")
    return int(key[0])


def _open(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    paused = sa.select(PAUSES.c.scope)
    return sa.and_(
        IS_PENDING,
        LEDGER.c.channel == sa.bindparam("channel"),
        LEDGER.c.due_at <= sa.bindparam("now"),
        LEDGER.c.channel.not_in(paused),
        LEDGER.c.journey.not_in(paused),
        ~sa.exists().where(PAUSES.c.scope == "*"),
        *conditions,
    )


# Built once: building a statement costs several times as much as running it. No further order: sorting the ties of a
# campaign (all due at once) would cost each claim a pass over all of them.
_PLANNED = [each.name for each in fields(PlannedMessage)]
_READ = [LEDGER.c[name] for name in (*_PLANNED, "attempts", "is_uncertain", "trail", "provider")]
_DUE = (
    sa.select(*_READ)
    .where(_open(LEDGER.c.lane == sa.bindparam("lane")))
    .order_by(LEDGER.c.due_at)
    .limit(sa.bindparam("limit"))
    .with_for_update(skip_locked=True)
)
_HAS_DUE = sa.select(sa.literal(1)).where(_open(LEDGER.c.lane == sa.bindparam("lane"))).limit(1)
