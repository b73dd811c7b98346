"""What a mapping file says about the columns of a file whose rows are to be matched."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from kith.definitions import Definition, load_definition
from kith.errors import KithError

Kind = Literal[
    "first_name",
    "last_name",
    "name",
    "date",
    "email",
    "phone",
    "postcode",
    "id",
    "city",
    "address",
    "code",
    "number",
    "text",
]
Relation = Literal["many_to_many", "one_to_many", "one_to_one"]

MAPPINGS = Path(__file__).parent / "mappings"
# At evens: rows are one if the evidence for it outweighs the evidence against it.
DEFAULT_THRESHOLD = 0.5


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Column(_Strict):
    """One column. `kind` decides how it is cleaned, compared and blocked on; `format` reads dates that don't
    begin with the year (strptime); `remove` is a regular expression taken out of each value; `swaps_with`
    names the column that its values are at times written into."""

    kind: Kind
    format: str | None = None
    remove: str | None = None
    swaps_with: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, given: Any) -> Any:
        return {"kind": given} if isinstance(given, str) else given

    @field_validator("remove")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        try:
            re.compile(pattern or "")
        except re.error as error:
            raise ValueError(f"'{pattern}' is no regular expression: {error}") from None
        return pattern

    @model_validator(mode="after")
    def _dated(self) -> Column:
        if self.format and self.kind != "date":
            raise ValueError("format is for columns of kind date alone")
        return self


class Csv(_Strict):
    """How a CSV file is written."""

    delimiter: str = Field(default=",", min_length=1, max_length=4)
    quote: str = Field(default='"', max_length=1)


class Mapping(_Strict):
    """The whole file. `blocking` lists the passes in which rows are compared (rows that agree in all columns
    of a pass); without it they follow from the kinds and the data. `relation` says how many rows of the one
    file a row of the other may belong to, where two are linked."""

    name: str = ""
    description: str = ""
    columns: dict[str, Column] = Field(min_length=1)
    csv: Csv = Csv()
    blanks: tuple[str, ...] = ("", "na", "n/a", "nan", "null", "none", "unknown", "-")
    blocking: tuple[tuple[str, ...], ...] = ()
    threshold: float = Field(default=DEFAULT_THRESHOLD, gt=0, lt=1)
    relation: Relation = "many_to_many"

    @model_validator(mode="after")
    def _known(self) -> Mapping:
        for number, rule in enumerate(self.blocking):
            if not rule:
                raise ValueError(f"blocking[{number}] names no column; expected at least one")
            for column in rule:
                self._expect(column, f"blocking[{number}]")
        for name, column in self.columns.items():
            if column.swaps_with is not None:
                self._expect(column.swaps_with, f"columns.{name}.swaps_with")
        return self

    def _expect(self, column: str, where: str) -> None:
        if column not in self.columns:
            raise ValueError(
                f"{where} names '{column}', which is none of the columns ({', '.join(self.columns)})"
            )

    def without(self, withheld: frozenset[str]) -> Mapping:
        """The mapping as if the withheld columns (lower case) did not exist."""
        columns = {
            name: column.model_copy(update={"swaps_with": None})
            if column.swaps_with and column.swaps_with.lower() in withheld
            else column
            for name, column in self.columns.items()
            if name.lower() not in withheld
        }
        blocking = tuple(rule for rule in self.blocking if not any(name.lower() in withheld for name in rule))
        return self.model_copy(update={"columns": columns, "blocking": blocking})


def load_mapping(name: str) -> Definition[Mapping]:
    """A mapping by its file, or one of those that come along by its name (febrl)."""
    path = Path(name)
    if not path.suffix and not path.exists() and (MAPPINGS / f"{name}.yml").exists():
        path = MAPPINGS / f"{name}.yml"
    if not path.exists():
        known = ", ".join(sorted(each.stem for each in MAPPINGS.glob("*.yml")))
        raise KithError("there is no such mapping", where=name, expected=f"a YAML file, or one of {known}")
    return load_definition(path, Mapping, kind="matching")
