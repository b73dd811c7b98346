"""What a part is told by the journey that uses it: `${offer}` in its texts stands for the argument `offer`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from activation.journeys.language.step import Keys
from kith.definitions import Definition

if TYPE_CHECKING:
    from activation.journeys.language.step import Place

_HOLE = re.compile(r"\$\{([a-z][a-z0-9_]*)\}")


def filled(value: Any, arguments: Mapping[str, Any]) -> Any:
    """A document with every hole filled; a text that is nothing but one hole becomes the value itself. Holes of
    which nothing is known stay."""
    if isinstance(value, dict):
        return {key: filled(each, arguments) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, arguments) for each in value]
    if not isinstance(value, str):
        return value
    whole = _HOLE.fullmatch(value)
    if whole and whole[1] in arguments:
        return arguments[whole[1]]
    return _HOLE.sub(lambda hole: str(arguments.get(hole[1], hole[0])), value)


def holes(value: Any, keys: Keys = ()) -> dict[str, Keys]:
    """The holes of a document, each with where it stands first."""
    if isinstance(value, str):
        return dict.fromkeys(_HOLE.findall(value), keys)
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found: dict[str, Keys] = {}
    for key, each in inner:
        found = {**holes(each, (*keys, key)), **found}
    return found


def with_arguments(part: Definition[Any], told: Mapping[str, Any], place: Place) -> Definition[Any]:
    """The part with what it is told, and its own values for the rest. Raises KithError where it takes no such
    argument, or can't be read with it."""
    if not told:
        return part
    for name in told:
        if name not in part.body.arguments:
            known = ", ".join(part.body.arguments) or "none"
            raise place.error(f"{part.name} takes no argument {name}", "with", name, expected=known)
    document = {**part.document, "arguments": {**part.body.arguments, **told}}
    try:
        body = type(part.body).model_validate(document)
    except ValidationError as error:
        problem = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise place.error(f"{part.name} can't be told this: {problem}", "with") from None
    return replace(part, body=body)
