"""Who carried a campaign, how well, and which variant did best."""

from __future__ import annotations

import pandas as pd

from dashboards.reader import Reader


def vendors(reader: Reader, campaign: str) -> pd.DataFrame:
    """One row per channel and vendor that a message was handed to: how each ended, and what came back."""
    vendor = "sent_provider" if "sent_provider" in reader.columns("messages") else "NULL"
    carried = "sent_channel" if "sent_channel" in reader.columns("messages") else "NULL"
    return reader.frame(
        f"""
        SELECT
            coalesce({carried}, channel) AS channel,
            coalesce(nullif({vendor}, ''), 'none named') AS vendor,
            count(*) AS handed_over,
            count(*) FILTER (WHERE outcome = 'accepted') AS accepted,
            count(delivered_at) AS delivered,
            count(first_opened_at) AS opened,
            count(bounced_at) AS bounced,
            count(complained_at) AS complained,
            count(unsubscribed_at) AS unsubscribed
        FROM messages
        WHERE campaign = $campaign AND outcome IN ('accepted', 'rejected', 'failed', 'unknown')
        GROUP BY ALL
        ORDER BY handed_over DESC, channel, vendor""",
        campaign=campaign,
    )


def domains(reader: Reader, campaign: str, limit: int = 12) -> pd.DataFrame:
    """One row per mailbox provider, the largest first: all mail of the days on which the campaign's left."""
    return reader.frame(
        """
        WITH days AS (
            SELECT DISTINCT CAST(sent_at AS DATE) AS sent_on, channel
            FROM messages
            WHERE campaign = $campaign AND sent_at IS NOT NULL
        )

        SELECT
            mailbox_domain,
            provider AS vendor,
            CAST(sum(sent_count) AS BIGINT) AS sent,
            CAST(sum(delivered_count) AS BIGINT) AS delivered,
            CAST(sum(hard_bounce_count + soft_bounce_count + block_count) AS BIGINT) AS bounced,
            CAST(sum(complaint_count) AS BIGINT) AS complained,
            sum(hard_bounce_count + soft_bounce_count + block_count) / nullif(sum(sent_count), 0) AS bounce_rate,
            sum(complaint_count) / nullif(sum(sent_count), 0) AS complaint_rate
        FROM deliverability
        SEMI JOIN days USING (sent_on, channel)
        WHERE coalesce(mailbox_domain, '') <> ''
        GROUP BY ALL
        ORDER BY sent DESC, mailbox_domain
        LIMIT $limit""",
        campaign=campaign,
        limit=limit,
    )


def variants(reader: Reader, campaign: str) -> pd.DataFrame:
    """One row per variant: people, those who reached the goal, and whether it leads, won, and is proved."""
    return reader.frame(
        """
        SELECT variant, goal, people_count, reached_count, rate, is_leader, is_winner, is_proved, decided_at
        FROM experiments
        WHERE journey = $campaign
        ORDER BY step_id, variant_number""",
        campaign=campaign,
    )


def templates(reader: Reader, campaign: str) -> pd.DataFrame:
    """One row per template that was sent: accepted, opened, clicked, ordered."""
    return reader.frame(
        """
        SELECT
            template,
            count(*) AS accepted,
            count(first_opened_at) AS opened,
            count(first_clicked_at) AS clicked,
            count(converted_at) AS ordered
        FROM messages
        WHERE campaign = $campaign AND outcome = 'accepted'
        GROUP BY template
        ORDER BY accepted DESC, template""",
        campaign=campaign,
    )


def engagement_by_day(reader: Reader, campaign: str) -> pd.DataFrame:
    """`day, action, messages`: what happened on each local day since the first message left."""
    return reader.frame(
        """
        SELECT CAST(timezone($zone, timezone('UTC', happened_at)) AS DATE) AS day, action, count(*) AS messages
        FROM (
            SELECT
                sent_at AS "Sent",
                first_opened_at AS "Opened",
                first_clicked_at AS "Clicked",
                converted_at AS "Ordered",
                unsubscribed_at AS "Unsubscribed",
                complained_at AS "Complained"
            FROM messages
            WHERE campaign = $campaign AND outcome = 'accepted'
        ) AS told
        UNPIVOT (
            happened_at FOR action IN ("Sent", "Opened", "Clicked", "Ordered", "Unsubscribed", "Complained")
        )
        GROUP BY ALL
        ORDER BY day, action""",
        campaign=campaign,
    )
