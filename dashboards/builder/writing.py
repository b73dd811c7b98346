"""A segment's document as the YAML that a person would write: a leaf a line, groups as lists."""

from __future__ import annotations

from typing import Any

import yaml

from dashboards.builder.tree import FALLBACK, GROUPS
from kith.definitions.scalars import plain_value

WIDTH = 110


class _Flow(dict[str, Any]):
    """A mapping that stands on one line."""


class _Dumper(yaml.SafeDumper):
    """Quotes what our own reading of a plain word would take for something else, which is not what YAML 1.1 does."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        return super().increase_indent(flow, False)


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = None
    if "\n" in text:
        style = "|" if text.isprintable() or text.replace("\n", "").isprintable() else '"'
    elif _is_mistaken(text):
        style = "'" if text.isprintable() else '"'
    elif len(text) > WIDTH - 30:
        style = ">"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


def _is_mistaken(text: str) -> bool:
    try:
        return plain_value(text) != text
    except ValueError:
        return True


def _flow(dumper: _Dumper, mapping: _Flow) -> yaml.MappingNode:
    return dumper.represent_mapping("tag:yaml.org,2002:map", dict(mapping), flow_style=True)


def _items(dumper: _Dumper, items: list[Any]) -> yaml.SequenceNode:
    is_plain = not any(isinstance(each, dict) for each in items)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=is_plain)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(_Flow, _flow)
_Dumper.add_representer(list, _items)


def written(document: dict[str, Any]) -> str:
    """The YAML of a segment. Read again it is the same document."""
    laid = {key: _laid(value) if key == "who" else value for key, value in document.items()}
    return yaml.dump(
        laid, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH, default_flow_style=False
    )


def _laid(condition: Any) -> Any:
    """Groups and scores as blocks, other leaves on one line."""
    if not isinstance(condition, dict):
        return condition
    word = next((each for each in GROUPS if each in condition), None)
    if word:
        return {word: [_laid(each) for each in condition[word]]}
    if FALLBACK in condition:
        return {key: _laid(value) if key == FALLBACK else value for key, value in condition.items()}
    return _Flow(condition)
