"""Whom do we know how to address? Figures of the segments page."""

from __future__ import annotations

from typing import Any

import pandas as pd

from activation.addresses import REACHED_BY
from dashboards.reader import Reader
from kith.warehouse import literal


def list_segments(reader: Reader) -> pd.DataFrame:
    """One row per segment with its size, its share of all people and its last movements."""
    return reader.frame("""
        WITH people AS (SELECT count(*) AS people FROM profiles WHERE NOT coalesce(is_bot, false)),

        last_changes AS (
            SELECT
                segment,
                count(*) FILTER (WHERE change = 'entered') AS entered_count,
                count(*) FILTER (WHERE change = 'left') AS left_count,
                "at" AS changed_at
            FROM segment_history
            GROUP BY segment, "at"
            QUALIFY row_number() OVER (PARTITION BY segment ORDER BY "at" DESC) = 1
        )

        SELECT
            segments.segment,
            coalesce(segments.description, '') AS description,
            segments.kind,
            segments.member_count,
            segments.member_count / nullif(people.people, 0) AS member_share,
            coalesce(last_changes.entered_count, 0) AS entered_count,
            coalesce(last_changes.left_count, 0) AS left_count,
            last_changes.changed_at,
            segments.evaluated_at,
            segments.version,
            coalesce(segments.held_reason, '') AS held_reason,
            segments.held_since
        FROM segments
        CROSS JOIN people
        LEFT JOIN last_changes ON last_changes.segment = segments.segment
        ORDER BY segments.member_count DESC, segments.segment""")


def movements(reader: Reader, segment: str) -> pd.DataFrame:
    """`at, entered_count, left_count, member_count`: one row per evaluation that moved somebody."""
    return reader.frame(
        """
        SELECT
            "at",
            count(*) FILTER (WHERE change = 'entered') AS entered_count,
            count(*) FILTER (WHERE change = 'left') AS left_count,
            CAST(sum(entered_count - left_count) OVER (ORDER BY "at") AS BIGINT) AS member_count
        FROM segment_history
        WHERE segment = $segment
        GROUP BY "at"
        ORDER BY "at" ASC""",
        segment=segment,
    )


def reasons_of_movement(reader: Reader, segment: str) -> pd.DataFrame:
    """`change, reason, people` over the whole history."""
    return reader.frame(
        """
        SELECT change, reason, count(*) AS people
        FROM segment_history
        WHERE segment = $segment
        GROUP BY ALL
        ORDER BY people DESC, change, reason""",
        segment=segment,
    )


def sample_members(reader: Reader, segment: str, limit: int = 50) -> pd.DataFrame:
    """Members without their addresses, in an order that says nothing about them."""
    return reader.frame(
        """
        SELECT
            members.profile_id,
            members.entered_at,
            profiles.country,
            profiles.order_count,
            CAST(profiles.order_amount AS DOUBLE) AS order_amount,
            profiles.currency,
            profiles.last_seen_at
        FROM segment_members AS members
        LEFT JOIN profiles ON profiles.profile_id = members.profile_id
        WHERE members.segment = $segment
        ORDER BY md5(members.profile_id)
        LIMIT $limit""",
        segment=segment,
        limit=limit,
    )


def overlaps(reader: Reader, segment: str) -> pd.DataFrame:
    """`segment, shared_count, shared_share, other_share`: members in common with each other segment.

    `shared_share` is of this segment, `other_share` of the other one, both 0–1.
    """
    return reader.frame(
        """
        WITH ours AS (SELECT profile_id FROM segment_members WHERE segment = $segment),

        shared AS (
            SELECT members.segment, count(ours.profile_id) AS shared_count, count(*) AS other_count
            FROM segment_members AS members
            LEFT JOIN ours ON ours.profile_id = members.profile_id
            WHERE members.segment <> $segment
            GROUP BY members.segment
        )

        SELECT
            segment,
            shared_count,
            shared_count / nullif((SELECT count(*) FROM ours), 0) AS shared_share,
            shared_count / nullif(other_count, 0) AS other_share
        FROM shared
        ORDER BY shared_count DESC, segment""",
        segment=segment,
    )


def find_segment(reader: Reader, segment: str) -> dict[str, Any]:
    """One segment's row, or an empty one."""
    return reader.row("SELECT * FROM segments WHERE segment = $segment", segment=segment)


def segment_names(reader: Reader) -> list[str]:
    """All segments that were ever evaluated."""
    return [row["segment"] for row in reader.rows("SELECT segment FROM segments ORDER BY segment")]


def trends(reader: Reader, points: int = 30) -> dict[str, list[int]]:
    """The size of each segment at its last evaluations that moved somebody, the present one last."""
    rows = reader.rows(
        """
        WITH moves AS (
            SELECT segment, "at", count(*) FILTER (WHERE change = 'entered') - count(*) FILTER (WHERE change = 'left')
                AS moved
            FROM segment_history
            GROUP BY segment, "at"
        ),

        sizes AS (
            SELECT segment, "at", CAST(sum(moved) OVER (PARTITION BY segment ORDER BY "at") AS BIGINT) AS size
            FROM moves
        )

        SELECT segment, list(size ORDER BY "at") AS sizes FROM sizes GROUP BY segment"""
    )
    return {row["segment"]: row["sizes"][-points:] for row in rows}


def reach(reader: Reader, purpose: str = "marketing") -> list[dict[str, Any]]:
    """`segment, channel, consented_count, reachable_count`: of the members those who gave consent on a channel (under
    every identifier that was asked), and who of them has an address for it where profiles tell."""
    if reader.missing("consents", "segment_members"):
        return []
    columns = reader.columns("profiles")
    addressed = [
        f"WHEN {literal(channel)} THEN {column if column.startswith('has_') else f'{column} IS NOT NULL'}"
        for channel, column in REACHED_BY.items()
        if column in columns
    ]
    return reader.rows(
        f"""
        WITH allowed AS (
            SELECT profile_id, channel FROM consents WHERE purpose = $purpose
            GROUP BY profile_id, channel HAVING bool_and(is_granted)
        ),

        reachable AS (
            SELECT allowed.profile_id, allowed.channel,
                coalesce(CASE allowed.channel {" ".join(addressed)} ELSE true END, false) AS is_reachable
            FROM allowed INNER JOIN profiles ON profiles.profile_id = allowed.profile_id
        )

        SELECT members.segment, reachable.channel, count(*) AS consented_count,
            count(*) FILTER (WHERE is_reachable) AS reachable_count
        FROM segment_members AS members
        INNER JOIN reachable ON reachable.profile_id = members.profile_id
        GROUP BY members.segment, reachable.channel
        ORDER BY members.segment, reachable.channel""",
        purpose=purpose,
    )
