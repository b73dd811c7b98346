"""What a mapping file says: how the rows of a source's file become events.

`docs/adding/source.md` explains each field with examples.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from kith.events import EVENT_TYPES

Kind = Literal["text", "number", "integer", "boolean", "time", "json"]
Scalar = str | int | float | bool
IDENTIFIERS = ("user_id", "anonymous_id", "previous_id", "group_id")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Value(_Part):
    """Where one value comes from: a column, a constant, an SQL expression, or cases of a column."""

    column: str | None = None
    value: Scalar | None = None
    sql: str | None = None
    case: dict[Scalar, Scalar] | None = None
    otherwise: Scalar | None = None
    kind: Kind | None = Field(default=None, alias="as")

    @model_validator(mode="after")
    def _one_origin(self) -> Value:
        given = [name for name in ("column", "value", "sql") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("give exactly one of column, value and sql")
        if self.case is not None and self.column is None:
            raise ValueError("case needs the column whose values it names")
        if self.otherwise is not None and self.case is None:
            raise ValueError("otherwise goes with case")
        return self


def _column(given: Any) -> Any:
    return {"column": given} if isinstance(given, str) else given


def _constant(given: Any) -> Any:
    return {"value": given} if isinstance(given, str) else given


#: `user_id: CustomerID` names a column.
FromColumn = Annotated[Value, BeforeValidator(_column)]
#: `event: Order Completed` is the name itself.
Constant = Annotated[Value, BeforeValidator(_constant)]


class Moment(_Part):
    """A time: of a column or an expression, in a format, local to a zone unless the text says its own."""

    column: str | None = None
    sql: str | None = None
    zone: str | None = None
    format: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _one_origin(self) -> Moment:
        if (self.column is None) == (self.sql is None):
            raise ValueError("give either column or sql")
        return self

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str | None) -> str | None:
        return zone if zone is None else known_zone(zone)


FromTime = Annotated[Moment, BeforeValidator(_column)]


class Entry(_Part):
    """One kind of event that a row, or a group of rows, makes."""

    type: Literal["track", "identify", "page", "screen", "group", "alias"] = "track"
    event: Constant | None = None
    when: str | None = None
    group_by: list[str] = []
    must_agree: list[str] = []
    time: FromTime
    arrival: FromTime | None = None
    user_id: FromColumn | None = None
    anonymous_id: FromColumn | None = None
    previous_id: FromColumn | None = None
    group_id: FromColumn | None = None
    properties: dict[str, FromColumn] = {}
    traits: dict[str, FromColumn] = {}
    context: dict[str, FromColumn] = {}
    lines: dict[str, dict[str, FromColumn]] = {}

    @model_validator(mode="after")
    def _sound(self) -> Entry:
        if self.type == "track" and self.event is None:
            raise ValueError("a track event needs 'event', its name")
        if self.must_agree and not self.group_by:
            raise ValueError("must_agree goes with group_by")
        if twice := set(self.lines) & set(self.properties):
            raise ValueError(f"'{min(twice)}' is both a property and a list of lines")
        return self


class Format(_Part):
    """How the file is written. What is left out follows from the file's name and first line."""

    kind: Literal["csv", "parquet", "json"] | None = None
    delimiter: str | None = Field(default=None, min_length=1)
    header: bool = True
    columns: list[str] = []
    encoding: str = "utf-8"
    quote: str = Field(default='"', max_length=1)

    @model_validator(mode="after")
    def _sound(self) -> Format:
        if not self.header and not self.columns:
            raise ValueError("a file without a header needs 'columns', the names in order")
        if self.header and self.columns:
            raise ValueError("columns are named either by the file's header or here: say 'header: false'")
        if self.delimiter is not None and self.delimiter != "spaces" and len(self.delimiter) != 1:
            raise ValueError("a delimiter is one character, or 'spaces' for runs of spaces")
        return self

    @field_validator("encoding")
    @classmethod
    def _known(cls, encoding: str) -> str:
        try:
            "".encode(encoding)
        except LookupError:
            raise ValueError(f"'{encoding}' is no encoding, such as utf-8 or latin-1") from None
        return encoding


class Expectation(_Part):
    """One more expectation of Great Expectations: its name, its arguments, whether it stops a batch."""

    expect: str = Field(pattern=r"^[A-Za-z_]+$")
    with_: dict[str, Any] = Field(default={}, alias="with")
    blocking: bool = True


class Mapping(_Part):
    """A whole mapping file."""

    name: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]*$")
    source: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    description: str | None = None
    format: Format = Format()
    zone: str = "UTC"
    where: str | None = None
    events: dict[str, Entry] = Field(min_length=1)
    expectations: list[Expectation] = []

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        return known_zone(zone)


def known_zone(name: str) -> str:
    """The name, if the IANA database has it."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"'{name}' is not a zone of the IANA database, such as Europe/London") from None
    return name


assert set(EVENT_TYPES) == {"track", "identify", "page", "screen", "group", "alias"}
