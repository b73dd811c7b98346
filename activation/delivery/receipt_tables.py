"""What vendors told us, in the state database: each receipt once, and by the hour how well each vendor did."""

import sqlalchemy as sa

from activation.delivery.schema import LEDGER, LEDGER_LOG, METADATA, Instant

# Each receipt once, however often a vendor tells it. `text` is kept of replies alone that a person must look at.
RECEIPTS = sa.Table(
    "receipts",
    METADATA,
    sa.Column("plugin", sa.String(64), primary_key=True),
    sa.Column("event_id", sa.String(32), primary_key=True),  # a digest of the vendor's own name for it
    sa.Column("message_id", sa.String(32), nullable=False),  # empty where it is about none of ours
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("detail", sa.String(64), nullable=False),
    sa.Column("provider_code", sa.String(32), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("received_at", Instant, nullable=False),
    sa.Index("receipts_message", "message_id"),
)

# Sums that workers and receipts add to, a row per vendor and hour (UTC).
VENDOR_HEALTH = sa.Table(
    "vendor_health",
    METADATA,
    sa.Column("channel", sa.String(32), primary_key=True),
    sa.Column("vendor", sa.String(32), primary_key=True),
    sa.Column("hour", Instant, primary_key=True),
    sa.Column("currency", sa.String(8), primary_key=True),
    *(
        sa.Column(name, sa.BigInteger, nullable=False)
        for name in ("taken", "refused", "lost", "delivered", "undelivered", "priced")
    ),
    sa.Column("amount", sa.Float, nullable=False),
)

# From a vendor's id of a message to ours, and from a number that wrote back to what it was written last. Partial, so
# that mail, which needs neither, pays for neither.
_TOLD, _WRITTEN = sa.text("provider_message_id <> ''"), sa.text("channel <> 'email'")
sa.Index("ledger_log_provider", LEDGER_LOG.c.provider_message_id, sqlite_where=_TOLD, postgresql_where=_TOLD)
sa.Index("ledger_address", LEDGER.c.address, sqlite_where=_WRITTEN, postgresql_where=_WRITTEN)
