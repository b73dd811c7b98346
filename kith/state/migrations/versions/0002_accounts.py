"""Accounts and their sessions. Passwords are kept as hashes, the secrets of sessions as digests."""

import sqlalchemy as sa
from alembic import op

revision = "kith_0002"
down_revision = "kith_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("password_hash", sa.String(400), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("disabled_at", sa.DateTime),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("waits_until", sa.DateTime),
    )
    op.create_table(
        "account_sessions",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(64), sa.ForeignKey("accounts.name"), nullable=False),
        sa.Column("began_at", sa.DateTime, nullable=False),
        sa.Column("seen_at", sa.DateTime, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("account_sessions")
    op.drop_table("accounts")
