"""The exact definitions and templates behind what was planned, kept with it.

A file may change between the plan and the send, or be asked about a year later; what was meant is here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from activation.journeys.graph import Graph, Message
from activation.journeys.graph.storage import graph_json, graph_of
from activation.journeys.programme import Programme
from activation.journeys.tables import VERSIONS
from activation.rendering.templates import Template, load_template, template_of
from kith.lake import Home, commits
from kith.times import to_utc_naive

Key = tuple[str, str, str]
GRAPH, TEMPLATE = "graph", "template"


def new_versions(home: Home, programme: Programme, as_of: datetime) -> pa.Table:
    """Rows of VERSIONS for live journeys and what they use, without those already kept."""
    known = _known(home)
    rows = [
        {"kind": kind, "name": name, "version": version, "body": body, "as_of": to_utc_naive(as_of)}
        for (kind, name, version), body in _present(programme)
        if (kind, name, version) not in known
    ]
    return pa.Table.from_pylist(rows, schema=VERSIONS.schema)


def _present(programme: Programme) -> Iterator[tuple[Key, str]]:
    live = programme.live_graphs()
    sending = (*live, *programme.pinned)
    names = {graph.journey for graph in live}
    for definition in programme.definitions:
        if definition.name in names:
            version = programme.graphs[definition.name].version
            yield (definition.kind.removesuffix("s"), definition.name, version), definition.json
    for graph in live:
        yield (GRAPH, graph.journey, graph.version), graph_json(graph)
    for cap in programme.caps.values():
        yield ("cap", cap.name, cap.version), cap.json
    for name in sorted(
        {node.template for graph in sending for node in graph.nodes if isinstance(node, Message)}
    ):
        template = programme.templates[name]
        yield (TEMPLATE, name, template.version), json.dumps(dict(template.files), sort_keys=True)


def with_pinned(home: Home, programme: Programme, graphs: Iterable[Graph]) -> Programme:
    """The programme and, besides its own, what older versions with people in them send. A template whose folder is
    gone is the one that was kept last; of one that was never kept a message is planned without variables."""
    live = {(graph.journey, graph.version) for graph in programme.live_graphs()}
    pinned = tuple(graph for graph in graphs if (graph.journey, graph.version) not in live)
    sent = {node.template for graph in pinned for node in graph.nodes if isinstance(node, Message)}
    missing = sent - programme.templates.keys()
    if not missing:
        return replace(programme, pinned=pinned)
    kept = _kept_templates(home, missing)
    folder = programme.folder
    found = {name: load_template(folder / name) for name in missing if folder and (folder / name).is_dir()}
    return replace(programme, pinned=pinned, templates={**programme.templates, **kept, **found})


def _kept_templates(home: Home, names: set[str]) -> dict[str, Template]:
    found: dict[str, Template] = {}
    for each in commits(home, "journeys"):
        rows = pq.read_table(each.path / "versions.parquet", filters=[("kind", "=", TEMPLATE)]).to_pylist()
        found |= {
            row["name"]: template_of(row["name"], json.loads(row["body"]))
            for row in rows
            if row["name"] in names
        }
    return found


def graph_row(graph: Graph, moment: datetime) -> dict[str, Any]:
    """A row of VERSIONS (its instant as naive UTC) for a graph that people are moved into."""
    return {
        "kind": GRAPH,
        "name": graph.journey,
        "version": graph.version,
        "body": graph_json(graph),
        "as_of": moment,
    }


def kept_graphs(home: Home) -> dict[tuple[str, str], Graph]:
    """Every version under which anybody entered, by journey and version: those inside go on under theirs."""
    kept = [row for each in commits(home, "journeys") for row in _rows(each.path / "versions.parquet")]
    return {(name, version): graph_of(body) for kind, name, version, body in kept if kind == GRAPH}


def _known(home: Home) -> set[Key]:
    kept = [row for each in commits(home, "journeys") for row in _rows(each.path / "versions.parquet")]
    return {(kind, name, version) for kind, name, version, _ in kept}


@lru_cache(maxsize=100_000)
def _rows(file: Path) -> tuple[tuple[str, str, str, str], ...]:
    """What a commit kept, its graphs' texts beside it. A commit never changes; a process that runs each minute reads
    each but once."""
    rows = pq.read_table(file, columns=["kind", "name", "version", "body"]).to_pylist()
    return tuple(
        (row["kind"], row["name"], row["version"], row["body"] if row["kind"] == GRAPH else "")
        for row in rows
    )
