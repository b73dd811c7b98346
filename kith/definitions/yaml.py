"""YAML with the line of every value, so that an error can say where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kith.definitions.composition import Composer, Keys, NotComposed
from kith.errors import KithError, printable

LARGEST_FILE = 8_000_000
# libyaml where it is there: thirty times faster on a set of a hundred thousand values.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Position:
    """The lines of a document's values by their path of keys."""

    file: Path
    lines: Mapping[Keys, int]

    def of(self, keys: Keys) -> str:
        """`file:line: field` of a value, or of the nearest one around it that has a line."""
        field = field_name(keys)
        place = f"{self.file}:{self.line_of(keys)}"
        return f"{place}: {field}" if field else place

    def line_of(self, keys: Keys) -> int:
        """The line of a value, or of the nearest one around it that has one; from 1."""
        known = keys
        while known and known not in self.lines:
            known = known[:-1]
        return self.lines.get(known, 1)


def read_yaml(path: Path) -> tuple[Any, Position]:
    """The document and the lines of its values. Errors name file and line."""
    text = _text_of(path)
    composer = Composer()
    try:
        document = composer.compose(yaml.parse(text, Loader=_Loader))
    except NotComposed as error:
        field = f": {field_name(error.keys)}" if error.keys else ""
        more = {"expected": error.expected} if error.expected else {}
        raise KithError(error.problem, where=f"{path}:{error.line}{field}", **more) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise KithError(f"no valid YAML: {error.problem}", where=where) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        problem = f"holds the character U+{_code(error):04X}, which no YAML may hold"
        raise KithError(
            problem, where=f"{path}:{line}", way_out="take it out, or escape it in quotes"
        ) from None
    return document, Position(path, composer.lines)


def field_name(keys: Keys) -> str:
    """`steps[0].send` of ("steps", 0, "send")."""
    text = ""
    for key in keys:
        named = printable(str(key)).replace("\n", "\\n")
        text += f"[{key}]" if isinstance(key, int) else f".{named}" if text else named
    return text


def _text_of(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise KithError(f"is {size:,} bytes large", where=str(path), expected=f"at most {LARGEST_FILE:,}")
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise KithError(f"can't be read: {error}", where=str(path), expected="a YAML file in UTF-8") from None


def _code(error: yaml.reader.ReaderError) -> int:
    return error.character if isinstance(error.character, int) else ord(error.character)
