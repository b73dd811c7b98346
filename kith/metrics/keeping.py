"""At publication: what the metrics were is kept with the snapshot, and the SQL of saved queries beside it."""

from __future__ import annotations

from typing import Any

from kith.durable import write_durably
from kith.errors import KithError
from kith.lake import Home
from kith.log import get_logger
from kith.metrics.catalogue import METRICS, Catalogue, Metric, SavedQuery, kept_bytes, read_catalogue
from kith.metrics.columns import Column, answer_sql, parse_saved
from kith.metrics.compiler import Compiler, compiler_of
from kith.metrics.definitions import MANIFEST, parsed_definitions, version
from kith.run import Run
from kith.settings import Settings
from kith.snapshot import current_snapshot

_log = get_logger(__name__)


def keep_metrics(settings: Settings, run: Run, definitions: bytes | None = None) -> Catalogue | None:
    """Write metrics.json and semantic_manifest.json into the run's folder, before the pointer moves there.

    Definitions equal to those of the present snapshot are taken over from it (milliseconds); new ones are compiled
    (about a second). `definitions` are those of the checkout unless given. Where dbt has parsed none, the run is
    published without, and a warning says so: by then its messages are out, and the pointer must move.
    """
    try:
        definitions = definitions or parsed_definitions(settings)
    except KithError as error:
        _log.warning("no metrics are kept with this run: %s", error)
        return None
    catalogue = _present(settings, version(definitions)) or compile_catalogue(definitions)
    for query in catalogue.saved:
        if query.problem:
            _log.warning("saved query %s was not compiled: %s", query.name, query.problem)
    write_durably(run.path / MANIFEST, definitions)
    write_durably(run.path / METRICS, kept_bytes(catalogue))
    return catalogue


def compile_catalogue(definitions: bytes) -> Catalogue:
    """Everything that can be known of the definitions without asking data."""
    compiler = compiler_of(definitions)
    metrics = {metric.name: metric for metric in compiler.metrics()}
    saved = tuple(_saved(compiler, metrics, query) for query in compiler.saved_queries())
    return Catalogue(version(definitions), tuple(metrics.values()), compiler.times(), saved)


def _present(settings: Settings, wanted: str) -> Catalogue | None:
    snapshot = current_snapshot(Home(settings.home))
    kept = read_catalogue(snapshot) if snapshot else None
    return kept if kept and kept.version == wanted else None


def _saved(compiler: Compiler, metrics: dict[str, Metric], query: Any) -> SavedQuery:
    asked = query.query_params
    names = tuple(asked.metrics)
    sql, problem, columns = "", "", ()
    try:
        columns = parse_saved(asked.group_by)
        _tell_currencies([metrics[name] for name in names], columns)
        sql = answer_sql(compiler.sql(saved=query.name), columns, names)
    except KithError as error:
        problem = str(error)
    return SavedQuery(
        query.name,
        query.label or query.name,
        (query.description or "").strip(),
        names,
        (*(column.name for column in columns), *names),
        sql,
        problem,
    )


def _tell_currencies(metrics: list[Metric], columns: tuple[Column, ...]) -> None:
    told = {column.dimension for column in columns}
    for metric in metrics:
        if missing := set(metric.currencies) - told:
            raise KithError(
                f"{metric.name} is money and currencies are never added",
                way_out=f"add Dimension('{min(missing)}') to group_by",
            )
