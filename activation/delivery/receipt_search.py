"""The message that a receipt is about: by our id where it came back, by the vendor's else, a reply's by its address."""

from collections.abc import Iterator, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from activation.channels.contract import ChannelPlugin, Receipt, Status
from activation.contract import PlannedMessage
from activation.delivery.receipt_tables import RECEIPTS
from activation.delivery.schema import LEDGER, LEDGER_LOG

_CHUNK = 400


def known_events(connection: Connection, name: str, event_ids: Sequence[str]) -> set[str]:
    """Those that were told before."""
    known: set[str] = set()
    for ids in _chunks(event_ids):
        asked = (RECEIPTS.c.plugin == name, RECEIPTS.c.event_id.in_(ids))
        known |= set(connection.scalars(sa.select(RECEIPTS.c.event_id).where(*asked)))
    return known


def pointer_of(receipt: Receipt) -> str:
    """What leads to the message: our id, or `vendor:` and theirs."""
    theirs = receipt.provider_message_id
    return receipt.message_id or (f"vendor:{theirs[:256]}" if theirs else "")


def messages_by_pointer(
    connection: Connection, plugin: ChannelPlugin, receipts: Sequence[Receipt]
) -> Mapping[str, PlannedMessage]:
    """The messages by pointer. An id of ours that the ledger never held is looked for by the vendor's."""
    theirs = {each.provider_message_id[:256] for each in receipts if each.provider_message_id}
    ours = {each.message_id for each in receipts if each.message_id}
    by_vendor: dict[str, str] = {}
    for ids in _chunks(sorted(theirs)):
        wanted = sa.select(LEDGER_LOG.c.provider_message_id, LEDGER_LOG.c.message_id).where(
            LEDGER_LOG.c.provider_message_id.in_(ids),
            sa.text("provider_message_id <> ''"),
            LEDGER_LOG.c.provider == plugin.provider,
        )
        by_vendor |= {row.provider_message_id: row.message_id for row in connection.execute(wanted)}
    held: dict[str, PlannedMessage] = {}
    for ids in _chunks(sorted(ours | set(by_vendor.values()))):
        for row in connection.execute(sa.select(LEDGER).where(LEDGER.c.message_id.in_(ids))):
            held[row.message_id] = PlannedMessage.from_row(row._asdict())
    found = {message_id: message for message_id, message in held.items() if message_id in ours}
    for vendors_id, message_id in by_vendor.items():
        if message_id in held:
            found[f"vendor:{vendors_id}"] = held[message_id]
    return found | {
        each.message_id: found[f"vendor:{each.provider_message_id[:256]}"]
        for each in receipts
        if each.message_id not in found and f"vendor:{each.provider_message_id[:256]}" in found
    }


def latest_to(connection: Connection, plugin: ChannelPlugin, receipt: Receipt) -> PlannedMessage | None:
    """What an address that wrote back was written last on this channel: whom it belongs to is known from it."""
    if receipt.status not in (Status.REPLIED, Status.UNSUBSCRIBED) or plugin.address_type == "email":
        return None
    wanted = (
        sa.select(LEDGER)
        .where(LEDGER.c.address == receipt.address, sa.text("channel <> 'email'"))
        .where(LEDGER.c.channel == plugin.channel, LEDGER.c.decided_at <= receipt.at)
        .order_by(LEDGER.c.decided_at.desc())
        .limit(1)
    )
    row = connection.execute(wanted).one_or_none()
    return PlannedMessage.from_row(row._asdict()) if row else None


def _chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
