"""Every part of a definition with its place, whatever it is a part of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from activation.journeys.language.step import Keys


def pieces(value: Any, keys: Keys = ()) -> Iterator[tuple[Keys, BaseModel]]:
    """Each model inside a body, outer ones first, with its keys in the file."""
    if isinstance(value, BaseModel):
        yield keys, value
        for name, info in type(value).model_fields.items():
            yield from pieces(getattr(value, name), (*keys, info.alias or name))
    elif isinstance(value, list | tuple):
        for number, each in enumerate(value):
            yield from pieces(each, (*keys, number))
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from pieces(each, (*keys, name))
