"""Where delivery stands this minute, to read: what waits and what ended, and how each channel's vendors do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from activation.delivery.receipt_tables import VENDOR_HEALTH
from activation.delivery.schema import LEDGER, LEDGER_LOG, PAUSES
from activation.delivery.vendor_health import read_health
from activation.delivery.vendors import channels
from activation.routing.health import Health
from activation.routing.table import RoutingTable, Vendor, table_of
from kith.settings import Settings
from kith.state import StateDatabase

Row = dict[str, Any]
#: A vendor whose every answer of so long ago until now was a failure is being left alone, or will be.
_LATELY = timedelta(minutes=15)
_LOOKED_AT = 100_000


def standing(settings: Settings) -> list[Row]:
    """Messages of the ledger by channel, vendor, state and outcome, with the span in which they were decided; a row
    `paused` for each pause (`scope`)."""
    columns = [LEDGER.c[name] for name in ("channel", "provider", "state", "outcome")]
    counted = sa.select(
        *columns,
        sa.func.count().label("messages"),
        sa.func.min(LEDGER.c.due_at).label("first_due_at"),
        sa.func.max(LEDGER.c.finished_at).label("last_finished_at"),
    ).group_by(*columns)
    database = StateDatabase.open(settings)
    with database.read() as connection:
        rows = [dict(row) for row in connection.execute(counted.order_by(*columns)).mappings()]
        pauses = connection.execute(sa.select(PAUSES).order_by(PAUSES.c.scope)).mappings().all()
    database.close()
    empty = {"provider": "", "outcome": "", "messages": 0, "last_finished_at": None}
    held = [
        {"channel": row["scope"], "state": "paused", "first_due_at": row["since_at"], **empty}
        for row in pauses
    ]
    return rows + held


def vendor_standing(settings: Settings, now: datetime) -> list[Row]:
    """A row for each vendor of each channel: set up or not, what the routing says of it, its last day, its score.

    `failing_since`: since when every answer was a failure, told where that lasts; a worker's breaker leaves such a
    vendor alone. The breakers themselves live in the workers and are theirs alone.
    """
    database = StateDatabase.open(settings)
    rows: list[Row] = []
    with database.read() as connection:
        failing = _failing(connection, now)
        for channel, vendors in sorted(channels().items()):
            table = table_of(settings, channel)
            health = read_health(connection, channel, now)
            stated = {each.vendor: each for each in table.of(sorted(vendors)).vendors}
            for name, plugin in sorted(vendors.items()):
                told = health.get(name, Health())
                row = {"channel": channel, "vendor": name, "is_set_up": plugin.is_configured()}
                row |= _routed(table, stated[name], told) | _heard(told)
                rows.append(row | {"failing_since": failing.get((channel, name))})
    database.close()
    return rows


def health_by_hour(settings: Settings, since: datetime) -> list[Row]:
    """What was heard of each vendor in each hour since then: channel, vendor, hour and the sums."""
    sums = ("taken", "refused", "lost", "delivered", "undelivered")
    keys = [VENDOR_HEALTH.c[name] for name in ("channel", "vendor", "hour")]
    counted = sa.select(*keys, *(sa.func.sum(VENDOR_HEALTH.c[name]).label(name) for name in sums))
    wanted = counted.where(VENDOR_HEALTH.c.hour >= since).group_by(*keys).order_by(*keys)
    database = StateDatabase.open(settings)
    with database.read() as connection:
        rows = [dict(row) for row in connection.execute(wanted).mappings()]
    database.close()
    return [{**row, **{name: int(row[name]) for name in sums}} for row in rows]


def _routed(table: RoutingTable, vendor: Vendor, told: Health) -> Row:
    prices = {
        country: told.cost(price, vendor.currency) for country, price in sorted(vendor.cost.items())
    } or {"*": told.cost(None, vendor.currency)}
    return {
        "choose": table.choose,
        "weight": vendor.weight,
        "cost": prices.get("*", max((each for each in prices.values() if each is not None), default=None)),
        "currency": vendor.currency or told.currency,
        "next_channels": ", ".join(table.next_channels),
        "opens_after": table.breaker.failures,
        "leaves_alone_seconds": table.breaker.seconds,
    }


def _heard(told: Health) -> Row:
    return {
        **{name: getattr(told, name) for name in ("taken", "refused", "lost", "delivered", "undelivered")},
        "score": round(told.score, 4),
        "answer_rate": round(told.answer_rate, 4),
        "delivery_rate": round(told.delivery_rate, 4),
    }


def _failing(connection: sa.Connection, now: datetime) -> Mapping[tuple[str, str], datetime]:
    """Vendors that answered lately and never well, with the first of these failures."""
    good = sa.func.sum(sa.case((LEDGER_LOG.c.outcome.in_(("accepted", "rejected")), 1), else_=0))
    # The log has no index by time: its last rows are found by their number.
    newest = sa.select(sa.func.max(LEDGER_LOG.c.log_seq)).scalar_subquery()
    lately = (LEDGER_LOG.c.log_seq > newest - _LOOKED_AT, LEDGER_LOG.c.at > now - _LATELY)
    wanted = (
        sa.select(LEDGER_LOG.c.channel, LEDGER_LOG.c.provider, sa.func.min(LEDGER_LOG.c.at).label("since"))
        .where(*lately, LEDGER_LOG.c.provider != "", LEDGER_LOG.c.kind != "reopened")
        .group_by(LEDGER_LOG.c.channel, LEDGER_LOG.c.provider)
        .having(good == 0)
    )
    return {(row.channel, row.provider): row.since for row in connection.execute(wanted)}
