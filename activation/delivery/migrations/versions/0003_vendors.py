"""Who was asked last and where a message has been; indexes of what is open alone."""

import sqlalchemy as sa
from alembic import op

revision = "delivery_0003"
down_revision = "delivery_0002"
branch_labels = None
depends_on = None

_COLUMNS = ("provider", "trail")
_DUE, _CLAIMED = sa.text("state = 'pending'"), sa.text("claim_id IS NOT NULL")


def upgrade() -> None:
    for name in _COLUMNS:
        op.add_column("ledger", sa.Column(name, sa.Text, nullable=False, server_default=""))
    for name in ("ledger_due", "ledger_claim"):
        op.drop_index(name, "ledger")
    op.create_index(
        "ledger_due", "ledger", ["channel", "lane", "due_at"], sqlite_where=_DUE, postgresql_where=_DUE
    )
    op.create_index("ledger_claim", "ledger", ["claim_id"], sqlite_where=_CLAIMED, postgresql_where=_CLAIMED)


def downgrade() -> None:
    for name in ("ledger_due", "ledger_claim"):
        op.drop_index(name, "ledger")
    op.create_index("ledger_due", "ledger", ["state", "channel", "lane", "due_at"])
    op.create_index("ledger_claim", "ledger", ["claim_id"])
    for name in _COLUMNS:
        op.drop_column("ledger", name)
