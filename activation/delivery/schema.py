"""Delivery's tables in the state database, for SQLite and PostgreSQL alike. Instants are naive UTC columns.

The migrations make them; a test holds both descriptions against each other.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

from kith.times import from_utc_naive, to_utc_naive

METADATA = sa.MetaData()
SEQUENCE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


class Instant(TypeDecorator[datetime]):
    """Aware UTC in Python, without a zone in the database."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        return None if value is None else to_utc_naive(value)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        return None if value is None else from_utc_naive(value)


# Indexes hold what is open alone: what is done costs nothing to carry along.
_DUE, _CLAIMED = sa.text("state = 'pending'"), sa.text("claim_id IS NOT NULL")

# One row per planned message that the outbox told us to send. `state`: pending → claimed → sending → done.
# `sending` is the durable mark: from here on the message may have left the house, by `provider`.
LEDGER = sa.Table(
    "ledger",
    METADATA,
    sa.Column("message_id", sa.String(32), primary_key=True),
    *(
        sa.Column(name, sa.Text, nullable=False)
        for name in ("journey", "journey_version", "step_id", "enrolment_id", "profile_id", "channel")
    ),
    *(
        sa.Column(name, sa.Text, nullable=False)
        for name in (
            "purpose",
            "template",
            "template_version",
            "address",
            "identifiers",
            "locale",
            "variables",
        )
    ),
    sa.Column("decided_at", Instant, nullable=False),
    sa.Column("not_after", Instant, nullable=False),
    sa.Column("is_transactional", sa.Boolean, nullable=False),
    sa.Column(
        "lane", sa.Integer, nullable=False
    ),  # 0 transactional, 1 all else: bulk never delays the former
    sa.Column("state", sa.String(8), nullable=False),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("claim_id", SEQUENCE, nullable=True),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("is_uncertain", sa.Boolean, nullable=False),
    sa.Column("outcome", sa.String(16), nullable=False),
    sa.Column("reason", sa.String(32), nullable=False),
    sa.Column("detail", sa.String(64), nullable=False),
    sa.Column("loaded_at", Instant, nullable=False),
    sa.Column("finished_at", Instant, nullable=True),
    sa.Column("lifted", sa.Text, nullable=False, server_default="[]"),  # as the outbox names them
    sa.Column("provider", sa.Text, nullable=False, server_default=""),  # to whom it was handed last
    sa.Column("trail", sa.Text, nullable=False, server_default=""),  # where it has been (activation.routing)
    sa.Index("ledger_due", "channel", "lane", "due_at", sqlite_where=_DUE, postgresql_where=_DUE),
    sa.Index("ledger_claim", "claim_id", sqlite_where=_CLAIMED, postgresql_where=_CLAIMED),
)

# Append-only, a row per answer. `kind`: deferred, uncertain, moved (to another vendor or channel), outcome,
# reopened. Only the last two are exported.
LEDGER_LOG = sa.Table(
    "ledger_log",
    METADATA,
    sa.Column("log_seq", SEQUENCE, primary_key=True, autoincrement=True),
    sa.Column("message_id", sa.String(32), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("outcome", sa.String(16), nullable=False),
    sa.Column("reason", sa.String(32), nullable=False),
    sa.Column("detail", sa.String(64), nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("provider", sa.String(32), nullable=False),
    sa.Column("provider_code", sa.String(32), nullable=False),
    sa.Column("provider_message_id", sa.String(256), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("is_uncertain", sa.Boolean, nullable=False),
    sa.Column("suppress_after", sa.Integer, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("content_hash", sa.String(32), nullable=False, server_default=""),  # of what was handed over
    sa.Index("ledger_log_message", "message_id"),
    sqlite_autoincrement=True,  # a number is never given twice, so the exporter's cursor means what it says
)

# One row per claimed batch. It is alive as long as its worker is (see liveness.py), so it needs no lease to
# run out.
CLAIMS = sa.Table(
    "claims",
    METADATA,
    sa.Column("claim_id", SEQUENCE, primary_key=True, autoincrement=True),
    sa.Column("worker", sa.String(64), nullable=False),
    sa.Column("claimed_at", Instant, nullable=False),
    sa.Column("released_at", Instant, nullable=True),
    sa.Index("claims_open", "released_at"),
    sqlite_autoincrement=True,
)

SUPPRESSION = sa.Table(
    "suppression",
    METADATA,
    sa.Column("channel", sa.String(32), primary_key=True),
    sa.Column("address_key", sa.String(32), primary_key=True),  # a digest: the list outlives an erasure
    sa.Column("reason", sa.String(32), nullable=False),
    sa.Column("strikes", sa.Integer, nullable=False),
    sa.Column("is_active", sa.Boolean, nullable=False),
    sa.Column("since_at", Instant, nullable=False),
)

CONSENT_NOW = sa.Table(
    "consent_now",
    METADATA,
    sa.Column("identifier_type", sa.String(32), primary_key=True),
    sa.Column("identifier_value", sa.String(400), primary_key=True),
    sa.Column("purpose", sa.String(64), primary_key=True),
    sa.Column("channel", sa.String(32), primary_key=True),
    sa.Column("is_granted", sa.Boolean, nullable=False),
    sa.Column("effective_at", Instant, nullable=False),
    sa.Column("event_id", sa.String(200), nullable=False),
    sa.Column("legal_basis", sa.String(64), nullable=False),
    sa.Column("evidence", sa.Text, nullable=False),
)

# What the consent object said last of one identifier: it speaks where it differs from that.
CONSENT_STATED = sa.Table(
    "consent_stated",
    METADATA,
    sa.Column("identifier_type", sa.String(32), primary_key=True),
    sa.Column("identifier_value", sa.String(400), primary_key=True),
    sa.Column("purpose", sa.String(64), primary_key=True),
    sa.Column("channel", sa.String(32), primary_key=True),
    sa.Column("category", sa.String(64), primary_key=True),
    sa.Column("is_granted", sa.Boolean, nullable=False),
    sa.Column("stated_at", Instant, nullable=False),
)

# Every event that went into the two projections above, once: a source that repeats an old grant can't undo a
# withdrawal, and a bounce counts as one strike however often it is told.
APPLIED_EVENTS = sa.Table(
    "applied_events",
    METADATA,
    sa.Column("event_id", sa.String(200), primary_key=True),
)

CURSORS = sa.Table(
    "cursors",
    METADATA,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

EXPORTS = sa.Table(
    "exports",
    METADATA,
    sa.Column("export_id", SEQUENCE, primary_key=True, autoincrement=True),
    sa.Column("from_seq", sa.BigInteger, nullable=False),
    sa.Column("to_seq", sa.BigInteger, nullable=False),
    sa.Column("commit_name", sa.String(16), nullable=False),
    sa.Column("landed_at", Instant, nullable=True),
)

PAUSES = sa.Table(
    "pauses",
    METADATA,
    sa.Column("scope", sa.String(64), primary_key=True),  # a channel, a journey, or * for everything
    sa.Column("since_at", Instant, nullable=False),
)
