"""When an app or a page first got a message of the inbox."""

import sqlalchemy as sa
from alembic import op

revision = "delivery_0007"
down_revision = "delivery_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("inbox", sa.Column("delivered_at", sa.DateTime, nullable=True))


def downgrade() -> None:
    op.drop_column("inbox", "delivered_at")
