"""What is wrong with a dashboard's file: each fault with its line."""

from __future__ import annotations

from pathlib import Path

from dashboards.board import KIND, Board, Tile
from dashboards.remarks import Remark, refusal
from kith.definitions import Definition, Position, load_definition
from kith.errors import KithError
from kith.lake import Home
from kith.metrics.catalogue import Catalogue, read_catalogue
from kith.metrics.question import Names
from kith.settings import Settings
from kith.snapshot import current_snapshot

Keys = tuple[str | int, ...]


def lint(settings: Settings, path: Path) -> list[Remark]:
    """Errors of the file by itself, then of what it asks of the published metrics (if a run kept any)."""
    try:
        found = load_definition(path, Board, kind=KIND)
    except KithError as error:
        return [refusal(error)]
    remarks = []
    if found.body.name != path.stem:
        remarks.append(
            _remark("error", f"is named {found.body.name} in a file named {path.stem}", found, ("name",))
        )
    snapshot = current_snapshot(Home(settings.home))
    catalogue = None if snapshot is None else read_catalogue(snapshot)
    if catalogue is None:
        return remarks
    return [*remarks, *_unanswerable(found, catalogue)]


def _unanswerable(found: Definition[Board], catalogue: Catalogue) -> list[Remark]:
    remarks: list[Remark] = []
    for at, tile in enumerate(found.body.tiles):
        if tile.metrics:
            remarks += _tile(found, catalogue, tile, ("tiles", at))
    return remarks


def _tile(found: Definition[Board], catalogue: Catalogue, tile: Tile, keys: Keys) -> list[Remark]:
    remarks: list[Remark] = []
    try:
        names = Names(catalogue, tile.metrics)
    except KithError as error:
        return [_from_error(error, found, (*keys, "metrics"))]
    for at, dimension in enumerate(tile.by):
        remarks += _unknown(names, dimension, found, (*keys, "by", at))
    for at, condition in enumerate(tile.filters):
        remarks += _unknown(names, condition.dimension, found, (*keys, "filters", at, "dimension"))
    if not remarks:
        try:
            names.columns(tile.by, tile.grain or None)
        except KithError as error:
            remarks.append(_from_error(error, found, (*keys, "metrics")))
    if tile.chart == "line" and not tile.grain and tile.by:
        remarks.append(
            _remark("note", "lines need a period (grain); bars are drawn", found, (*keys, "chart"))
        )
    return remarks


def _unknown(names: Names, dimension: str, found: Definition[Board], keys: Keys) -> list[Remark]:
    try:
        names.dimension(dimension)
    except KithError as error:
        return [_from_error(error, found, keys)]
    return []


def _from_error(error: KithError, found: Definition[Board], keys: Keys) -> Remark:
    return _remark(
        "error", error.problem, found, keys, f"expected {error.expected}" if error.expected else ""
    )


def _remark(severity: str, message: str, found: Definition[Board], keys: Keys, way_out: str = "") -> Remark:
    from kith.definitions.yaml import field_name

    position: Position = found.position
    return Remark(severity, message, position.line_of(keys), field_name(keys), way_out)
