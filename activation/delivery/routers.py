"""A worker's router of one channel, with all that is known: the table, each vendor's health and limits."""

from collections.abc import Mapping
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from activation.channels.contract import ChannelPlugin
from activation.delivery.schema import CLAIMS
from activation.delivery.vendor_health import read_health, taken_since
from activation.delivery.vendors import channels
from activation.routing.router import Router
from activation.routing.table import RoutingTable, table_of
from kith.registry import plugins
from kith.settings import Settings


def open_router(
    settings: Settings,
    connection: Connection,
    channel: str,
    ready: Mapping[str, ChannelPlugin],
    now: datetime,
) -> Router:
    """Over the vendors that are set up (by provider). KithError where the table can't be meant."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return Router(
        channel,
        with_published_rates(table_of(settings, channel), ready),
        list(ready),
        read_health(connection, channel, now),
        taken_today=lambda vendor: (today.date(), taken_since(connection, channel, vendor, today)),
        address_types={
            provider: each.address_type for provider, each in channels().get(channel, ready).items()
        },
    )


def with_published_rates(table: RoutingTable, ready: Mapping[str, ChannelPlugin]) -> RoutingTable:
    """The table, with the rate that a vendor publishes where none is written down."""
    lines = table.of(list(ready)).vendors
    published = {provider: each.capabilities.messages_per_second for provider, each in ready.items()}
    filled = tuple(
        each.model_copy(update={"per_second": each.per_second or published.get(each.vendor)})
        for each in lines
    )
    return table.model_copy(update={"vendors": filled})


def other_workers(connection: Connection, me: str) -> int:
    """How many others hold messages right now: limits are shared with them."""
    wanted = sa.select(sa.func.count(CLAIMS.c.worker.distinct()))
    return connection.scalar(wanted.where(CLAIMS.c.released_at.is_(None), CLAIMS.c.worker != me)) or 0


def callback_urls(settings: Settings, ready: Mapping[str, ChannelPlugin]) -> dict[str, str]:
    """Where each vendor that tells receipts is to tell them, by provider."""
    names = {id(each): name for name, each in plugins("activation.channels", ChannelPlugin).items()}
    base = settings.public_url.rstrip("/")
    return {
        provider: f"{base}/webhooks/{names[id(each)]}"
        for provider, each in ready.items()
        if each.read is not None and id(each) in names
    }
