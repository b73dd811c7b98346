"""How a person came to be as they are: where each trait comes from, visits, consents, journeys, messages."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dashboards.reader import Reader

EVENTS_A_PAGE = 100
#: Events that say something of consent, whatever else a workspace calls them in its words.
CONSENT_EVENTS = "(event ILIKE '%consent%' OR event ILIKE '%subscribed%' OR event ILIKE '%marked as spam%')"


def traits_of(reader: Reader, profile_id: str) -> list[dict[str, Any]]:
    """Each value that a trait ever had, the present one first: who told it and when."""
    return reader.rows(
        """
        SELECT trait, source, trait_value, valid_from, valid_to, known_at, is_current FROM profile_traits
        WHERE profile_id = $profile_id
        ORDER BY trait, is_current DESC, valid_from DESC, source""",
        profile_id=profile_id,
    )


def computed_of(reader: Reader, profile_id: str) -> list[dict[str, Any]]:
    """Computed attributes: `attribute, value, since_at`."""
    return reader.rows(
        """
        SELECT attribute, value, since_at FROM profile_attributes WHERE profile_id = $profile_id ORDER BY attribute""",
        profile_id=profile_id,
    )


def kinds_of_events(reader: Reader, profile_id: str) -> dict[str, int]:
    """What the person did, with how often."""
    rows = reader.rows(
        """
        SELECT coalesce(event, type) AS what, count(*) AS seen_count FROM events
        WHERE profile_id = $profile_id GROUP BY what ORDER BY seen_count DESC, what""",
        profile_id=profile_id,
    )
    return {row["what"]: row["seen_count"] for row in rows}


def events_of(reader: Reader, profile_id: str, kinds: list[str], page: int) -> pd.DataFrame:
    """A page of the person's events, the latest first; of these kinds, or all where none is given."""
    return reader.frame(
        f"""
        SELECT occurred_at AS "at", type AS kind, coalesce(event, type) AS what, coalesce(source, '') AS source,
            coalesce(properties ->> '$.order_id', properties ->> '$.name', properties ->> '$.path',
                properties ->> '$.campaign', properties ->> '$.query', '') AS detail
        FROM events
        WHERE profile_id = $profile_id {"AND list_contains($kinds, coalesce(event, type))" if kinds else ""}
        ORDER BY occurred_at DESC, what, event_id
        LIMIT {EVENTS_A_PAGE} OFFSET $skipped""",
        profile_id=profile_id,
        kinds=kinds,
        skipped=page * EVENTS_A_PAGE,
    )


def sessions_of(reader: Reader, profile_id: str, limit: int = 200) -> pd.DataFrame:
    """Visits, the latest first."""
    return reader.frame(
        """
        SELECT started_at, ended_at, event_count, page_count, order_count, channel, device FROM sessions
        WHERE profile_id = $profile_id ORDER BY started_at DESC, session_id LIMIT $limit""",
        profile_id=profile_id,
        limit=limit,
    )


def consent_events_of(reader: Reader, profile_id: str) -> list[dict[str, Any]]:
    """Every word about consent, the latest first."""
    return reader.rows(
        f"""
        SELECT occurred_at AS "at", event, properties ->> '$.purpose' AS purpose, properties ->> '$.channel' AS channel,
            properties ->> '$.status' AS status, coalesce(source, '') AS source
        FROM events WHERE profile_id = $profile_id AND {CONSENT_EVENTS}
        ORDER BY occurred_at DESC, event_id LIMIT 200""",
        profile_id=profile_id,
    )


def enrolments_of(reader: Reader, profile_id: str) -> list[dict[str, Any]]:
    """Each time that the person entered a journey, those that go on first."""
    return reader.rows(
        """
        SELECT enrolment_id, journey, journey_version, entered_at, segment, is_holdout, node_id, node_entered_at,
            is_ended, ended_by
        FROM enrolments WHERE profile_id = $profile_id
        ORDER BY is_ended, entered_at DESC, enrolment_id LIMIT 100""",
        profile_id=profile_id,
    )


def transitions_of(reader: Reader, profile_id: str) -> dict[str, list[dict[str, Any]]]:
    """The way of each enrolment, step by step."""
    rows = reader.rows(
        """
        SELECT enrolment_id, "at", kind, node_id, label, to_node_id, reason FROM journey_transitions
        WHERE profile_id = $profile_id ORDER BY enrolment_id, "at", depth""",
        profile_id=profile_id,
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["enrolment_id"], []).append(row)
    return found


def conflicts_of(reader: Reader, profile_id: str) -> list[dict[str, Any]]:
    """Pairs of identifiers, one of them this person's, that were seen together and are kept apart."""
    return reader.rows(
        """
        WITH own AS (SELECT identifier_type, identifier_value FROM identities WHERE profile_id = $profile_id)

        SELECT DISTINCT left_type, left_value, right_type, right_value, reason, rule
        FROM identity_conflicts
        INNER JOIN own
            ON (own.identifier_type, own.identifier_value) IN ((left_type, left_value), (right_type, right_value))
        ORDER BY left_value, right_value LIMIT 50""",
        profile_id=profile_id,
    )
