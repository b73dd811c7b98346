"""The rules of identity: types of identifiers, their order and limits, and what is no identifier at all."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from kith.definitions import Definition, load_definition
from kith.settings import Settings

Form = Literal["trimmed", "email", "phone"]
Path = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_$-]+)*$")]

COLUMNS = ("user_id", "anonymous_id", "previous_id", "group_id")
DOCUMENTS = ("properties", "traits", "context")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class IdentifierType(_Strict):
    """One type: the least priority is believed most; a profile holds at most `limit` of them."""

    priority: int = Field(ge=1, le=100)
    limit: int = Field(ge=1, le=1_000_000)
    form: Form = "trimmed"
    paths: tuple[Path, ...] = Field(alias="from", min_length=1)

    @field_validator("paths")
    @classmethod
    def _readable(cls, paths: tuple[str, ...]) -> tuple[str, ...]:
        for path in paths:
            head, _, rest = path.partition(".")
            if (head in COLUMNS and not rest) or (head in DOCUMENTS and rest):
                continue
            raise ValueError(f"'{path}' is no place in an event; {_PLACES}")
        return paths


_PLACES = f"expected one of {', '.join(COLUMNS)}, or a key below {', '.join(DOCUMENTS)} such as traits.email"


class Blocked(_Strict):
    """Values (lower case) and patterns (over the whole value) that name nobody."""

    values: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()

    @field_validator("patterns")
    @classmethod
    def _compiles(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"'{pattern}' is no regular expression: {error}") from None
        return patterns


class IdentityRules(_Strict):
    """The whole definition, `activation/definitions/identity/rules.yml`.

    An identifier (other than one of the most believed type) that was seen with more than `shared` times as
    many of another type as a profile may hold is shared by people: none of those pairs is taken.
    """

    name: str = "rules"
    description: str = ""
    types: dict[str, IdentifierType] = Field(min_length=1)
    previous_id: str = "anonymous_id"
    blocked: Blocked = Blocked()
    longest: int = Field(default=255, ge=1, le=10_000)
    shared: int | None = Field(default=None, ge=1, le=1_000_000)

    @model_validator(mode="after")
    def _orderly(self) -> IdentityRules:
        priorities = [each.priority for each in self.types.values()]
        if len(set(priorities)) < len(priorities):
            raise ValueError("two types have one priority; expected a different one for each")
        if self.previous_id not in self.types:
            raise ValueError(f"previous_id: '{self.previous_id}' is none of the types")
        return self

    @cached_property
    def ordered(self) -> tuple[str, ...]:
        """The names of the types, the most believed first."""
        return tuple(sorted(self.types, key=lambda name: self.types[name].priority))

    @cached_property
    def limits(self) -> tuple[int, ...]:
        """The limits in the order of `ordered`."""
        return tuple(self.types[name].limit for name in self.ordered)


def load_rules(settings: Settings) -> Definition[IdentityRules]:
    """The workspace's rules; errors name file, line and field."""
    return load_definition(settings.definitions / "identity" / "rules.yml", IdentityRules, kind="identity")
