"""What vendors tell afterwards, and how well they do."""

import sqlalchemy as sa
from alembic import op

revision = "delivery_0004"
down_revision = "delivery_0003"
branch_labels = None
depends_on = None

_TOLD, _WRITTEN = sa.text("provider_message_id <> ''"), sa.text("channel <> 'email'")


def upgrade() -> None:
    op.create_table(
        "receipts",
        sa.Column("plugin", sa.String(64), primary_key=True),
        sa.Column("event_id", sa.String(32), primary_key=True),
        sa.Column("message_id", sa.String(32), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("detail", sa.String(64), nullable=False),
        sa.Column("provider_code", sa.String(32), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("received_at", sa.DateTime, nullable=False),
    )
    op.create_index("receipts_message", "receipts", ["message_id"])
    op.create_table(
        "vendor_health",
        sa.Column("channel", sa.String(32), primary_key=True),
        sa.Column("vendor", sa.String(32), primary_key=True),
        sa.Column("hour", sa.DateTime, primary_key=True),
        sa.Column("currency", sa.String(8), primary_key=True),
        *(
            sa.Column(name, sa.BigInteger, nullable=False)
            for name in ("taken", "refused", "lost", "delivered", "undelivered", "priced")
        ),
        sa.Column("amount", sa.Float, nullable=False),
    )
    op.create_index(
        "ledger_log_provider",
        "ledger_log",
        ["provider_message_id"],
        sqlite_where=_TOLD,
        postgresql_where=_TOLD,
    )
    op.create_index("ledger_address", "ledger", ["address"], sqlite_where=_WRITTEN, postgresql_where=_WRITTEN)


def downgrade() -> None:
    op.drop_index("ledger_address", "ledger")
    op.drop_index("ledger_log_provider", "ledger_log")
    op.drop_table("vendor_health")
    op.drop_table("receipts")
