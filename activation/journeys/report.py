"""What `kith journeys` shows: plain rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from activation.journeys.controls import controls
from activation.journeys.controls import standing as told_last
from activation.journeys.graph import Graph, Message
from activation.journeys.graph.wording import entry_in_words
from activation.journeys.programme import Programme, load_programme
from kith.definitions import Definition
from kith.errors import KithError
from kith.lake import Home
from kith.settings import Settings
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

_PLACES = """
    -- One row per journey, version and step in which somebody is; who has left is in the step ''.
    WITH last AS (
        SELECT enrolment_id, any_value(journey) AS journey, arg_max(journey_version, depth) AS version,
               arg_max(to_node_id, depth) AS node_id, max("at") AS since
        FROM lake_journeys_transitions
        WHERE $name IS NULL OR journey = $name
        GROUP BY enrolment_id
    )
    SELECT journey, version, node_id, count(*) AS enrolments, min(since) AS first_since, max(since) AS last_since
    FROM last
    GROUP BY journey, version, node_id
    ORDER BY journey, version, enrolments DESC, node_id
"""

_STATES = {"pause": "paused", "stop": "stopped"}


def defined(settings: Settings) -> list[dict[str, Any]]:
    """One row per campaign and journey, drafts included, and per one whose file is gone with people inside."""
    programme = load_programme(settings)
    told = controls(Home(settings.home))
    places = whereabouts(settings)
    counts: dict[str, dict[str, int]] = {}
    for row in places:
        of = counts.setdefault(row["journey"], {"inside": 0, "entered": 0})
        of["entered"] += row["enrolments"]
        of["inside"] += row["enrolments"] if row["node_id"] else 0
    rows = [
        _defined(each, programme.graphs[each.name], told_last(told, each.name), counts.get(each.name, {}))
        for each in programme.definitions
    ]
    return rows + [_deleted(name, counts[name]) for name in left_behind(programme, places)]


def _defined(
    definition: Definition[Any], graph: Graph, told: str, counts: Mapping[str, int]
) -> dict[str, Any]:
    messages = [node for node in graph.nodes if isinstance(node, Message)]
    state = definition.body.state
    return {
        "name": definition.name,
        "kind": definition.kind.removesuffix("s"),
        "state": _STATES.get(told, state) if state == "live" else state,
        "enter": entry_in_words(graph),
        "send": ", ".join(dict.fromkeys(node.template for node in messages)),
        "by": ", ".join(dict.fromkeys(channel for node in messages for channel in node.channels)),
        "steps": len({node.step_id for node in graph.nodes}),
        "holdout": graph.holdout,
        "entered": counts.get("entered", 0),
        "inside": counts.get("inside", 0),
        "version": graph.version,
    }


def _deleted(name: str, counts: Mapping[str, int]) -> dict[str, Any]:
    empty = {"enter": "", "send": "", "by": "", "steps": 0, "holdout": 0.0, "version": ""}
    return {"name": name, "kind": "", "state": "deleted", **empty, **counts}


def left_behind(programme: Programme, places: list[dict[str, Any]]) -> list[str]:
    """Journeys whose file is gone while people are in them; they go on under their version."""
    known = {each.name for each in programme.definitions}
    return sorted({row["journey"] for row in places if row["node_id"] and row["journey"] not in known})


def whereabouts(settings: Settings, name: str | None = None) -> list[dict[str, Any]]:
    """One row per journey, version and step with how many are there; who has left is in the step ''."""
    with Warehouse(settings) as warehouse:
        warehouse.attach_lake("journeys")
        return warehouse.rows(_PLACES, {"name": name})


def standing(settings: Settings, name: str | None = None) -> list[dict[str, Any]]:
    """One row per journey, decision and reason; an unknown name is an error."""
    with Warehouse(settings) as warehouse:
        warehouse.attach_lake("journeys")
        rows = warehouse.rows(_STANDING, {"name": name})
    if name and not rows:
        refuse_unknown(settings, name)
    return rows


def steps_standing(settings: Settings, name: str | None = None) -> list[dict[str, Any]]:
    """One row per journey, version and step; `state` says whether the version takes people in."""
    programme = load_programme(settings)
    rows = whereabouts(settings, name)
    if name and not rows:
        refuse_unknown(settings, name)
    return [
        {
            "journey": row["journey"],
            "version": row["version"],
            "state": _version_state(programme, row["journey"], row["version"]),
            "step": row["node_id"] or "(left)",
            "enrolments": row["enrolments"],
            "first_since": row["first_since"],
            "last_since": row["last_since"],
        }
        for row in rows
    ]


def _version_state(programme: Programme, journey: str, version: str) -> str:
    graph = programme.graphs.get(journey)
    if graph is None:
        return "deleted"
    return "current" if graph.version == version else "older"


def refuse_unknown(settings: Settings, name: str) -> None:
    """Raises KithError for a name that no definition has."""
    known = {each.name for each in load_programme(settings).definitions}
    if name not in known:
        raise KithError(f"there is no journey {name}", expected=", ".join(sorted(known)) or "none is defined")
