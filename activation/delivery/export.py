"""One exporter takes the ledger's outcomes to the lake, and tells them as events.

Each export is a range of `log_seq`. The lake commit carries the range in its meta, so a kill between any two
steps is found out by the next call: a range committed but not noted is noted, a range noted but not landed
is landed. Landing a range again makes events of the same ids, which the warehouse keeps once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import Connection

from activation.contract import Outcome, PlannedMessage
from activation.delivery.ledger import outcome_event_id
from activation.delivery.message_events import address_told, event_line, moved_event_id
from activation.delivery.schema import EXPORTS, LEDGER, LEDGER_LOG
from activation.routing.contract import Trail, trail_of
from kith.clock import Clock, system_clock
from kith.durable import exclusive
from kith.lake import Home, commit, commits
from kith.landing import LandingLog
from kith.settings import Settings
from kith.state import StateDatabase
from kith.times import parse_instant

if TYPE_CHECKING:
    from kith.run import Run

_BATCH = 5_000
_EXPORTED = ("outcome", "reopened")
_EVENTS = {
    Outcome.ACCEPTED: "Message Sent",
    Outcome.REJECTED: "Message Rejected",
    Outcome.FAILED: "Message Failed",
    Outcome.SUPPRESSED: "Message Suppressed",
    Outcome.EXPIRED: "Message Expired",
    Outcome.UNKNOWN: "Message Unknown",
}


@dataclass(frozen=True)
class ExportCounts:
    """Outcome rows that went to the lake, and events landed for them, in this call."""

    exported: int = 0
    landed: int = 0


def export_ledger(settings: Settings, run: "Run | None" = None, clock: Clock | None = None) -> ExportCounts:
    """Take every outcome not exported yet to `lake/ledger` and land it as an event of source `delivery`.

    A replay of the past (`run.is_replay`) exports nothing. Safe to kill, safe to call twice at once.
    """
    if run is not None and run.is_replay:
        return ExportCounts()
    home, database = Home(settings.home), StateDatabase.open(settings)
    exporter = _Exporter(settings, home, database, clock or system_clock(settings))
    try:
        with exclusive(home.locks / "ledger-export"):
            exporter.note_commits()
            exported = exporter.commit_new()
            return ExportCounts(exported, exporter.land())
    finally:
        database.close()


@dataclass
class _Exporter:
    settings: Settings
    home: Home
    database: StateDatabase
    clock: Clock

    def note_commits(self) -> None:
        """Ranges that reached the lake before a kill, but not our own notes."""
        with self.database.begin() as connection:
            noted = set(connection.scalars(sa.select(EXPORTS.c.commit_name)))
            for found in commits(self.home, "ledger"):
                if found.name not in noted and "to_seq" in found.meta:
                    _note(connection, found.name, found.meta["from_seq"], found.meta["to_seq"])

    def commit_new(self) -> int:
        """Commit all new outcomes, a range at a time. Answers how many rows."""
        count = 0
        while rows := self._new_rows():
            meta = {"from_seq": rows[0].log_seq, "to_seq": rows[-1].log_seq}
            with commit(self.home, "ledger", meta=meta) as writer:
                writer.write("outcomes", _table(rows))
            with self.database.begin() as connection:
                _note(connection, writer.name, meta["from_seq"], meta["to_seq"])
            count += len(rows)
        return count

    def land(self) -> int:
        """Land the events of every range that is in the lake and not yet told."""
        with self.database.read() as connection:
            todo = connection.execute(
                sa.select(EXPORTS).where(EXPORTS.c.landed_at.is_(None)).order_by(EXPORTS.c.from_seq)
            ).all()
        log = LandingLog(self.home, "delivery", self.clock)
        try:
            return sum(self._land(log, export) for export in todo)
        finally:
            log.close()

    def _land(self, log: LandingLog, export: Any) -> int:
        lines = self._lines(export.from_seq, export.to_seq)
        if lines:
            log.append(lines)
        with self.database.begin() as connection:
            connection.execute(
                EXPORTS.update()
                .where(EXPORTS.c.export_id == export.export_id)
                .values(landed_at=self.clock.now())
            )
        return len(lines)

    def _new_rows(self) -> Sequence[Any]:
        with self.database.begin() as connection:
            if not self.database.is_sqlite:
                # Numbers are given before they are committed: wait for whoever holds a smaller one.
                connection.execute(sa.text("LOCK TABLE ledger_log IN SHARE MODE"))
            last = connection.scalar(sa.select(sa.func.max(EXPORTS.c.to_seq))) or 0
            wanted = sa.select(LEDGER_LOG).where(
                LEDGER_LOG.c.log_seq > last, LEDGER_LOG.c.kind.in_(_EXPORTED)
            )
            return connection.execute(wanted.order_by(LEDGER_LOG.c.log_seq).limit(_BATCH)).all()

    def _lines(self, from_seq: int, to_seq: int) -> list[bytes]:
        wanted = (
            sa.select(LEDGER_LOG, LEDGER)
            .join(LEDGER, LEDGER.c.message_id == LEDGER_LOG.c.message_id)
            .where(LEDGER_LOG.c.log_seq.between(from_seq, to_seq), LEDGER_LOG.c.kind == "outcome")
            .order_by(LEDGER_LOG.c.log_seq)
            .set_label_style(sa.LABEL_STYLE_TABLENAME_PLUS_COL)
        )
        with self.database.read() as connection:
            return [line for row in connection.execute(wanted) for line in _told(row)]


def _note(connection: Connection, name: str, from_seq: int, to_seq: int) -> None:
    connection.execute(
        EXPORTS.insert().values(from_seq=from_seq, to_seq=to_seq, commit_name=name, landed_at=None)
    )


def _table(rows: Sequence[Any]) -> Any:
    import pyarrow as pa

    from activation.delivery.tables import OUTCOMES
    from kith.times import to_utc_naive

    copied = [name for name in OUTCOMES.schema.names if name != "occurred_at"]
    columns = {name: [getattr(row, name) for row in rows] for name in copied}
    columns["attempt"] = [row.attempt for row in rows]
    columns["occurred_at"] = [to_utc_naive(row.at) for row in rows]
    return pa.table(columns, schema=OUTCOMES.schema)


def _told(row: Any) -> list[bytes]:
    """Its outcome, after the addresses at which nobody was on its way there."""
    logged = {name.removeprefix("ledger_log_"): value for name, value in row._mapping.items()}
    message = PlannedMessage.from_row(
        {column.name: row._mapping[f"ledger_{column.name}"] for column in LEDGER.columns}
    )
    properties = {
        "outcome": logged["outcome"],
        "reason": logged["reason"],
        "detail": logged["detail"],
        "provider": logged["provider"],
        "attempt": logged["attempt"],
        "is_uncertain": logged["is_uncertain"],
        "suppress_after": logged["suppress_after"],
        **(address_told(message.channel, message.address) if logged["suppress_after"] else {}),
    }
    event = _EVENTS[Outcome(logged["outcome"])]
    event_id = outcome_event_id(message.message_id, logged["log_seq"])
    outcome = event_line(event_id, event, message, logged["at"], properties)
    return [*_moved(message, trail_of(row.ledger_trail)), outcome]


def _moved(message: PlannedMessage, trail: Trail) -> list[bytes]:
    """Each channel that it left because nobody is at the address there any more."""
    lines = []
    for channel, address, suppress_after, at in trail.dead:
        told = {"channel": channel, "suppress_after": suppress_after, **address_told(channel, address)}
        event_id = moved_event_id(message.message_id, channel)
        lines.append(event_line(event_id, "Message Moved", message, parse_instant(at), told))
    return lines
