"""All segments, defined and evaluated, in one list."""

from __future__ import annotations

from typing import Any

from activation.segments.evaluation import load_segments
from activation.segments.membership.state import Standing, read_state
from activation.segments.tables import ROOM
from kith.lake import Home, latest_commit
from kith.settings import Settings
from kith.times import format_instant


def list_all(settings: Settings) -> list[dict[str, Any]]:
    """One row per segment: where it is defined, its size and time at the last evaluation (None: never), and why
    it is held, if it is."""
    definitions = load_segments(settings)
    standings = read_state(latest_commit(Home(settings.home), ROOM)).standings
    return [
        {
            "segment": name,
            "kind": "yaml" if name in definitions else "sql",
            **_last(standings.get(name)),
            "is_edited_since": name in definitions
            and (name not in standings or standings[name].version != definitions[name].version),
            "description": " ".join(definitions[name].body.description.split())
            if name in definitions
            else "",
        }
        for name in sorted({*definitions, *standings})
    ]


def _last(standing: Standing | None) -> dict[str, Any]:
    if standing is None:
        return {"members": None, "evaluated_at": None, "held": ""}
    held = ""
    if standing.hold is not None:
        held = f"{standing.hold.reason}, since {format_instant(standing.hold.since)}"
    return {
        "members": standing.member_count,
        "evaluated_at": format_instant(standing.as_of),
        "held": held,
    }
