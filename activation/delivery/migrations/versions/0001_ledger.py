"""The ledger, its log and claims; the projections of consent and suppression; cursors, exports and pauses."""

import sqlalchemy as sa
from alembic import op

revision = "delivery_0001"
down_revision = None
branch_labels = ("delivery",)
depends_on = None

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_LONG_TEXTS = (
    *("journey", "journey_version", "step_id", "enrolment_id", "profile_id", "channel"),
    *("purpose", "template", "template_version", "address", "identifiers", "locale", "variables"),
)


def upgrade() -> None:
    _ledger()
    _ledger_log()
    _claims()
    _projections()
    _cursors()


def downgrade() -> None:
    for table in ("pauses", "exports", "cursors", "applied_events", "consent_now", "suppression"):
        op.drop_table(table)
    for table in ("claims", "ledger_log", "ledger"):
        op.drop_table(table)


def _ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("message_id", sa.String(32), primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in _LONG_TEXTS),
        sa.Column("decided_at", sa.DateTime, nullable=False),
        sa.Column("not_after", sa.DateTime, nullable=False),
        sa.Column("is_transactional", sa.Boolean, nullable=False),
        sa.Column("lane", sa.Integer, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("due_at", sa.DateTime, nullable=False),
        sa.Column("claim_id", _SEQUENCE, nullable=True),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("is_uncertain", sa.Boolean, nullable=False),
        *_ending(),
        sa.Column("loaded_at", sa.DateTime, nullable=False),
        sa.Column("finished_at", sa.DateTime, nullable=True),
    )
    op.create_index("ledger_due", "ledger", ["state", "channel", "lane", "due_at"])
    op.create_index("ledger_claim", "ledger", ["claim_id"])


def _ledger_log() -> None:
    op.create_table(
        "ledger_log",
        sa.Column("log_seq", _SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("message_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        *_ending(),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("provider", sa.String(32), nullable=False),
        sa.Column("provider_code", sa.String(32), nullable=False),
        sa.Column("provider_message_id", sa.String(256), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("is_uncertain", sa.Boolean, nullable=False),
        sa.Column("suppress_after", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ledger_log_message", "ledger_log", ["message_id"])


def _ending() -> list[sa.Column]:
    return [
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("detail", sa.String(64), nullable=False),
    ]


def _claims() -> None:
    op.create_table(
        "claims",
        sa.Column("claim_id", _SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("worker", sa.String(64), nullable=False),
        sa.Column("claimed_at", sa.DateTime, nullable=False),
        sa.Column("released_at", sa.DateTime, nullable=True),
        sqlite_autoincrement=True,
    )
    op.create_index("claims_open", "claims", ["released_at"])


def _projections() -> None:
    op.create_table(
        "suppression",
        sa.Column("channel", sa.String(32), primary_key=True),
        sa.Column("address_key", sa.String(32), primary_key=True),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("strikes", sa.Integer, nullable=False),
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.Column("since_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "consent_now",
        sa.Column("identifier_type", sa.String(32), primary_key=True),
        sa.Column("identifier_value", sa.String(400), primary_key=True),
        sa.Column("purpose", sa.String(64), primary_key=True),
        sa.Column("channel", sa.String(32), primary_key=True),
        sa.Column("is_granted", sa.Boolean, nullable=False),
        sa.Column("effective_at", sa.DateTime, nullable=False),
        sa.Column("event_id", sa.String(200), nullable=False),
        sa.Column("legal_basis", sa.String(64), nullable=False),
        sa.Column("evidence", sa.Text, nullable=False),
    )
    op.create_table("applied_events", sa.Column("event_id", sa.String(200), primary_key=True))


def _cursors() -> None:
    op.create_table(
        "cursors",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "exports",
        sa.Column("export_id", _SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("from_seq", sa.BigInteger, nullable=False),
        sa.Column("to_seq", sa.BigInteger, nullable=False),
        sa.Column("commit_name", sa.String(16), nullable=False),
        sa.Column("landed_at", sa.DateTime, nullable=True),
    )
    op.create_table(
        "pauses",
        sa.Column("scope", sa.String(64), primary_key=True),
        sa.Column("since_at", sa.DateTime, nullable=False),
    )
