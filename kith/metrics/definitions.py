"""dbt's semantic manifest in the form that is kept: free of the place and the database in which it was parsed."""

from __future__ import annotations

from hashlib import md5
from typing import Any

import orjson

from kith.errors import KithError
from kith.settings import Settings
from kith.snapshot import Snapshot

MANIFEST = "semantic_manifest.json"
#: Part of the version, so that a change in how we compile compiles anew.
COMPILER = "1"
#: Where they stand in a file: no part of what they mean.
_PLACES = {"metadata"}
_VIEWS = "main"


def parsed_definitions(settings: Settings) -> bytes:
    """As dbt last parsed them from the checkout."""
    path = settings.project / "dbt" / "target" / MANIFEST
    try:
        return portable(path.read_bytes())
    except FileNotFoundError:
        raise KithError(
            "dbt has not parsed its project", where=str(path), way_out="run 'dbt parse' in dbt/"
        ) from None


def kept_definitions(snapshot: Snapshot) -> bytes:
    """As they were when a snapshot was published."""
    try:
        return (snapshot.path / MANIFEST).read_bytes()
    except FileNotFoundError:
        raise no_metrics(snapshot) from None


def portable(manifest: bytes) -> bytes:
    """Each relation by its published name, as the snapshot's views have it."""
    return orjson.dumps(_without_places(orjson.loads(manifest)), option=orjson.OPT_SORT_KEYS)


def version(definitions: bytes) -> str:
    """The hash of the definitions, and of the way in which they are compiled."""
    return md5(COMPILER.encode() + definitions, usedforsecurity=False).hexdigest()


def no_metrics(snapshot: Snapshot) -> KithError:
    """For a snapshot without metrics."""
    return KithError(
        "this run kept no metrics",
        where=snapshot.run_id,
        way_out="run 'kith run' once, or ask with --parsed to use the definitions of the checkout",
    )


def _without_places(told: Any) -> Any:
    if isinstance(told, list):
        return [_without_places(each) for each in told]
    if not isinstance(told, dict):
        return told
    if "relation_name" in told:
        alias = told["alias"]
        return {"alias": alias, "schema_name": _VIEWS, "database": None, "relation_name": f"{_VIEWS}.{alias}"}
    return {key: None if key in _PLACES else _without_places(value) for key, value in told.items()}
