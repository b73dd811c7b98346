"""What `kith journeys` shows: plain rows."""

from __future__ import annotations

from typing import Any

from activation.journeys.programme import load_programme
from kith.errors import KithError
from kith.settings import Settings
from kith.times import format_instant, parse_instant
from kith.warehouse import Warehouse

_STANDING = """
    -- One row per journey and decision with its reason.
    SELECT journey, decision, reason, count(*) AS messages,
           count(DISTINCT enrolment_id) AS enrolments,
           count(*) FILTER (WHERE is_eligible) AS eligible,
           min(decided_at) AS first_decided_at, max(decided_at) AS last_decided_at
    FROM lake_journeys_outbox
    WHERE $name IS NULL OR journey = $name
    GROUP BY journey, decision, reason
    ORDER BY journey, decision, messages DESC, reason
"""


def defined(settings: Settings) -> list[dict[str, Any]]:
    """One row per campaign, drafts included."""
    return [
        {
            "name": each.name,
            "state": each.body.state,
            "to": each.body.to,
            "launch_at": format_instant(parse_instant(each.body.launch_at, settings.zone)),
            "send": each.body.send,
            "by": each.body.by,
            "holdout": each.body.holdout,
            "version": each.version,
        }
        for each in load_programme(settings).definitions
    ]


def standing(settings: Settings, name: str | None = None) -> list[dict[str, Any]]:
    """One row per journey, decision and reason; an unknown name is an error."""
    with Warehouse(settings) as warehouse:
        warehouse.attach_lake("journeys")
        rows = warehouse.rows(_STANDING, {"name": name})
    known = {each.name for each in load_programme(settings).definitions}
    if name and not rows and name not in known:
        raise KithError(f"there is no journey {name}", expected=", ".join(sorted(known)) or "none is defined")
    return rows
