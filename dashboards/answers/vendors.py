"""How well messages arrive, by vendor and mailbox provider."""

from __future__ import annotations

import pandas as pd

from dashboards.reader import Reader


def rates_by_day(reader: Reader, days: int = 30) -> pd.DataFrame:
    """One row per channel, vendor and mailbox provider over the last days with any message: sent, and shares of it."""
    return reader.frame(
        """
        SELECT
            channel,
            provider,
            mailbox_domain,
            CAST(sum(sent_count) AS BIGINT) AS sent_count,
            sum(accepted_count) / nullif(sum(sent_count), 0) AS accepted_rate,
            sum(delivered_count) / nullif(sum(sent_count), 0) AS delivered_rate,
            sum(hard_bounce_count) / nullif(sum(sent_count), 0) AS hard_bounce_rate,
            sum(soft_bounce_count) / nullif(sum(sent_count), 0) AS soft_bounce_rate,
            sum(block_count) / nullif(sum(sent_count), 0) AS block_rate,
            sum(complaint_count) / nullif(sum(sent_count), 0) AS complaint_rate,
            sum(unsubscribe_count) / nullif(sum(sent_count), 0) AS unsubscribe_rate
        FROM deliverability
        WHERE sent_on > (SELECT max(sent_on) FROM deliverability) - CAST($days AS INTEGER)
        GROUP BY ALL
        ORDER BY sent_count DESC, channel, provider, mailbox_domain""",
        days=days,
    )
