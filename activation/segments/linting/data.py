"""What a definition asks of a snapshot that the snapshot can't tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from activation.segments.analysts import listings
from activation.segments.catalogue import ANALYST_PREFIX
from activation.segments.comparisons import property_text
from activation.segments.linting.findings import Finding, Keys, Severity
from activation.segments.terms import (
    Acted,
    BehaviourTerm,
    ListTerm,
    Measure,
    ScoreTerm,
    SequenceTerm,
    Term,
    days_of,
    events_of,
    occurrences_of,
)
from activation.segments.windows import window_start
from activation.segments.world import World
from kith.times import from_utc_naive

Told = tuple[Keys, str, Severity, str]
Placed = tuple[Keys, Term]
#: Rows of an event from which on a sequence or a count of different values since ever is worth a word.
MANY_ROWS, MANY_VALUES = 1_000_000, 10_000


@dataclass(frozen=True)
class Seen:
    """What the snapshot holds: rows by event, properties that have a value, the first day, models, lists by size."""

    rows: Mapping[str, int]
    properties: frozenset[tuple[str, tuple[str, ...]]]
    since: date | None
    models: frozenset[str]
    lists: Mapping[str, int]


def look(world: World, terms: Iterable[Term]) -> Seen:
    """One pass over the events that the terms name."""
    terms = list(terms)
    named = sorted({event for term in terms for event in events_of(term)})
    paths = sorted({path for term in terms for path in paths_of(term)})
    texts = "".join(
        f", COUNT({property_text(keys, 'properties')}) AS p{n}" for n, (_, keys) in enumerate(paths)
    )
    rows = world.warehouse.rows(
        f"SELECT event, COUNT(*) AS row_count{texts} FROM events WHERE LIST_CONTAINS(?, event) GROUP BY event",
        [named],
    )
    by_event = {row["event"]: row for row in rows}
    known = frozenset(
        path for n, path in enumerate(paths) if path[0] in by_event and by_event[path[0]][f"p{n}"]
    )
    first = world.warehouse.value("SELECT MIN(effective_at) FROM events")
    models = world.warehouse.rows("SELECT DISTINCT model FROM scores_at")
    sizes = world.warehouse.rows(
        "SELECT lists.list, COUNT(listed.list) AS size FROM lists LEFT JOIN listed USING (list) GROUP BY lists.list"
    )
    return Seen(
        rows={event: row["row_count"] for event, row in by_event.items()},
        properties=known,
        since=None if first is None else from_utc_naive(first).date(),
        models=frozenset(row["model"] for row in models),
        lists={row["list"]: row["size"] for row in sizes},
    )


def paths_of(term: Term) -> list[tuple[str, tuple[str, ...]]]:
    """The properties that a term reads, each with its event."""
    found = [(each.event, one.keys) for each in occurrences_of(term) for one in each.filters]
    if isinstance(term, BehaviourTerm) and term.measure.keys:
        found.append((term.happening.occurrence.event, term.measure.keys))
    return found


def compare(world: World, seen: Seen, placed: Iterable[Placed]) -> Iterator[Told]:
    """Findings of the terms of one definition."""
    for keys, term in placed:
        yield from _names(seen, keys, term)
        yield from _windows(world, seen, keys, term)
        yield from _costs(seen, keys, term)


def _names(seen: Seen, keys: Keys, term: Term) -> Iterator[Told]:
    for event in dict.fromkeys(events_of(term)):
        if event not in seen.rows:
            yield (
                keys,
                "unseen_event",
                Severity.WARNING,
                f"no event '{event}' was ever seen; is the name right?",
            )
    for event, path in dict.fromkeys(paths_of(term)):
        if event in seen.rows and (event, path) not in seen.properties:
            name = ".".join(path)
            message = f"no '{event}' ever had a property '{name}'; is the name right?"
            yield keys, "unseen_property", Severity.WARNING, message
    if isinstance(term, ScoreTerm) and term.comparison and term.model not in seen.models:
        message = (
            f"no score of '{term.model}' is known: without a champion everybody is judged by the fallback"
        )
        yield keys, "no_score", Severity.WARNING, message
    if isinstance(term, ListTerm) and not seen.lists.get(term.name):
        message = f"nobody is on the list '{term.name}' (any more): all that was on it expired or was removed"
        yield keys, "empty_list", Severity.WARNING, message


def _windows(world: World, seen: Seen, keys: Keys, term: Term) -> Iterator[Told]:
    days = days_of(term) if isinstance(term, Acted) else None
    if days is None or seen.since is None:
        return
    start = window_start(world.as_of, days, world.zone).date()
    if start < seen.since:
        message = f"looks back to {start}, but events are known only since {seen.since}"
        yield keys, "beyond_history", Severity.WARNING, message


def _costs(seen: Seen, keys: Keys, term: Term) -> Iterator[Told]:
    rows = sum(seen.rows.get(event, 0) for event in dict.fromkeys(events_of(term)))
    is_distinct = isinstance(term, BehaviourTerm) and term.measure in (
        Measure("days"), Measure("distinct", term.measure.keys),
    )  # fmt: skip
    is_wide = isinstance(term, SequenceTerm) or is_distinct
    if is_wide and isinstance(term, Acted) and days_of(term) is None and rows >= MANY_ROWS:
        message = f"goes through {rows:,} events each time; a window (within: …) makes it cheap"
        yield keys, "costly", Severity.WARNING, message
    comparison = getattr(term, "comparison", None)
    if comparison and len(comparison.operands) > MANY_VALUES:
        message = f"names {len(comparison.operands):,} values; an uploaded list is easier to keep"
        yield keys, "costly", Severity.WARNING, message


def judge_analysts(world: World) -> Iterator[Finding]:
    """What analysts' models list that says nothing."""
    for each in listings(world.warehouse, world.catalogue.analyst_segments):
        counts = {
            "null_ids": (each.null_count, "rows have no profile_id"),
            "unknown_ids": (each.unknown_count, "rows name no profile"),
            "repeated_ids": (each.repeated_count, "rows name a profile a second time"),
        }
        for rule, (count, what) in counts.items():
            if count:
                message = f"{count:,} of its {each.row_count:,} {what}; they are left out"
                model = f"{ANALYST_PREFIX}{each.segment}.sql"
                yield Finding(model, 0, "profile_id", rule, Severity.WARNING, message)
