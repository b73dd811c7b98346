"""What definitions may name: attributes with their types, and the segments that analysts keep as models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from activation.segments.terms import Kind
from kith.definitions import Definition
from kith.snapshot import Snapshot

ANALYST_PREFIX = "seg_"
HIDDEN = ("profile_id",)


@dataclass(frozen=True)
class Catalogue:
    """The names that exist in one snapshot. `columns` are all those of `profiles`, whatever their type."""

    attributes: Mapping[str, Kind]
    analyst_segments: tuple[str, ...]
    zone: str = "UTC"
    lists: tuple[str, ...] = ()
    columns: frozenset[str] = frozenset()


def read_catalogue(snapshot: Snapshot, zone: str) -> Catalogue:
    """The attributes of `profiles` and the `seg_*` tables of a snapshot; other types are left out."""
    path = snapshot.table("profiles")
    schema = pq.read_schema(path if path.is_file() else next(iter(sorted(path.rglob("*.parquet")))))
    kinds = {field.name: kind for field in schema if (kind := _kind(field.type)) and field.name not in HIDDEN}
    analysts = tuple(
        name.removeprefix(ANALYST_PREFIX)
        for name in sorted(snapshot.tables())
        if name.startswith(ANALYST_PREFIX)
    )
    return Catalogue(kinds, analysts, zone, columns=frozenset(schema.names))


def suggestion(name: str, known: list[str]) -> str:
    """What to say was expected: the nearest names, or all of a few."""
    near = get_close_matches(name, known, n=3, cutoff=0.6)
    if near:
        return " or ".join(near)
    return "one of " + ", ".join(sorted(known)[:30]) if known else "nothing, there is none"


def refuse_shared_names(catalogue: Catalogue, definitions: Mapping[str, Definition[Any]]) -> None:
    """An analyst's model and a definition can't have one name."""
    for name in catalogue.analyst_segments:
        if name in definitions:
            raise definitions[name].error(
                f"segment {name} is defined twice, here and by the model {ANALYST_PREFIX}{name}",
                ("name",),
                way_out="rename one of them",
            )


def _kind(type_: pa.DataType) -> Kind | None:
    checks = (
        (pa.types.is_boolean, Kind.BOOLEAN),
        (pa.types.is_integer, Kind.WHOLE),
        (pa.types.is_decimal, Kind.DECIMAL),
        (pa.types.is_floating, Kind.REAL),
        (pa.types.is_string, Kind.TEXT),
        (pa.types.is_large_string, Kind.TEXT),
        (pa.types.is_date, Kind.DATE),
        (pa.types.is_timestamp, Kind.INSTANT),
    )
    return next((kind for check, kind in checks if check(type_)), None)
