"""The answers of a goal, from the run's events, and when they can't be known.

An event belongs to the window in which it took effect: from the cut-off on, and before its end. What isn't over by
the moment that is asked about is unknown, and so is what nobody could have seen: where the log itself fell silent.
A trait is known of those who told it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from kith.times import to_utc_naive
from kith.warehouse import Warehouse
from ml.goals import BinaryPrediction, Goal

#: A window in which nothing at all came for longer than this share of it tells nothing of anybody.
SILENT_SHARE = 1 / 3


def happened_sql(goal: Goal, parameters: dict[str, Any]) -> str:
    """A query of profile_id, cutoff_at, and whether the goal's event came `ahead` of each cut-off of the table `cuts`
    within `$horizon`, or in as long a time `before` it. Adds what it needs to the parameters."""
    return _trait_sql(goal, parameters) if goal.trait else _event_sql(goal, parameters)


def _trait_sql(goal: Goal, parameters: dict[str, Any]) -> str:
    """A trait has no window: what was told of it last before the moment that is asked about; nobody's else is known."""
    parameters["goal_trait"] = f'$."{goal.trait}"'
    told = "json_extract_string(events.traits, $goal_trait)"
    last = f"trim(lower(arg_max({told}, events.effective_at)))"
    choices = []
    for number, value in enumerate(goal.wanted):
        parameters[f"is{number}"] = str(value).strip().lower()
        choices.append(
            f"{last} = $is{number} OR TRY_CAST({last} AS DOUBLE) = TRY_CAST($is{number} AS DOUBLE)"
        )
    return f"""
        SELECT
            events.profile_id,
            cuts.cutoff_at,
            coalesce({" OR ".join(choices)}, false) AS ahead,
            CAST(NULL AS BOOLEAN) AS before
        FROM events
        CROSS JOIN cuts
        WHERE events.traits IS NOT NULL AND events.effective_at < $until AND events.profile_id IS NOT NULL
            AND {told} IS NOT NULL
        GROUP BY events.profile_id, cuts.cutoff_at"""


def _event_sql(goal: Goal, parameters: dict[str, Any]) -> str:
    parameters["event"] = goal.happening
    conditions = "".join(
        f" AND {_property(name, number, values, parameters)}"
        for number, (name, values) in enumerate(goal.where.items())
    )
    return f"""
        SELECT
            events.profile_id,
            cuts.cutoff_at,
            bool_or(events.effective_at >= cuts.cutoff_at) AS ahead,
            bool_or(events.effective_at < cuts.cutoff_at) AS before
        FROM events
        INNER JOIN cuts
            ON events.effective_at >= cuts.cutoff_at - $horizon
            AND events.effective_at < cuts.cutoff_at + $horizon
        WHERE events.event = $event AND events.effective_at < $until AND events.profile_id IS NOT NULL{conditions}
        GROUP BY events.profile_id, cuts.cutoff_at"""


def _property(name: str, number: int, values: Any, parameters: dict[str, Any]) -> str:
    """Compared as JSON writes it; numbers as numbers, so that 5 is 5.0."""
    wanted = values if isinstance(values, list) else [values]
    path = "$" + "".join(f'."{part}"' for part in name.split("."))
    parameters[f"path{number}"] = path
    found = f"json_extract_string(events.properties, $path{number})"
    choices = []
    for place, value in enumerate(wanted):
        key = f"wanted{number}_{place}"
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        parameters[key] = (
            float(value) if is_number else (str(value).lower() if value in (True, False) else value)
        )
        choices.append(f"TRY_CAST({found} AS DOUBLE) = ${key}" if is_number else f"{found} = ${key}")
    return f"({' OR '.join(choices)})"


def traits_sql(names: tuple[str, ...], parameters: dict[str, Any]) -> str:
    """A query of profile_id, cutoff_at and each trait (text) as people had told it last before that cut-off."""
    columns = []
    for number, name in enumerate(names):
        parameters[f"trait{number}"] = f'$."{name}"'
        told = f"json_extract_string(events.traits, $trait{number})"
        columns.append(
            f"arg_max({told}, events.effective_at) FILTER (WHERE {told} IS NOT NULL) AS trait_{number}"
        )
    return f"""
        SELECT events.profile_id, cuts.cutoff_at, {", ".join(columns)}
        FROM events
        INNER JOIN cuts ON events.effective_at < cuts.cutoff_at
        WHERE events.traits IS NOT NULL AND events.profile_id IS NOT NULL
        GROUP BY events.profile_id, cuts.cutoff_at"""


def silences(
    warehouse: Warehouse, terms: BinaryPrediction, cutoffs: list[datetime], until: datetime
) -> Mapping[datetime, timedelta]:
    """The windows that are over (by naive cut-off) in which nobody did anything for too long, and for how long.

    A collector that was down, a clock that jumped: to take that for "nobody bought" would teach the wrong thing.
    """
    moment = {"until": to_utc_naive(until), "first": min(cutoffs, default=to_utc_naive(until))}
    hours = warehouse.arrow(
        """
        SELECT DISTINCT date_trunc('hour', effective_at) AS hour
        FROM events
        WHERE effective_at < $until AND effective_at >= $first
        ORDER BY hour""",
        moment,
    )["hour"].to_pylist()
    found = {}
    for cutoff in cutoffs:
        end = cutoff + terms.horizon
        if end > moment["until"]:
            continue
        inside = [cutoff, *(hour for hour in hours if cutoff <= hour < end), end]
        longest = max(later - earlier for earlier, later in pairwise(inside))
        if longest > terms.horizon * SILENT_SHARE:
            found[cutoff] = longest
    return found
