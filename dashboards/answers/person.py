"""Who is this, and what do we know of them? Figures of the person's page."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dashboards.reader import Reader


def find_person(reader: Reader, profile_id: str) -> dict[str, Any]:
    """The profile of an id, read through the aliases; empty if nobody has it."""
    return reader.row(
        """
        SELECT *
        FROM profiles
        WHERE profile_id = coalesce(
            (SELECT any_value(profile_id) FROM profile_aliases WHERE alias_id = $profile_id), $profile_id
        )""",
        profile_id=profile_id,
    )


def identifiers_of(reader: Reader, profile_id: str) -> pd.DataFrame:
    """What belongs to this person: `identifier_type, identifier_value`."""
    return reader.frame(
        """
        SELECT identifier_type, identifier_value
        FROM identities
        WHERE profile_id = $profile_id
        ORDER BY
            list_position(['user_id', 'email', 'phone', 'anonymous_id'], identifier_type),
            identifier_value""",
        profile_id=profile_id,
    )


def scores_of(reader: Reader, profile_id: str) -> list[dict[str, Any]]:
    """Each model's score with the share of people below it; `reasons` is JSON text, or None."""
    reasons = "reasons" if "reasons" in reader.columns("scores") else "NULL"
    return reader.rows(
        f"""
        WITH own AS (SELECT *, {reasons} AS why FROM scores WHERE profile_id = $profile_id)

        SELECT
            own.model, own.score, own.model_version, own.scored_at, any_value(own.why) AS reasons,
            count(*) FILTER (WHERE everyone.score < own.score) / count(*) AS share_below
        FROM own
        INNER JOIN scores AS everyone ON everyone.model = own.model
        GROUP BY own.model, own.score, own.model_version, own.scored_at
        ORDER BY own.model""",
        profile_id=profile_id,
    )


def consents_of(reader: Reader, profile_id: str) -> pd.DataFrame:
    """Permissions as they stand: one row per purpose and channel."""
    return reader.frame(
        """
        SELECT purpose, channel, is_granted, legal_basis, evidence, effective_at
        FROM consents
        WHERE profile_id = $profile_id
        ORDER BY purpose, channel, effective_at DESC""",
        profile_id=profile_id,
    )


def segments_of(reader: Reader, profile_id: str) -> list[dict[str, Any]]:
    """Segments the person is in now, and since when."""
    return reader.rows(
        """
        SELECT members.segment, coalesce(segments.description, '') AS description, members.entered_at
        FROM segment_members AS members
        LEFT JOIN segments ON segments.segment = members.segment
        WHERE members.profile_id = $profile_id
        ORDER BY members.entered_at DESC, members.segment""",
        profile_id=profile_id,
    )


def orders_of(reader: Reader, profile_id: str) -> pd.DataFrame:
    """All orders, latest first."""
    return reader.frame(
        """
        SELECT order_id, ordered_at, status, line_count, order_amount, refunded_amount, net_amount, currency
        FROM orders
        WHERE profile_id = $profile_id
        ORDER BY ordered_at DESC, order_id""",
        profile_id=profile_id,
    )


def messages_of(reader: Reader, profile_id: str) -> pd.DataFrame:
    """Planned messages with what each gate and the provider said, latest first."""
    return reader.frame(
        """
        SELECT
            decided_at, campaign, channel, template, outcome, reason, sent_at, delivered_at,
            first_opened_at, first_clicked_at, converted_at, message_id
        FROM messages
        WHERE profile_id = $profile_id
        ORDER BY decided_at DESC, message_id""",
        profile_id=profile_id,
    )
