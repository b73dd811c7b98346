"""YAML with the line of every value, so that an error can say where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kith.errors import KithError

Keys = tuple[str | int, ...]


@dataclass(frozen=True)
class Position:
    """The lines of a document's values by their path of keys."""

    file: Path
    lines: Mapping[Keys, int]

    def of(self, keys: Keys) -> str:
        """`file:line: field` of a value, or of the nearest one around it that has a line."""
        known = keys
        while known and known not in self.lines:
            known = known[:-1]
        field = field_name(keys)
        place = f"{self.file}:{self.lines.get(known, 1)}"
        return f"{place}: {field}" if field else place


class _Loader(yaml.SafeLoader):
    """Safe, refuses a key that stands twice, and leaves dates as the text they were written as."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(path: Path) -> tuple[Any, Position]:
    """The document and the lines of its values. Errors name file and line."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise KithError(f"can't be read: {error}", where=str(path), expected="a YAML file in UTF-8") from None
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        lines: dict[Keys, int] = {}
        if node is not None:
            _walk(node, (), lines, path)
        document = loader.construct_document(node) if node is not None else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise KithError(f"no valid YAML: {error.problem}", where=where) from None
    except RecursionError:
        raise KithError(
            "nested too deeply", where=str(path), expected="at most some hundred levels"
        ) from None
    finally:
        loader.dispose()
    return document, Position(path, lines)


def field_name(keys: Keys) -> str:
    """`steps[0].send` of ("steps", 0, "send")."""
    text = ""
    for key in keys:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else str(key)
    return text


def _walk(node: yaml.Node, keys: Keys, lines: dict[Keys, int], path: Path) -> None:
    lines[keys] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key_node, value in node.value:
            key = (*keys, _plain(key_node))
            if key in lines:
                line = key_node.start_mark.line + 1
                raise KithError(
                    "stands twice", where=f"{path}:{line}: {field_name(key)}", expected="each key once"
                )
            _walk(value, key, lines, path)
            lines[key] = key_node.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            _walk(value, (*keys, number), lines, path)


def _plain(node: yaml.Node) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else "?"
