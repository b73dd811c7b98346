"""Health of vendors kept: sums by the hour that any number of workers add to, and the last day of them read back."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from activation.delivery.receipt_tables import VENDOR_HEALTH
from activation.delivery.upsert import insert_into
from activation.routing.contract import Tidings
from activation.routing.health import Health

LOOKED_AT = timedelta(hours=24)
_KEY = [column.name for column in VENDOR_HEALTH.primary_key]
_SUMS = [column.name for column in VENDOR_HEALTH.columns if column.name not in _KEY]


def write_tidings(connection: Connection, tidings: Iterable[Tidings], now: datetime) -> None:
    """Add what was learned to the hour of `now`."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    rows = [{**asdict(each), "hour": hour} for each in tidings]
    if not rows:
        return
    insert = insert_into(connection, VENDOR_HEALTH)
    added = {name: VENDOR_HEALTH.c[name] + insert.excluded[name] for name in _SUMS}
    connection.execute(insert.on_conflict_do_update(index_elements=_KEY, set_=added), rows)


def read_health(connection: Connection, channel: str, now: datetime) -> Mapping[str, Health]:
    """What was heard of each vendor of a channel in the last day. Of several currencies the one with most prices
    counts."""
    columns = [VENDOR_HEALTH.c.vendor, VENDOR_HEALTH.c.currency]
    sums = [sa.func.sum(VENDOR_HEALTH.c[name]).label(name) for name in _SUMS]
    of_channel = (VENDOR_HEALTH.c.channel == channel, VENDOR_HEALTH.c.hour > now - LOOKED_AT)
    wanted = sa.select(*columns, *sums).where(*of_channel).group_by(*columns)
    found: dict[str, Health] = {}
    for row in sorted(connection.execute(wanted), key=lambda each: -int(each.priced)):
        counts = {name: int(getattr(row, name)) for name in _SUMS if name != "amount"}
        told = Tidings(channel, row.vendor, **counts, amount=float(row.amount), currency=row.currency)
        found[row.vendor] = found.get(row.vendor, Health()).plus(told)
    return found


def taken_since(connection: Connection, channel: str, vendor: str, since: datetime) -> int:
    """How many messages a vendor took in the hours from `since` on (warm-up counts days by it)."""
    counted = sa.select(sa.func.sum(VENDOR_HEALTH.c.taken)).where(
        VENDOR_HEALTH.c.channel == channel, VENDOR_HEALTH.c.vendor == vendor, VENDOR_HEALTH.c.hour >= since
    )
    return int(connection.scalar(counted) or 0)
