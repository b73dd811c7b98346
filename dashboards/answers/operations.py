"""What went through and what did not: figures of the pages of the group “Run”, from the published snapshot."""

from __future__ import annotations

import pandas as pd

from dashboards.reader import Reader

OUTCOMES = ("accepted", "withheld", "suppressed", "expired", "rejected", "failed", "unknown", "pending")


def messages_by_day(reader: Reader, days: int = 60) -> pd.DataFrame:
    """`day, outcome, messages`: planned messages by the local day of their decision, the last days of them."""
    return reader.frame(
        """
        WITH told AS (
            SELECT
                CAST(timezone($zone, timezone('UTC', decided_at)) AS DATE) AS day,
                coalesce(outcome, 'pending') AS outcome
            FROM messages
        )

        SELECT day, outcome, count(*) AS messages
        FROM told
        WHERE day > (SELECT max(day) FROM told) - CAST($days AS INTEGER)
        GROUP BY ALL
        ORDER BY day, outcome""",
        days=days,
    )


def activation(reader: Reader) -> pd.DataFrame:
    """One row per campaign or journey and channel: planned, each outcome, and `gap` = planned less their sum."""
    counted = ", ".join(f"count(*) FILTER (WHERE ended = '{each}') AS {each}" for each in OUTCOMES)
    summed = " - ".join(OUTCOMES)
    return reader.frame(f"""
        WITH ended AS (SELECT *, coalesce(outcome, 'pending') AS ended FROM messages),

        counted AS (
            SELECT
                campaign, coalesce(channel, '') AS channel, count(*) AS planned, {counted},
                max(decided_at) AS last_decided_at
            FROM ended
            GROUP BY ALL
        )

        SELECT *, planned - {summed} AS gap
        FROM counted
        ORDER BY last_decided_at DESC, campaign, channel""")


def sync_runs(reader: Reader, limit: int = 500) -> pd.DataFrame:
    """One row per run of a sync, the last first: rows, each outcome, how many in doubt."""
    return reader.frame(
        """
        SELECT
            sync,
            run_id,
            any_value(destination) AS destination,
            any_value(mode) AS mode,
            count(*) AS planned,
            count(*) FILTER (WHERE outcome = 'accepted') AS accepted,
            count(*) FILTER (WHERE outcome = 'skipped') AS skipped,
            count(*) FILTER (WHERE outcome = 'rejected') AS rejected,
            count(*) FILTER (WHERE outcome = 'failed') AS failed,
            count(*) FILTER (WHERE outcome = 'unknown') AS unknown,
            count(*) FILTER (WHERE is_uncertain) AS in_doubt,
            max(finished_at) AS finished_at
        FROM sync_rows
        GROUP BY sync, run_id
        ORDER BY finished_at DESC, sync
        LIMIT $limit""",
        limit=limit,
    )


def checks(reader: Reader, kinds: list[str]) -> pd.DataFrame:
    """One row per source and check of these kinds: how often asked, how often failed, its last verdict."""
    return reader.frame(
        """
        SELECT
            source,
            check_name,
            arg_max(severity, "at") AS severity,
            bool_or(is_blocking) AS is_blocking,
            count(*) AS asked_count,
            count(*) FILTER (WHERE NOT is_passed) AS failed_count,
            arg_max(is_passed, "at") AS is_passed,
            arg_max(CAST(observed AS VARCHAR), "at") AS observed,
            arg_max(CAST(expected AS VARCHAR), "at") AS expected,
            arg_max(observed_count, "at") AS observed_count,
            max("at") AS last_at
        FROM quality_checks
        WHERE list_contains($kinds, kind)
        GROUP BY source, check_name
        ORDER BY is_passed, failed_count DESC, source, check_name""",
        kinds=kinds,
    )


def set_aside(reader: Reader) -> pd.DataFrame:
    """`source, reason, day, rows_count`: rows that broke a row rule, by the day on which that was found."""
    return reader.frame("""
        SELECT
            source, check_name AS reason, CAST("at" AS DATE) AS day,
            CAST(sum(observed_count) AS BIGINT) AS rows_count
        FROM quality_checks
        WHERE kind = 'bad_input' AND fate = 'set_aside'
        GROUP BY ALL
        ORDER BY rows_count DESC, source, reason""")


def sources(reader: Reader) -> pd.DataFrame:
    """One row per source of events: all events, those of the last seven days and of the seven before, the last day."""
    return reader.frame("""
        WITH horizon AS (SELECT max(occurred_on) AS today FROM events_daily)

        SELECT
            source,
            CAST(sum(event_count) AS BIGINT) AS event_count,
            coalesce(CAST(sum(event_count) FILTER (WHERE occurred_on > today - 7) AS BIGINT), 0) AS recent_count,
            CAST(
                coalesce(sum(event_count) FILTER (WHERE occurred_on <= today - 7 AND occurred_on > today - 14), 0)
                AS BIGINT
            ) AS earlier_count,
            min(occurred_on) AS first_on,
            max(occurred_on) AS last_on,
            date_diff('day', max(occurred_on), any_value(today)) AS silent_days
        FROM events_daily
        CROSS JOIN horizon
        GROUP BY source
        ORDER BY silent_days DESC, event_count DESC""")


def conflicts_by_reason(reader: Reader) -> pd.DataFrame:
    """`reason, rule, left_type, right_type, conflicts, evidence`: links that a rule refused."""
    return reader.frame("""
        SELECT
            reason, rule, left_type, right_type, count(*) AS conflicts,
            CAST(sum(edge_count) AS BIGINT) AS evidence
        FROM identity_conflicts
        GROUP BY ALL
        ORDER BY conflicts DESC, reason""")


def conflicts(reader: Reader, reason: str | None, limit: int = 500) -> pd.DataFrame:
    """The refused links with most evidence, of one reason or all, with the profiles that both sides belong to."""
    return reader.frame(
        """
        WITH refused AS (
            SELECT left_type, left_value, right_type, right_value, reason, edge_count, first_received_at
            FROM identity_conflicts
            WHERE $reason IS NULL OR reason = $reason
            ORDER BY edge_count DESC, first_received_at, left_value, right_value
            LIMIT $limit
        )

        SELECT refused.*, a.profile_id AS left_profile, b.profile_id AS right_profile
        FROM refused
        LEFT JOIN identities AS a ON a.identifier_type = left_type AND a.identifier_value = left_value
        LEFT JOIN identities AS b ON b.identifier_type = right_type AND b.identifier_value = right_value
        ORDER BY edge_count DESC, first_received_at, left_value, right_value""",
        reason=reason,
        limit=limit,
    )


def consents(reader: Reader) -> pd.DataFrame:
    """`purpose, channel, legal_basis, granted, refused`: profiles by what they said last, the strictest of their own."""
    return reader.frame("""
        SELECT
            purpose, channel,
            count(*) FILTER (WHERE is_granted) AS granted,
            count(*) FILTER (WHERE NOT is_granted) AS refused
        FROM consents
        GROUP BY purpose, channel
        ORDER BY granted + refused DESC, purpose, channel""")


def consent_words_by_week(reader: Reader) -> pd.DataFrame:
    """`week, purpose, channel, granted, refused, standing`: words said in each week; `standing` = identifiers whose
    word in force at the week's end was a yes."""
    return reader.frame("""
        WITH said AS (
            SELECT
                purpose, channel, date_trunc('week', valid_from) AS week,
                count(*) FILTER (WHERE is_granted) AS granted,
                count(*) FILTER (WHERE NOT is_granted) AS refused
            FROM consent_history
            WHERE valid_to IS NULL OR valid_to > valid_from
            GROUP BY ALL
        ),

        changes AS (
            SELECT purpose, channel, date_trunc('week', valid_from) AS week, count(*) AS change
            FROM consent_history
            WHERE is_granted AND (valid_to IS NULL OR valid_to > valid_from)
            GROUP BY ALL
            UNION ALL
            SELECT purpose, channel, date_trunc('week', valid_to) AS week, -count(*) AS change
            FROM consent_history
            WHERE is_granted AND valid_to > valid_from
            GROUP BY ALL
        ),

        weeks AS (SELECT purpose, channel, week, sum(change) AS change FROM changes GROUP BY ALL)

        SELECT
            CAST(week AS DATE) AS week, purpose, channel,
            coalesce(said.granted, 0) AS granted, coalesce(said.refused, 0) AS refused,
            CAST(sum(weeks.change) OVER (PARTITION BY purpose, channel ORDER BY week) AS BIGINT) AS standing
        FROM weeks
        LEFT JOIN said USING (purpose, channel, week)
        ORDER BY week, purpose, channel""")


def legal_bases(reader: Reader) -> pd.DataFrame:
    """`purpose, channel, legal_basis, evidence, people`: on what the yeses rest."""
    return reader.frame("""
        SELECT
            purpose, channel, coalesce(nullif(legal_basis, ''), 'not stated') AS legal_basis,
            count(*) AS people,
            count(*) FILTER (WHERE coalesce(evidence, '') <> '') AS with_evidence
        FROM consents
        WHERE is_granted
        GROUP BY ALL
        ORDER BY people DESC, purpose, channel""")
