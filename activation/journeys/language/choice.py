"""A field that takes one of several forms, told by what its value looks like."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, Discriminator, Tag


def one_of(forms: Mapping[str, Any], form_of: Callable[[Any], str | None], expected: str) -> Any:
    """A union whose member `form_of` names (a key of `forms`); other values are refused with what was `expected`.

    Tags stand in brackets, so that none is taken for a key of the file.
    """
    members: list[Any] = [Annotated[each, Tag(f"<{form}>")] for form, each in forms.items()]
    union = members[0]
    for each in members[1:]:
        union = union | each
    return Annotated[
        union,
        Discriminator(
            lambda value: None if (form := form_of(value)) is None else f"<{form}>",
            custom_error_type="unknown_form",
            custom_error_message=expected.replace("{", "(").replace("}", ")"),
        ),
    ]


def keys_of(value: Any) -> Any:
    """The keys of a mapping of the file, or the fields of a model."""
    if isinstance(value, dict):
        return value
    return type(value).model_fields if isinstance(value, BaseModel) else ()


def first_key(*known: str) -> Callable[[Any], str | None]:
    """The first of the known keys that a mapping has."""
    return lambda value: next((key for key in known if key in keys_of(value)), None)
