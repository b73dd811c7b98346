"""What a form offers to choose from: the workspace's templates, segments, attributes, scores, parts, and events seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboards.canvas.arms import steps_in, walk
from dashboards.canvas.palette import word_of
from dashboards.editing import drafts
from dashboards.reader import Reader
from kith.settings import Settings

_EVENTS = """
    SELECT event FROM events_daily WHERE event IS NOT NULL
    GROUP BY event ORDER BY sum(event_count) DESC LIMIT 200
"""


def suggestions(reader: Reader, document: Any) -> Mapping[str, Sequence[str]]:
    """Names to choose from, by the field that takes them."""
    settings = reader.settings
    segments, events = drafts(settings, "segments"), _events(reader)
    attributes = sorted({*_stems(settings, "attributes"), *reader.columns("profiles")})
    return {
        "send": _templates(settings),
        "segment": segments,
        "left": segments,
        "attribute": attributes,
        "score": _stems(settings, "predictions"),
        "journey": drafts(settings, "journeys"),
        "event": events,
        "did": events,
        "did_not": events,
        "emit": events,
        "message": sent_by(document),
    }


def sent_by(document: Any) -> list[str]:
    """The templates that a journey sends."""
    try:
        steps = [step for _, step in walk(steps_in(document.get("steps")), ("steps",))]
    except (TypeError, AttributeError, KeyError):
        return []
    sent = [str(step.get("send") or "") for step in steps if word_of(step) == "send"]
    return [each for each in dict.fromkeys(sent) if each]


def _templates(settings: Settings) -> list[str]:
    folder = settings.definitions / "templates"
    return sorted(each.name for each in folder.iterdir() if each.is_dir()) if folder.is_dir() else []


def _stems(settings: Settings, kind: str) -> list[str]:
    return sorted(each.stem for each in (settings.definitions / kind).glob("*.yml"))


def _events(reader: Reader) -> list[str]:
    if "event" not in reader.columns("events_daily"):
        return []
    return [row["event"] for row in reader.rows(_EVENTS)]
