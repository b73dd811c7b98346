"""What a sync's definition may say. One YAML file a sync, `activation/definitions/syncs/<name>.yml`."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from activation.destinations.contract import Mode, WhenUnknown
from kith.definitions import Definition, load_kind
from kith.errors import KithError
from kith.settings import Settings

KIND = "syncs"
NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
Word = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
#: A field's path at the destination; `custom.tier` is a member of an object where a vendor nests.
FieldName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_$][A-Za-z0-9_.$-]{0,127}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Source(_Part):
    """Where the rows come from: one table of the snapshot, the members of a segment, or one SELECT over the
    snapshot."""

    table: Word | None = Field(default=None, description="A published table.")
    segment: Word | None = Field(
        default=None, description="The members of a segment: profiles and entered_at."
    )
    query: Text | None = Field(default=None, description="One SELECT over the published tables.")

    @model_validator(mode="after")
    def _one(self) -> Source:
        if sum(each is not None for each in (self.table, self.segment, self.query)) != 1:
            raise ValueError("takes one of table, segment or query")
        return self


class Consent(_Part):
    """Only rows of profiles that granted this go out; who withdraws leaves the source."""

    purpose: Word
    channel: Word


class Guards(_Part):
    """What stops a run before anything is pushed."""

    may_be_empty: bool = Field(default=False, description="Whether a source without rows is believed.")
    largest_removal: float = Field(
        default=0.3, ge=0, le=1, description="The share of the rows there that one run may remove."
    )
    removal_floor: int = Field(
        default=100, ge=0, description="So many removals are never held, whatever their share."
    )


class Sync(_Part):
    """One sync: these rows, to that destination, in this mode."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
    description: str = ""
    source: Source = Field(alias="from")
    to: Word = Field(description="A destination: the name of a file in activation/destinations.")
    mode: Mode
    key: tuple[FieldName, ...] = Field(
        default=(), description="The fields that name a row at the destination; in an audience all fields do."
    )
    fields: dict[FieldName, Word] = Field(
        min_length=1, description="The destination's field → the source's column."
    )
    options: dict[str, str] = Field(default_factory=dict, description="What the destination asks for.")
    consent: Consent | None = None
    guards: Guards = Guards()
    when_unknown: WhenUnknown = WhenUnknown.RESEND
    schedule: Annotated[str, StringConstraints(pattern=r"^(each run|manual|daily [0-2]\d:[0-5]\d)$")] = Field(
        default="each run", description="each run, daily HH:MM (the first run after it) or manual."
    )
    is_active: bool = True

    @field_validator("fields", mode="before")
    @classmethod
    def _named(cls, fields: Any) -> Any:
        return {each: each for each in fields} if isinstance(fields, list) else fields

    @field_validator("key", mode="before")
    @classmethod
    def _listed(cls, key: Any) -> Any:
        return [key] if isinstance(key, str) else key

    @field_validator("options", mode="before")
    @classmethod
    def _texts(cls, options: Any) -> Any:
        if not isinstance(options, dict):
            return options
        return {name: _text(value) for name, value in options.items()}

    @model_validator(mode="after")
    def _keyed(self) -> Sync:
        if self.mode is Mode.AUDIENCE:
            if self.key:
                raise ValueError("in an audience all fields together name a member: leave the key out")
            return self
        if not self.key:
            raise ValueError("needs a key: the fields that name a row at the destination")
        if unknown := [each for each in self.key if each not in self.fields]:
            raise ValueError(f"the key names {', '.join(unknown)}, which is none of its fields")
        return self


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def load_syncs(settings: Settings) -> list[Definition[Sync]]:
    """All of them, by name."""
    return load_kind(settings, KIND, Sync)


def find_sync(settings: Settings, name: str) -> Definition[Sync]:
    """One by name; an unknown one is an error that lists those that exist."""
    found = {each.name: each for each in load_syncs(settings)}
    if name not in found:
        known = ", ".join(found) or "a file in activation/definitions/syncs"
        raise KithError(f"there is no sync {name}", expected=known)
    return found[name]


def json_schema() -> dict[str, Any]:
    """The grammar as a JSON Schema, for editors; published as `docs/schemas/sync.json`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Sync.model_json_schema(by_alias=True),
        "title": "A sync of Kith",
    }
