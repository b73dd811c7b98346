"""A graph as text and back, so that a version runs as it was compiled for as long as somebody is in it."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from activation.journeys.graph import conditions, entries, journey, nodes
from activation.journeys.graph.journey import Graph

_KIND = "kind"
_TYPES = {
    name: found
    for module in (conditions, entries, journey, nodes)
    for name, found in vars(module).items()
    if isinstance(found, type) and dataclasses.is_dataclass(found)
}


def graph_json(graph: Graph) -> str:
    """Canonical: equal graphs have equal texts."""
    return json.dumps(_plain(graph), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def graph_of(text: str) -> Graph:
    """The graph of a text that `graph_json` made."""
    found = _made(json.loads(text))
    if not isinstance(found, Graph):
        raise TypeError("the text holds no graph")
    return found


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {each.name: _plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
        return {_KIND: type(value).__name__, "fields": fields}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return {"value": value} if isinstance(value, dict) else value


def _made(value: Any) -> Any:
    """Lists are tuples; what a mapping of the file held stays as it was."""
    if isinstance(value, list):
        return tuple(_made(each) for each in value)
    if not isinstance(value, dict):
        return value
    if _KIND not in value:
        return value["value"]
    known = _TYPES[value[_KIND]]
    return known(**{name: _made(each) for name, each in value["fields"].items()})
