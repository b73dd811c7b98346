"""The ledger: who holds which message, how far it got, where it ended. All writes are fenced by the claim.

    pending ─claim─► claimed ─mark─► sending ─settle─► done, or pending again

The mark is durable before the first byte leaves. A worker that dies leaves its messages `claimed` (certainly
not sent: simply freed) or `sending` (at most one hand-over: freed, and listed as uncertain unless the vendor
honours our key). A worker whose claim was taken from it finds out at its next mark and sends nothing more.
Each step takes a batch: messages that share what is written share a statement.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from activation.channels.contract import Capabilities
from activation.contract import Outcome
from activation.delivery import claims
from activation.delivery.bulk import among, insert_rows, listed, stored
from activation.delivery.claims import Claim, claimed
from activation.delivery.consent_events import AddressFault, Learned
from activation.delivery.projections import apply_all
from activation.delivery.schema import CLAIMS, LEDGER, LEDGER_LOG
from activation.delivery.settlement import Claimed, Settled, after_death
from kith.ids import stable_id
from kith.state import StateDatabase

Result = tuple[Claimed, Settled]
Known = Mapping[tuple[str, str], Capabilities]
"""What each vendor can do, by channel and provider."""


class ClaimLost(Exception):
    """Another worker took these messages over: stop at once, write nothing."""


def outcome_event_id(message_id: str, log_seq: int) -> str:
    """The name of the event that tells of one outcome: the same however often it is made."""
    return stable_id("outcome", message_id, str(log_seq))


class Ledger:
    """One worker's view."""

    def __init__(self, database: StateDatabase) -> None:
        self.database = database

    def claim(self, worker: str, channel: str, limit: int, now: datetime) -> Claim | None:
        """Take up to `limit` due messages of a channel, transactional ones first; None when there are
        none.
        """
        with self.database.begin() as connection:
            return claims.take(connection, worker, channel, limit, now)

    def mark(
        self,
        connection: Connection,
        claim: Claim,
        batch: Sequence[Claimed],
        provider: str,
        hashes: Sequence[str] = (),
    ) -> list[Claimed]:
        """Write down that these messages are about to leave by one vendor. Raises ClaimLost. Answers them, counted, each
        with the hash of its content (`hashes`, in the same order)."""
        ids = [item.message.message_id for item in batch]
        _write(connection, claim, ids, _marking(connection.dialect.name), {"new_provider": provider})
        return [
            Claimed(item.message, item.attempts + 1, item.is_uncertain, item.trail, provider, content_hash)
            for item, content_hash in zip(batch, hashes or [""] * len(batch), strict=True)
        ]

    def settle(
        self, connection: Connection, claim: Claim, results: Sequence[Result], provider: str, now: datetime
    ) -> None:
        """Write results down: an outcome for good, or the time of the next try. Raises ClaimLost."""
        for values, ids in _alike(results, now):
            statement = _settling(connection.dialect.name, tuple(values))
            _write(connection, claim, ids, statement, {f"new_{name}": each for name, each in values.items()})
        _log(connection, results, provider, now)

    def recover(self, is_alive: Callable[[str], bool], known: Known, now: datetime) -> int:
        """Free what dead workers held. Answers how many messages became uncertain by it."""
        with self.database.begin() as connection:
            open_claims = connection.execute(
                sa.select(CLAIMS.c.claim_id, CLAIMS.c.worker)
                .where(CLAIMS.c.released_at.is_(None))
                .with_for_update(skip_locked=True)
            ).all()
            dead = [claim for claim in open_claims if not is_alive(claim.worker)]
            return sum(self.free(connection, claim.claim_id, known, now) for claim in dead)

    def free(self, connection: Connection, claim_id: int, known: Known, now: datetime) -> int:
        """Give a batch back: what was not handed over is pending again exactly as it was, what was marked and
        never answered is uncertain. Answers how many of the latter.
        """
        held = sa.select(LEDGER).where(LEDGER.c.claim_id == claim_id, LEDGER.c.state == "sending")
        unsure = [claimed(row._asdict()) for row in connection.execute(held)]
        results = [(item, after_death(item, _honours_key(item, known), now)) for item in unsure]
        self.settle(connection, Claim(claim_id, unsure), results, "", now)
        connection.execute(
            LEDGER.update()
            .where(LEDGER.c.claim_id == claim_id, LEDGER.c.state == "claimed")
            .values(state="pending", claim_id=None)
        )
        connection.execute(CLAIMS.update().where(CLAIMS.c.claim_id == claim_id).values(released_at=now))
        return sum(settled.is_uncertain and not item.is_uncertain for item, settled in results)


def _write(
    connection: Connection, claim: Claim, ids: Sequence[str], statement: sa.Update, values: Mapping[str, Any]
) -> None:
    """One change to many messages, as long as all of them are in the hands of this claim."""
    if not ids:
        return
    whose = {"among": listed(connection.dialect.name, ids), "holder": claim.claim_id}
    if connection.execute(statement, {**whose, **values}).rowcount != len(ids):
        raise ClaimLost(ids[0])


@cache
def _marking(dialect: str) -> sa.Update:
    changed = {
        "state": "sending",
        "attempts": LEDGER.c.attempts + 1,
        "provider": sa.bindparam("new_provider"),
    }
    return _theirs(dialect).where(LEDGER.c.state == "claimed").values(changed)


@cache
def _settling(dialect: str, names: tuple[str, ...]) -> sa.Update:
    changed = {name: sa.bindparam(f"new_{name}", type_=LEDGER.c[name].type) for name in names}
    return _theirs(dialect).where(LEDGER.c.state != "done").values(changed)


def _theirs(dialect: str) -> sa.Update:
    held = LEDGER.c.claim_id == sa.bindparam("holder")
    return LEDGER.update().where(among(dialect, LEDGER.c.message_id), held)


def _alike(results: Iterable[Result], now: datetime) -> Iterable[tuple[Mapping[str, Any], list[str]]]:
    """What is to be written, each with the messages that share it: most of a batch ended alike."""
    groups: dict[tuple[Any, ...], list[str]] = {}
    for _, settled in results:
        is_done = settled.outcome is not Outcome.PENDING
        key = (
            "done" if is_done else "pending",
            settled.outcome.value,
            settled.reason.value,
            settled.detail[:64],
            settled.is_uncertain,
            settled.due_at or now,
            settled.trail.to_text(),
            settled.channel,
            settled.address,
        )
        groups.setdefault(key, []).append(settled.message_id)
    return [(_values(key, now), ids) for key, ids in groups.items()]


_WRITTEN = ("state", "outcome", "reason", "detail", "is_uncertain", "due_at", "trail")


def _values(key: tuple[Any, ...], now: datetime) -> Mapping[str, Any]:
    finished_at = now if key[0] == "done" else None
    values = {**dict(zip(_WRITTEN, key, strict=False)), "finished_at": finished_at, "claim_id": None}
    channel, address = key[-2:]
    return {**values, "channel": channel, "address": address, "attempts": 0} if channel else values


_LOGGED = (
    *("message_id", "kind", "outcome", "reason", "detail", "channel", "provider", "provider_code"),
    *("provider_message_id", "attempt", "is_uncertain", "suppress_after", "at", "content_hash"),
)


def _log(connection: Connection, results: Sequence[Result], provider: str, now: datetime) -> None:
    at = stored(connection.dialect.name == "sqlite", now)
    plain = [_log_row(*each, provider, at) for each in results if not _is_fault(each[1])]
    insert_rows(connection, LEDGER_LOG, _LOGGED, plain)
    for item, settled in results:
        if _is_fault(settled):
            row = dict(zip(_LOGGED, _log_row(item, settled, provider, now), strict=True))
            log_seq = claims.key_of(connection.execute(LEDGER_LOG.insert().values(row)))
            apply_all(connection, [_fault(item, settled, log_seq, now)])


def _is_fault(settled: Settled) -> bool:
    return bool(settled.suppress_after) and settled.outcome is Outcome.REJECTED


def _log_row(item: Claimed, settled: Settled, provider: str, at: Any) -> tuple[Any, ...]:
    return (
        settled.message_id,
        _kind(settled),
        settled.outcome.value,
        settled.reason.value,
        settled.detail[:64],
        item.message.channel,
        provider or item.provider,
        settled.provider_code[:32],
        settled.provider_message_id[:256],
        settled.attempts,
        settled.is_uncertain,
        settled.suppress_after if settled.outcome is Outcome.REJECTED else 0,
        at,
        item.content_hash,
    )


def _kind(settled: Settled) -> str:
    if settled.outcome is not Outcome.PENDING:
        return "outcome"
    if settled.channel:
        return "moved"
    return "uncertain" if settled.is_uncertain else "deferred"


def _honours_key(item: Claimed, known: Known) -> bool:
    capabilities = known.get((item.message.channel, item.provider))
    return capabilities is not None and capabilities.honours_key


def _fault(item: Claimed, settled: Settled, log_seq: int, now: datetime) -> Learned:
    """The same event that the exporter will land, applied at once: the next send to this address is
    refused.
    """
    event_id = outcome_event_id(item.message.message_id, log_seq)
    message = item.message
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
