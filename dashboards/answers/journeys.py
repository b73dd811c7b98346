"""What the journeys' pages ask the snapshot: where people are, how they went, what became of their messages.

A journey's steps are counted by version; '' as version means all. Nodes of a loop's laps (`wait:2d#3`) count as their
step, as do the receipts that a message is awaited by.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dashboards.reader import Reader

TABLES = ("journeys", "enrolments", "journey_transitions", "messages")
_OF = "journey = $journey AND ($version = '' OR journey_version = $version)"
_STEP = "regexp_replace(split_part({node}, '#', 1), ':receipt$', '')"

_JOURNEYS = """
    -- One row per journey that anybody is or was in.
    SELECT journey, count(*) AS versions, sum(enrolment_count)::BIGINT AS entrants, sum(inside_count)::BIGINT AS inside,
           sum(goal_count)::BIGINT AS goals, sum(completed_count)::BIGINT AS completed,
           sum(stopped_count)::BIGINT AS stopped, sum(holdout_count)::BIGINT AS held_out,
           max(last_entered_at) AS last_entered_at
    FROM journeys GROUP BY journey
"""

_VERSIONS = """
    SELECT journey_version AS version, enrolment_count AS entrants, inside_count AS inside, goal_count AS goals,
           completed_count AS completed, stopped_count AS stopped, holdout_count AS held_out, first_entered_at,
           last_entered_at
    FROM journeys WHERE journey = $journey ORDER BY last_entered_at DESC, journey_version
"""

_LEFT = f"""
    -- One row per step and way by which it was left.
    SELECT {_STEP.format(node="step_id")} AS step_id, label, count(*) AS moves
    FROM journey_transitions WHERE {_OF} AND kind <> 'entered' AND node_id <> ''
      AND label NOT IN ('goal', 'stopped', 'merged', 'migrated') AND step_id NOT LIKE '%:receipt'
    GROUP BY ALL
"""

_PULLED = f"""
    -- One row per step: those whom a goal or a stop took out of it.
    SELECT {_STEP.format(node="step_id")} AS step_id, label, count(*) AS moves
    FROM journey_transitions WHERE {_OF} AND kind = 'exited' AND label IN ('goal', 'stopped', 'merged') GROUP BY ALL
"""

_WAITING = f"""
    -- One row per step in which anybody is now.
    SELECT {_STEP.format(node="node_id")} AS step_id, count(*) AS people
    FROM enrolments WHERE {_OF} AND NOT is_ended GROUP BY ALL
"""

_MESSAGES = """
    -- One row per step that sends.
    SELECT step_id, count(*) AS planned, count(*) FILTER (outcome = 'accepted') AS sent,
           count(first_opened_at) AS opened, count(first_clicked_at) AS clicked, count(converted_at) AS converted
    FROM messages WHERE campaign = $journey AND ($version = '' OR journey_version = $version) GROUP BY step_id
"""

_OUTCOMES = """
    SELECT CASE WHEN outcome = 'accepted' THEN 'sent' ELSE coalesce(nullif(reason, ''), outcome) END AS outcome,
           count(*) AS messages
    FROM messages WHERE campaign = $journey AND ($version = '' OR journey_version = $version) AND step_id = $step
    GROUP BY ALL ORDER BY messages DESC, outcome
"""

_PEOPLE = f"""
    SELECT profile_id, entry_key, entered_at, node_entered_at AS since, is_holdout
    FROM enrolments WHERE {_OF} AND NOT is_ended AND {_STEP.format(node="node_id")} = $step
    ORDER BY node_entered_at DESC, enrolment_id LIMIT 200
"""


@dataclass(frozen=True)
class Steps:
    """The counts of a journey's steps by step id. `left` also by the way by which the step was left; `pulled` are
    those whom a goal or a stop took out there."""

    left: Mapping[str, Mapping[str, int]]
    pulled: Mapping[str, Mapping[str, int]]
    waiting: Mapping[str, int]
    messages: Mapping[str, Mapping[str, int]]


def journeys(reader: Reader) -> dict[str, dict[str, Any]]:
    """The figures of every journey and campaign that anybody is or was in, by name."""
    return {row["journey"]: row for row in reader.rows(_JOURNEYS)}


def lifts(reader: Reader) -> dict[str, dict[str, Any]]:
    """The measured lift of each, where there is one; the first channel's row, as they share it."""
    if reader.missing("campaign_performance"):
        return {}
    rows = reader.rows(
        "SELECT campaign, any_value(lift) AS lift, any_value(lift_lower) AS lower, any_value(lift_upper) AS upper"
        " FROM campaign_performance WHERE lift IS NOT NULL GROUP BY campaign"
    )
    return {row["campaign"]: row for row in rows}


def versions(reader: Reader, journey: str) -> list[dict[str, Any]]:
    """The versions of a journey that anybody is or was in, the latest first."""
    return reader.rows(_VERSIONS, journey=journey)


def steps(reader: Reader, journey: str, version: str) -> Steps:
    """How people went through the steps."""
    told = {"journey": journey, "version": version}
    return Steps(
        left=_by_step(reader.rows(_LEFT, **told)),
        pulled=_by_step(reader.rows(_PULLED, **told)),
        waiting={row["step_id"]: row["people"] for row in reader.rows(_WAITING, **told)},
        messages={row.pop("step_id"): row for row in reader.rows(_MESSAGES, **told)},
    )


def outcomes(reader: Reader, journey: str, version: str, step: str) -> pd.DataFrame:
    """(outcome, messages) of a step that sends: sent, or the reason why not."""
    return reader.frame(_OUTCOMES, journey=journey, version=version, step=step)


def people(reader: Reader, journey: str, version: str, step: str) -> pd.DataFrame:
    """Those who are in a step now, at most 200, the latest first."""
    return reader.frame(_PEOPLE, journey=journey, version=version, step=step)


def _by_step(rows: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row["step_id"], {})[row["label"]] = row["moves"]
    return found
