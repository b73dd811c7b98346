"""Messages that wait inside the app or on the page."""

import sqlalchemy as sa
from alembic import op

revision = "delivery_0005"
down_revision = "delivery_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "inbox",
        sa.Column("message_id", sa.String(32), primary_key=True),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("address", sa.String(400), nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("title", "text", "html", "extras")),
        sa.Column("locale", sa.String(16), nullable=False),
        sa.Column("arrived_at", sa.DateTime, nullable=False),
        *(
            sa.Column(name, sa.DateTime, nullable=True)
            for name in ("expires_at", "opened_at", "clicked_at", "dismissed_at")
        ),
    )
    op.create_index("inbox_waiting", "inbox", ["channel", "address", "arrived_at"])


def downgrade() -> None:
    op.drop_table("inbox")
