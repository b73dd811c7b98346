"""What was given up, with the reason: listed, counted, taken up again by a filter; and the way of one message."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from activation.contract import Outcome
from activation.delivery.receipt_tables import RECEIPTS
from activation.delivery.schema import LEDGER, LEDGER_LOG
from kith.clock import system_clock
from kith.errors import KithError, UsageError
from kith.settings import Settings
from kith.state import StateDatabase
from kith.times import from_utc_naive

#: Accepted, suppressed and rejected messages are not sent again at anybody's wish.
REOPENED = (Outcome.FAILED.value, Outcome.UNKNOWN.value)
_KEPT_FROM_SENDING = ("accepted", "suppressed", "rejected", "expired", "pending")
COLUMNS = (
    *("outcome", "reason", "detail", "channel", "provider", "journey", "step_id", "template", "purpose"),
    "message_id",
)
_GROUPS = ("channel", "provider", "outcome", "reason", "detail")
Row = dict[str, Any]


def reopen(settings: Settings, conditions: Mapping[str, str], now: datetime | None = None) -> int:
    """Make failed and unknown messages that meet all conditions (column → value) pending. Answers how many.

    What certainly did not leave may go by any vendor again; what is in doubt stays with the one that may have taken it.
    """
    if conditions.get("outcome") in _KEPT_FROM_SENDING:
        raise UsageError(
            f"{conditions['outcome']} messages are not sent again", expected=" or ".join(REOPENED)
        )
    at = now or system_clock(settings).now()
    chosen = sa.and_(LEDGER.c.outcome.in_(REOPENED), LEDGER.c.state == "done", *_matching(conditions))
    database = StateDatabase.open(settings)
    with database.begin() as connection:
        columns, wanted = _log_entries(chosen, at)
        connection.execute(LEDGER_LOG.insert().from_select(columns, wanted))
        renewed = {"state": "pending", "outcome": "pending", "reason": "", "detail": "", "attempts": 0}
        trail = sa.case((LEDGER.c.is_uncertain, LEDGER.c.trail), else_="")
        moved = LEDGER.update().where(chosen)
        count = connection.execute(
            moved.values(**renewed, claim_id=None, due_at=at, finished_at=None, trail=trail)
        ).rowcount
    database.close()
    return count


def dead_letters(settings: Settings, conditions: Mapping[str, str], limit: int) -> list[Row]:
    """The messages that were given up or are in doubt for good, the last first. No address is among what is told."""
    shown = ("message_id", *COLUMNS[:-1], "attempts", "is_uncertain", "finished_at")
    wanted = sa.select(*(LEDGER.c[name] for name in shown)).where(*_given_up(conditions))
    return _read(settings, wanted.order_by(LEDGER.c.finished_at.desc(), LEDGER.c.message_id).limit(limit))


def dead_letter_counts(settings: Settings, conditions: Mapping[str, str]) -> list[Row]:
    """How many for each channel, vendor and reason, the most first."""
    columns = [LEDGER.c[name] for name in _GROUPS]
    count = sa.func.count().label("messages")
    wanted = sa.select(*columns, count).where(*_given_up(conditions)).group_by(*columns)
    return _read(settings, wanted.order_by(count.desc(), *columns))


def trace(settings: Settings, message_id: str) -> list[Row]:
    """All that happened to one message, in order: its plan with the run that made it (Dagster's own run is tagged
    with it), each answer of each vendor, each move, each receipt."""
    entries = (
        sa.select(LEDGER_LOG).where(LEDGER_LOG.c.message_id == message_id).order_by(LEDGER_LOG.c.log_seq)
    )
    receipts = sa.select(RECEIPTS).where(RECEIPTS.c.message_id == message_id).order_by(RECEIPTS.c.at)
    told = [
        {"at": row["at"], "what": row["kind"], **{name: row[name] for name in _TRACED}}
        for row in _read(settings, entries)
    ]
    told[:0] = _plans(settings, message_id)
    told += [
        {
            "at": row["at"],
            "what": row["status"],
            **dict.fromkeys(_TRACED, ""),
            "provider": row["plugin"],
            "detail": row["detail"],
            "provider_code": row["provider_code"],
        }
        for row in _read(settings, receipts)
    ]
    if not told and not _read(settings, sa.select(LEDGER.c.state).where(LEDGER.c.message_id == message_id)):
        raise KithError(f"the ledger holds no message '{message_id}'", expected="a message_id, 32 hex digits")
    return told


_TRACED = ("channel", "provider", "outcome", "reason", "detail", "provider_code", "attempt")


def _plans(settings: Settings, message_id: str) -> list[Row]:
    from kith.lake import Home, commits
    from kith.warehouse import Warehouse

    with Warehouse(settings) as warehouse:
        warehouse.attach_lake("journeys")
        rows = warehouse.rows(_PLANNED, [message_id])
    runs = {each.name: each.meta.get("run_id", "") for each in commits(Home(settings.home), "journeys")}
    empty = dict.fromkeys(_TRACED, "")
    return [
        {
            "at": from_utc_naive(row["decided_at"]),
            "what": "planned",
            **empty,
            "channel": row["channel"],
            "outcome": row["decision"],
            "reason": row["reason"],
            "detail": f"run {runs.get(row['commit_name'], '')}".strip(),
        }
        for row in rows
    ]


_PLANNED = """
    SELECT decided_at, channel, decision, reason, commit_name FROM lake_journeys_outbox WHERE message_id = $1
"""


def doubtful_replies(settings: Settings) -> list[Row]:
    """Replies that may mean stop without saying it in one of the words, the last first."""
    from activation.delivery.receipts import DOUBTFUL

    shown = ("received_at", "plugin", "message_id", "text")
    wanted = sa.select(*(RECEIPTS.c[name] for name in shown)).where(RECEIPTS.c.detail == DOUBTFUL)
    return _read(settings, wanted.order_by(RECEIPTS.c.received_at.desc()))


def _given_up(conditions: Mapping[str, str]) -> list[sa.ColumnElement[bool]]:
    asked = [] if "outcome" in conditions else [LEDGER.c.outcome.in_(REOPENED)]
    return [LEDGER.c.state == "done", *asked, *_matching(conditions)]


def _matching(conditions: Mapping[str, str]) -> list[sa.ColumnElement[bool]]:
    unknown = sorted(set(conditions) - set(COLUMNS))
    if unknown:
        raise UsageError(f"no such column: {', '.join(unknown)}", expected=", ".join(COLUMNS))
    return [LEDGER.c[name] == value for name, value in conditions.items()]


def _log_entries(chosen: sa.ColumnElement[bool], at: datetime) -> tuple[list[str], Any]:
    said: dict[str, Any] = {
        "message_id": LEDGER.c.message_id,
        "kind": sa.literal("reopened"),
        "outcome": sa.literal(Outcome.PENDING.value),
        "detail": sa.literal("retry"),
        "channel": LEDGER.c.channel,
        "provider": LEDGER.c.provider,
        **dict.fromkeys(("reason", "provider_code", "provider_message_id"), sa.literal("")),
        **dict.fromkeys(("attempt", "suppress_after"), sa.literal(0)),
        "is_uncertain": LEDGER.c.is_uncertain,
        "at": sa.literal(at, LEDGER_LOG.c.at.type),
    }
    return list(said), sa.select(*said.values()).where(chosen)


def _read(settings: Settings, wanted: sa.Select[Any]) -> list[Row]:
    database = StateDatabase.open(settings)
    with database.read() as connection:
        rows = [dict(row) for row in connection.execute(wanted).mappings()]
    database.close()
    return rows
