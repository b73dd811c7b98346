"""What definitions may name: segments, templates, caps, attributes with their types, scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow.parquet as pq

from activation.lists.tables import ROOM as LISTS
from activation.segments.terms import Kind
from kith.definitions import Definition, definition_files, read_yaml
from kith.errors import KithError
from kith.lake import Home, commits
from kith.settings import Settings
from kith.snapshot import current_snapshot

_KINDS = {
    "string": Kind.TEXT,
    "bigint": Kind.WHOLE,
    "double": Kind.REAL,
    "boolean": Kind.BOOLEAN,
    "date": Kind.DATE,
    "timestamp": Kind.INSTANT,
}


@dataclass(frozen=True)
class Known:
    """The names that exist. Of an attribute whose type is not told the kind is None; without a published snapshot
    nobody knows which `events` there are."""

    segments: frozenset[str]
    templates: frozenset[str]
    caps: frozenset[str]
    scores: frozenset[str]
    attributes: Mapping[str, Kind | None]
    computed: frozenset[str]
    lists: frozenset[str] = frozenset()
    events: frozenset[str] | None = None


def look_up(
    settings: Settings,
    caps: Mapping[str, Any],
    computed: Mapping[str, Definition[Any]],
    emitted: Iterable[str] = (),
) -> Known:
    """Reads the names of everything that a journey may ask for; `emitted` are the events that journeys make."""
    kinds = {name: each.body.type for name, each in computed.items()}
    own: dict[str, Kind | None] = {name: _attribute_kind(str(kind)) for name, kind in kinds.items()}
    templates = settings.definitions / "templates"
    return Known(
        segments=frozenset(known_segments(settings)),
        templates=frozenset(each.name for each in templates.iterdir() if each.is_dir())
        if templates.is_dir()
        else frozenset(),
        caps=frozenset(caps),
        scores=frozenset(path.stem for path in definition_files(settings, "predictions")),
        attributes={**profile_columns(settings), **own},
        computed=frozenset(computed),
        lists=uploaded_lists(settings),
        events=None if (seen := seen_events(settings)) is None else seen | frozenset(emitted),
    )


def seen_events(settings: Settings) -> frozenset[str] | None:
    """The names of events that ever came, by the last published snapshot; None without one."""
    snapshot = current_snapshot(Home(settings.home))
    if snapshot is None or "events_daily" not in snapshot.tables():
        return None
    names = pq.read_table(snapshot.table("events_daily"), columns=["event"]).column("event").unique()
    return frozenset(name for name in names.to_pylist() if name)  # pages and screens have none


def uploaded_lists(settings: Settings) -> frozenset[str]:
    """The lists that were ever uploaded."""
    names: set[str] = set()
    for each in commits(Home(settings.home), LISTS):
        names |= set(pq.read_table(each.table("uploads"), columns=["list"]).column("list").to_pylist())
    return frozenset(names)


def known_segments(settings: Settings) -> set[str]:
    """Names of segments: definitions, and analysts' dbt models `seg_<name>.sql`."""
    models = (settings.project / "dbt" / "models").rglob("seg_*.sql")
    names = {path.stem for path in definition_files(settings, "segments")}
    return names | {path.stem.removeprefix("seg_") for path in models}


def profile_columns(settings: Settings) -> dict[str, Kind | None]:
    """The columns of the published `profiles`, from the contract that dbt holds them to."""
    path = settings.project / "dbt" / "models" / "published" / "profiles.yml"
    try:
        document, _ = read_yaml(path)
    except KithError:
        return {}
    columns = document["models"][0]["columns"]
    found = {each["name"]: _column_kind(str(each["data_type"])) for each in columns}
    return {name: kind for name, kind in found.items() if name != "profile_id"}


def _column_kind(data_type: str) -> Kind | None:
    return Kind.DECIMAL if data_type.startswith("decimal") else _KINDS.get(data_type)


def _attribute_kind(told: str) -> Kind | None:
    return next((kind for kind in Kind if told in (kind.name.lower(), kind.value)), None)
