"""The audit log: append-only, each entry holding the digest of the one before it."""

import sqlalchemy as sa
from alembic import op

revision = "kith_0001"
down_revision = None
branch_labels = ("kith",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column(
            "entry_id",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("action", sa.String(200), nullable=False),
        sa.Column("subject", sa.String(400), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("audit")
