"""What did a campaign do, to whom, and did it work? Figures of the campaigns page."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dashboards import kpis
from dashboards.reader import Reader

#: Outcomes in the order in which a message can end, each with what it means.
OUTCOMES = {
    "accepted": "Taken by the provider",
    "withheld": "Not sent: refused when the send was planned",
    "suppressed": "Not sent: consent or suppression changed before sending",
    "expired": "Not sent: too late to still make sense",
    "rejected": "Refused by the provider",
    "failed": "Could not be handed over",
    "unknown": "Handed over, but the answer never came",
    "pending": "Waiting to be sent",
}

#: The metrics of `messages_by_campaign` that the page shows.
FIGURES = (
    "messages_planned",
    "messages_held_out",
    "messages_sent",
    "messages_opened",
    "messages_clicked",
    "messages_replied",
    "messages_unsubscribed",
    "messages_bounced",
    "messages_complained",
)


def list_campaigns(reader: Reader) -> list[str]:
    """Names, the one with the latest decision first."""
    rows = reader.rows("""
        SELECT campaign, max(decided_at) AS last_at
        FROM messages
        WHERE campaign IS NOT NULL
        GROUP BY campaign
        ORDER BY last_at DESC NULLS LAST, campaign""")
    return [row["campaign"] for row in rows]


def counts_by_campaign(reader: Reader) -> dict[str, dict[str, Any]]:
    """`planned, sent, opened, clicked, ordered, lift` (percentage points, of the largest channel) by campaign."""
    rows = reader.rows("""
        SELECT
            campaign,
            CAST(sum(audience_count) AS BIGINT) AS planned,
            CAST(sum(accepted_count) AS BIGINT) AS sent,
            CAST(sum(opened_count) AS BIGINT) AS opened,
            CAST(sum(clicked_count) AS BIGINT) AS clicked,
            CAST(sum(converted_count) AS BIGINT) AS ordered,
            100 * arg_max(lift, audience_count) AS lift
        FROM campaign_performance
        GROUP BY campaign
        ORDER BY planned DESC, campaign""")
    return {row.pop("campaign"): row for row in rows}


def performance(reader: Reader, campaign: str) -> list[dict[str, Any]]:
    """The rows of `campaign_performance`, one per channel."""
    return reader.rows(
        "SELECT * FROM campaign_performance WHERE campaign = $campaign ORDER BY audience_count DESC, channel",
        campaign=campaign,
    )


def told_messages(reader: Reader, campaign: str) -> dict[str, int] | None:
    """What became of a campaign's messages, by metric; None where the run kept no metrics."""
    told = kpis.saved_sql(reader, kpis.CAMPAIGNS)
    if told is None:
        return None
    sums = ", ".join(f"CAST(coalesce(sum({name}), 0) AS BIGINT) AS {name}" for name in FIGURES)
    return reader.row(f"SELECT {sums} FROM {told} AS told WHERE campaign = $campaign", campaign=campaign)


def conservation(reader: Reader, campaign: str) -> pd.DataFrame:
    """`outcome, reason, message_count, message_share`: every planned message exactly once."""
    return reader.frame(
        """
        WITH ended AS (
            SELECT coalesce(outcome, 'pending') AS outcome, coalesce(reason, '') AS reason
            FROM messages
            WHERE campaign = $campaign
        )

        SELECT outcome, reason, count(*) AS message_count, count(*) / sum(count(*)) OVER () AS message_share
        FROM ended
        GROUP BY outcome, reason
        ORDER BY list_position($outcomes, outcome), message_count DESC, reason""",
        campaign=campaign,
        outcomes=list(OUTCOMES),
    )


def audience(reader: Reader, campaign: str) -> int:
    """Planned messages by the campaign's own table, to hold the outcomes against."""
    row = reader.row(
        """
        SELECT CAST(sum(audience_count) AS BIGINT) AS audience
        FROM campaign_performance
        WHERE campaign = $campaign""",
        campaign=campaign,
    )
    return row.get("audience") or 0


def steps_to_conversion(reader: Reader, campaign: str) -> pd.DataFrame:
    """`stage, message_count` from the audience down to orders, in order."""
    return reader.frame(
        """
        SELECT stage, message_count
        FROM (
            SELECT
                count(*) AS "Audience",
                count(*) FILTER (WHERE decision = 'send') AS "Cleared to send",
                count(*) FILTER (WHERE outcome = 'accepted') AS "Accepted",
                count(*) FILTER (WHERE decision = 'send' AND delivered_at IS NOT NULL) AS "Delivered",
                count(*) FILTER (WHERE decision = 'send' AND first_opened_at IS NOT NULL) AS "Opened",
                count(*) FILTER (WHERE decision = 'send' AND first_clicked_at IS NOT NULL) AS "Clicked",
                count(*) FILTER (WHERE decision = 'send' AND converted_at IS NOT NULL) AS "Ordered"
            FROM messages
            WHERE campaign = $campaign
        ) AS counted
        UNPIVOT (
            message_count FOR stage IN
            ("Audience", "Cleared to send", "Accepted", "Delivered", "Opened", "Clicked", "Ordered")
        )""",
        campaign=campaign,
    )


def reached_by_hour(reader: Reader, campaign: str, steps: int = 240) -> pd.DataFrame:
    """`action, hours, reached`: how many messages were opened, clicked or ordered from within so many hours of their
    sending, in `steps` equal steps up to a week."""
    return reader.frame(
        """
        WITH answered AS (
            SELECT action, date_diff('second', sent_at, happened_at) / 3600.0 AS hours
            FROM (
                SELECT
                    sent_at,
                    first_opened_at AS "Opened",
                    first_clicked_at AS "Clicked",
                    converted_at AS "Ordered"
                FROM messages
                WHERE campaign = $campaign AND outcome = 'accepted'
            ) AS sent
            UNPIVOT (happened_at FOR action IN ("Opened", "Clicked", "Ordered"))
            WHERE happened_at >= sent_at
        ),

        stepped AS (
            SELECT action, ceil(least(hours, 168) * $steps / 168) * 168 / $steps AS hours, count(*) AS answers
            FROM answered
            GROUP BY ALL
        )

        SELECT
            action,
            hours,
            CAST(sum(answers) OVER (PARTITION BY action ORDER BY hours) AS BIGINT) AS reached
        FROM stepped
        ORDER BY list_position(['Opened', 'Clicked', 'Ordered'], action), hours""",
        campaign=campaign,
        steps=steps,
    )


def median_hours(reader: Reader, campaign: str) -> dict[str, float]:
    """Hours from sending until half of those who ever did it had opened, clicked or ordered."""
    row = reader.row(
        """
        SELECT
            median(date_diff('second', sent_at, first_opened_at) / 3600.0) AS opened,
            median(date_diff('second', sent_at, first_clicked_at) / 3600.0) AS clicked,
            median(date_diff('second', sent_at, converted_at) / 3600.0) FILTER (WHERE converted_at >= sent_at)
                AS ordered
        FROM messages
        WHERE campaign = $campaign AND outcome = 'accepted'""",
        campaign=campaign,
    )
    return {action: hours for action, hours in row.items() if hours is not None}


def held_out(reader: Reader, campaign: str) -> int:
    """People held out whom every other gate would have let through: the arm to measure against."""
    row = reader.row(
        """
        SELECT count(DISTINCT profile_id) AS people
        FROM messages
        WHERE campaign = $campaign AND is_holdout AND is_eligible""",
        campaign=campaign,
    )
    return row["people"]


def uncertain_messages(reader: Reader, campaign: str, limit: int = 500) -> pd.DataFrame:
    """Messages that may have been handed over twice or not at all, for a person to look at."""
    return reader.frame(
        """
        SELECT message_id, profile_id, channel, outcome, reason, attempts, decided_at, sent_at, delivered_at
        FROM messages
        WHERE campaign = $campaign AND (is_uncertain OR outcome = 'unknown')
        ORDER BY decided_at, message_id
        LIMIT $limit""",
        campaign=campaign,
        limit=limit,
    )
