"""The inbox's table in the state database. Instants are naive UTC columns. The migrations make it; a test holds both
descriptions against each other."""

import sqlalchemy as sa

METADATA = sa.MetaData()

# One row per message that waits, or waited, for one person on one channel.
INBOX = sa.Table(
    "inbox",
    METADATA,
    sa.Column("message_id", sa.String(32), primary_key=True),
    sa.Column("channel", sa.String(32), nullable=False),
    sa.Column("address", sa.String(400), nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("html", sa.Text, nullable=False),
    sa.Column("extras", sa.Text, nullable=False),  # JSON object: media, actions, options
    sa.Column("locale", sa.String(16), nullable=False),
    sa.Column("arrived_at", sa.DateTime, nullable=False),
    sa.Column("expires_at", sa.DateTime, nullable=True),
    sa.Column("opened_at", sa.DateTime, nullable=True),
    sa.Column("clicked_at", sa.DateTime, nullable=True),
    sa.Column("dismissed_at", sa.DateTime, nullable=True),
    sa.Column("delivered_at", sa.DateTime, nullable=True),
    sa.Index("inbox_waiting", "channel", "address", "arrived_at"),
)
