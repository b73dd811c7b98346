"""`facts_events`: what people did in the slice; `facts_past_events`: what conditions look back at before it.

An event belongs to the person who holds its user id, or else its anonymous id, as the run knows it. What a machine
opened or clicked is left out, as in segments. Of one instant the lesser event_id comes first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from activation.journeys.history.archive import Archive, instant
from activation.journeys.history.needs import EVER, Needs, Properties
from kith.times import to_utc_naive
from kith.warehouse import Warehouse, literal

_EVENTS = """
    -- One row per event. `is_late`: it counts from when we learned of it, later than it happened.
    CREATE OR REPLACE TEMP TABLE {name} AS
    SELECT event_id, person, event, epoch_us(effective_at) AS effective_at, {properties} AS properties,
           TRY_CAST(properties ->> '$.message_id' AS UUID) AS message_id,
           effective_at > occurred_at AS is_late
    FROM ({owned}) AS owned
    WHERE person IS NOT NULL
"""

_PRESENT = """
    SELECT e.event_id, CAST(e.profile_id AS UUID) AS person, e.event, e.effective_at, e.occurred_at, e.properties
    FROM events AS e {left_out}
    WHERE NOT e.is_machine AND ({asked}) AND e.effective_at < {end}"""

_PAST = """
    SELECT e.event_id, coalesce(u.person, d.person) AS person, e.event, e.effective_at, e.occurred_at, e.properties
    FROM events AS e {left_out}
    LEFT JOIN facts_identities AS u ON u.identifier_type = 'user_id' AND u.identifier_value = e.user_id
    LEFT JOIN facts_identities AS d ON d.identifier_type = 'anonymous_id' AND d.identifier_value = e.anonymous_id
    WHERE NOT e.is_machine AND ({asked}) AND e.effective_at < {end}"""

_LEFT_OUT = """
    ANTI JOIN (SELECT event_id FROM read_parquet({files}, hive_partitioning = false)) AS since
      ON since.event_id = e.event_id"""


def lay_events(warehouse: Warehouse, archive: Archive, needs: Needs) -> None:
    """Only the events, and of them only the properties, that somebody asks for."""
    slices = dict.fromkeys((*needs.events, *needs.look_backs), 0)
    before = replace(archive, end=archive.begin)
    for name, source, spans in (
        ("facts_events", archive, slices),
        ("facts_past_events", before, needs.look_backs),
    ):
        properties = _properties(spans, needs.properties)
        warehouse.connection.execute(
            _EVENTS.format(name=name, properties=properties, owned=owned(source, spans))
        )


def owned(archive: Archive, spans: Mapping[str, int]) -> str:
    """SQL for events by name (event_id, person, event, effective_at, occurred_at, properties) from so many
    microseconds before the slice to its end."""
    return (_PAST if archive.is_past else _PRESENT).format(
        left_out=_left_out(archive),
        asked=_asked(archive, spans),
        end=timestamp(archive.end),
    )


def timestamp(microseconds: int) -> str:
    """An instant as a literal that Parquet's statistics are compared with."""
    return f"TIMESTAMP '{to_utc_naive(instant(microseconds))}'"


def _asked(archive: Archive, spans: Mapping[str, int]) -> str:
    by_span: dict[int, list[str]] = {}
    for event, span in spans.items():
        by_span.setdefault(span, []).append(literal(event))
    parts = []
    for span, events in sorted(by_span.items()):
        since = "" if span >= EVER else f" AND e.effective_at >= {timestamp(archive.begin - span)}"
        parts.append(f"(e.event IN ({', '.join(sorted(events))}){since})")
    return " OR ".join(parts) or "false"


def _properties(events: Mapping[str, int], asked: Properties) -> str:
    """An object of the properties that are read; NULL where none is."""
    cases = []
    for event in sorted(events):
        if keys := asked.get(event):
            pairs = ", ".join(
                f"{literal(key)}, CAST(properties AS JSON) -> {literal(_path(key))}" for key in sorted(keys)
            )
            cases.append(f"WHEN {literal(event)} THEN CAST(json_object({pairs}) AS VARCHAR)")
    return f"CASE event {' '.join(cases)} END" if cases else "CAST(NULL AS VARCHAR)"


def _path(key: str) -> str:
    return '$."' + key.replace('"', '\\"') + '"'


def _left_out(archive: Archive) -> str:
    """What landed after the archive's last commit of events."""
    if not archive.landed_until:
        return ""
    folder = archive.home.lake / "events"
    later = sorted(each for each in folder.iterdir() if each.name > archive.landed_until)
    files = [literal(str(file)) for each in later for file in sorted(each.glob("*/*.parquet"))]
    return _LEFT_OUT.format(files=f"[{', '.join(files)}]") if files else ""
