"""The words for steps put together: each is found by its file, and any may stand inside any other."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Discriminator, Field, Tag

from activation.journeys.language.step import END, Step, Word
from kith.registry import plugins

PACKAGE = "activation.journeys.steps"
MOST_STEPS = 200


@cache
def words() -> dict[str, type[Step]]:
    """The grammar of each word."""
    return {word: each.grammar for word, each in plugins(PACKAGE, Word).items()}


@cache
def steps_type() -> Any:
    """The type of a list of steps; completes the grammar of every word with it."""
    known = words()
    step = Annotated[
        # A union of what the files hold can't be spelled out.
        _union([*(Annotated[each, Tag(f"<{word}>")] for word, each in known.items()), _END]),
        Discriminator(
            _word,
            custom_error_type="unknown_step",
            custom_error_message="is no step; expected a mapping with one of "
            + ", ".join(known)
            + ", or end",
        ),
    ]
    listed = Annotated[
        tuple[step, ...], Field(min_length=1, max_length=MOST_STEPS), BeforeValidator(_as_list)
    ]
    for each in known.values():
        each.model_rebuild(force=True, _types_namespace={"Steps": listed})
    return listed


_END = Annotated[Literal["end"], Tag("<end>")]


def _union(members: list[Any]) -> Any:
    result = members[0]
    for each in members[1:]:
        result = result | each
    return result


def _word(value: Any) -> str | None:
    """The tag of the union's member; in brackets, so that no tag is taken for a key of the file."""
    if value == END:
        return "<end>"
    keys = (
        value if isinstance(value, dict) else type(value).model_fields if isinstance(value, BaseModel) else ()
    )
    return next((f"<{word}>" for word in words() if word in keys), None)


def _as_list(value: Any) -> Any:
    """A step alone, or `end`, is a list of one."""
    return [value] if isinstance(value, dict) or value == END else value
