"""Batches of unfinished runs; what the last look at each sync found."""

import sqlalchemy as sa
from alembic import op

revision = "syncs_0001"
down_revision = None
branch_labels = ("syncs",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sync_batches",
        sa.Column("run_id", sa.String(32), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("part", sa.String(64), primary_key=True),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("is_uncertain", sa.Boolean, nullable=False),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("places", sa.Text, nullable=False),
        sa.Column("verdicts", sa.Text, nullable=False),
    )
    op.create_table(
        "sync_looks",
        sa.Column("sync", sa.String(64), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("run_id", sa.String(32), nullable=False),
        sa.Column("counts", sa.Text, nullable=False),
        sa.Column("looked_at", sa.DateTime, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("sync_looks")
    op.drop_table("sync_batches")
