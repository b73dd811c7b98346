"""Refusals that a plan saw lifted; what the consent object said last."""

import sqlalchemy as sa
from alembic import op

revision = "delivery_0002"
down_revision = "delivery_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ledger", sa.Column("lifted", sa.Text, nullable=False, server_default="[]"))
    op.create_table(
        "consent_stated",
        sa.Column("identifier_type", sa.String(32), primary_key=True),
        sa.Column("identifier_value", sa.String(400), primary_key=True),
        sa.Column("purpose", sa.String(64), primary_key=True),
        sa.Column("channel", sa.String(32), primary_key=True),
        sa.Column("category", sa.String(64), primary_key=True),
        sa.Column("is_granted", sa.Boolean, nullable=False),
        sa.Column("stated_at", sa.DateTime, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("consent_stated")
    op.drop_column("ledger", "lifted")
