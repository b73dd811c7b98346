"""Parts of a graph in a few words, for lists and reports."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from activation.journeys.graph.entries import EventEntry, LaunchEntry, ListEntry, ScheduleEntry, SegmentEntry
from activation.journeys.graph.journey import Graph


def entry_in_words(graph: Graph) -> str:
    """`enters churn_risk`, `Cart Updated by cart_id`, `churn_risk at 2026-05-01T08:00Z`."""
    match graph.entry:
        case SegmentEntry(segment=segment, change=change):
            return f"{'enters' if change == 'entered' else 'leaves'} {segment}"
        case EventEntry(match=match, key=key):
            return f"{match.event} by {key}" if key else match.event
        case LaunchEntry(segment=segment, enter_from=begins):
            return f"{segment} at {instant_in_words(begins)}"
        case ScheduleEntry(segment=segment, rule=rule):
            return f"{segment} {rule}"
        case ListEntry(event=event):
            return event


def instant_in_words(at: int) -> str:
    """Microseconds since 1970 as `2026-05-01T08:00Z`."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)).strftime("%Y-%m-%dT%H:%MZ")
