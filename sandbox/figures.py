"""The demo's figures, each asked of the published snapshot by `kith query`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from kith.errors import KithError
from sandbox.platform import Platform

QUERIES = {
    "people": """
        SELECT (SELECT count(*) FROM profiles) AS profiles,
               (SELECT count(*) FROM profiles WHERE user_id IS NOT NULL) AS known_customers,
               (SELECT count(*) FROM identities) AS identifiers,
               (SELECT count(*) FROM identity_conflicts) AS conflicts_set_aside,
               (SELECT sum(event_count)::BIGINT FROM events_daily) AS events,
               (SELECT count(*) FROM sessions) AS sessions,
               (SELECT count(*) FROM orders) AS orders,
               (SELECT sum(net_amount)::DOUBLE FROM orders) AS net_revenue""",
    "models": """
        SELECT model,
               max(CAST(model_version AS INTEGER)) FILTER (WHERE is_champion) AS champion,
               arg_max(candidate, trained_at) AS candidate,
               arg_max(reason, trained_at) AS last_judgement
        FROM model_runs GROUP BY model ORDER BY model""",
    "segments": "SELECT segment, member_count FROM segments ORDER BY segment",
    "syncs": """
        SELECT sync, destination, outcome, count(*) AS row_count
        FROM sync_rows GROUP BY sync, destination, outcome ORDER BY sync, destination, outcome""",
    "campaigns": "SELECT * FROM campaign_performance ORDER BY campaign, channel",
}


def read_figures(platform: Platform) -> dict[str, Any]:
    """Rows by name of the query. What can't be answered is None, so that a summary is never lost for it."""
    with ThreadPoolExecutor(2) as two:
        answers = two.map(lambda sql: _ask(platform, sql), QUERIES.values())
        return dict(zip(QUERIES, answers, strict=True))


def _ask(platform: Platform, sql: str) -> list[dict[str, Any]] | None:
    try:
        return platform.ask("query", " ".join(sql.split()))
    except KithError:
        return None
