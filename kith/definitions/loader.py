"""From a file to a checked, versioned definition."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from kith.definitions.yaml import Keys, Position, read_yaml
from kith.errors import KithError
from kith.settings import Settings

Body = TypeVar("Body", bound=BaseModel)


@dataclass(frozen=True)
class Definition(Generic[Body]):
    """One definition. `version` is the md5 of its parsed form: comments and layout don't count."""

    name: str
    kind: str
    version: str
    path: Path
    body: Body
    document: Any
    position: Position

    def error(self, problem: str, keys: Keys = (), **more: str) -> KithError:
        """An error that names file, line and field."""
        return KithError(problem, where=self.position.of(keys), **more)

    @property
    def json(self) -> str:
        """The parsed form as canonical JSON."""
        return canonical(self.document)


def definition_files(settings: Settings, kind: str) -> list[Path]:
    """The files of a kind, by name."""
    folder = settings.definitions / kind
    return sorted([*folder.glob("*.yml"), *folder.glob("*.yaml")])


def load_kind(settings: Settings, kind: str, model: type[Body]) -> list[Definition[Body]]:
    """All definitions of a kind; two of one name are an error."""
    found: dict[str, Definition[Body]] = {}
    for path in definition_files(settings, kind):
        definition = load_definition(path, model, kind=kind)
        if definition.name in found:
            raise definition.error(
                f"{kind} has another '{definition.name}' in {found[definition.name].path.name}", ("name",)
            )
        found[definition.name] = definition
    return list(found.values())


def load_definition(path: Path, model: type[Body], kind: str = "") -> Definition[Body]:
    """One file. Every error names file, line and field."""
    document, position = read_yaml(path)
    if not isinstance(document, dict):
        raise KithError(
            "holds no mapping", where=str(path), expected="keys and values, such as 'name: winback'"
        )
    try:
        body = model.model_validate(document)
    except ValidationError as error:
        raise _located(error, document, position) from None
    name = str(document.get("name") or path.stem)
    version = md5(canonical(document).encode(), usedforsecurity=False).hexdigest()
    return Definition(name, kind or path.parent.name, version, path, body, document, position)


def canonical(document: Any) -> str:
    """JSON with sorted keys and no spaces: equal texts mean equal definitions."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


#: Where pydantic speaks of Python's types, what a person would say.
_WORDS = {
    "too_short": "holds {actual_length}; expected at least {min_items}",
    "too_long": "holds {actual_length}; expected at most {max_items}",
    "tuple_type": "is no list; expected one, such as [a, b]",
    "list_type": "is no list; expected one, such as [a, b]",
    "dict_type": "is no mapping; expected keys and values",
    "model_type": "is no mapping; expected keys and values",
}


def _located(error: ValidationError, document: Any, position: Position) -> KithError:
    """The most telling of pydantic's errors: the one deepest in the document."""
    detail = max(error.errors(), key=lambda each: len(_real_keys(each["loc"], document)))
    keys = _real_keys(detail["loc"], document)
    if detail["type"] == "extra_forbidden":
        problem = "no such field"
    elif detail["type"] == "missing":
        problem, keys = "is missing", (*keys, str(detail["loc"][-1]))
    else:
        told = _WORDS.get(detail["type"], "").format(**_counts(detail.get("ctx", {})))
        problem = told or detail["msg"].removeprefix("Value error, ")
    return KithError(problem, where=position.of(keys))


def _counts(context: Mapping[str, Any]) -> dict[str, Any]:
    """What pydantic tells of a length, with `min_items` and `max_items` in words."""
    bounds = {end: context.get(f"{end}_length") for end in ("min", "max")}
    words = {
        f"{end}_items": f"{count:,} item{'s' * (count != 1)}"
        for end, count in bounds.items()
        if count is not None
    }
    return {**context, **words}


def _real_keys(location: tuple[str | int, ...], document: Any) -> Keys:
    """Pydantic's path without the names of union members, which are no keys of the file."""
    keys: list[str | int] = []
    for part in location:
        if not _holds(document, part):
            continue
        keys.append(part)
        document = document[part]
    return tuple(keys)


def _holds(document: Any, part: str | int) -> bool:
    if isinstance(document, dict):
        return part in document
    return isinstance(document, list) and isinstance(part, int) and part < len(document)
