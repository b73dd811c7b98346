"""The hash of what was handed over, so that a body that is rendered again can be held against it."""

import sqlalchemy as sa
from alembic import op

revision = "delivery_0006"
down_revision = "delivery_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ledger_log", sa.Column("content_hash", sa.String(32), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("ledger_log", "content_hash")
