"""What a dashboard's file says.

```yaml
name: trade
title: Trade
owner: ada
shared: true
period: {days: 28}
filters:
  - {dimension: country, is: [GB, DE]}
tiles:
  - text: "**What came in** these four weeks."
    width: 4
  - metrics: [net_revenue]
    grain: day
    chart: line
    width: 2
```
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from dashboards.answers.metrics import Asked, Filter, last_days
from dashboards.reader import Reader
from kith.definitions.scalars import plain_value

KIND = "dashboards"
COLUMNS, MOST_TILES = 4, 60
NAME = r"^[a-z][a-z0-9_]{0,62}$"
Name = Annotated[str, StringConstraints(pattern=NAME)]
Grain = Literal["", "day", "week", "month", "quarter", "year"]
Chart = Literal["line", "bars", "number", "table"]
Height = Literal["small", "medium", "large"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, str_max_length=5_000)


class Period(_Part):
    """Days that all tiles are told of: the last full `days`, or `from` one day `to` another; both count."""

    days: int | None = Field(default=None, ge=1, le=3_660)
    first: date | None = Field(default=None, alias="from")
    last: date | None = Field(default=None, alias="to")

    @model_validator(mode="after")
    def _one_way(self) -> Period:
        if self.days is not None and (self.first or self.last):
            raise ValueError("names days and from or to; expected one of the two ways")
        if self.first and self.last and self.last < self.first:
            raise ValueError("ends before it begins")
        return self


class Condition(_Part):
    """Only rows of which the dimension `is` one of these values, or `is_not` any of them."""

    dimension: str = Field(min_length=1, max_length=120)
    is_: tuple[str, ...] = Field(default=(), alias="is", max_length=200)
    is_not: tuple[str, ...] = Field(default=(), max_length=200)

    @model_validator(mode="after")
    def _one_side(self) -> Condition:
        if bool(self.is_) == bool(self.is_not):
            raise ValueError("needs one of: is, is_not")
        return self

    @property
    def filter(self) -> Filter:
        return Filter(self.dimension, self.is_ or self.is_not, bool(self.is_not))


class Tile(_Part):
    """Words (`text`, Markdown) or a question to the metrics layer, `width` of four columns wide."""

    title: str = Field(default="", max_length=200)
    text: str = ""
    metrics: tuple[str, ...] = Field(default=(), max_length=12)
    by: tuple[str, ...] = Field(default=(), max_length=4)
    grain: Grain = ""
    filters: tuple[Condition, ...] = Field(default=(), max_length=12)
    period: Period | None = Field(default=None, description="Instead of the dashboard's own")
    chart: Chart = "line"
    width: int = Field(default=2, ge=1, le=COLUMNS)
    height: Height = "medium"

    @model_validator(mode="after")
    def _something(self) -> Tile:
        if bool(self.text) == bool(self.metrics):
            raise ValueError("needs one of: text, metrics")
        return self


class Board(_Part):
    """One dashboard. Without `shared` its owner alone (and an administrator) sees it."""

    name: Name
    title: str = Field(min_length=1, max_length=200)
    description: str = ""
    owner: str = Field(default="", max_length=64)
    shared: bool = False
    period: Period = Period()
    filters: tuple[Condition, ...] = Field(default=(), max_length=12)
    tiles: tuple[Tile, ...] = Field(default=(), max_length=MOST_TILES)


def asked_of(
    tile: Tile, reader: Reader, conditions: tuple[Condition, ...] = (), period: Period | None = None
) -> Asked:
    """The tile's question, with the conditions and the days of the dashboard around it."""
    filters = tuple(each.filter for each in (*conditions, *tile.filters))
    first, last = days_of(tile.period or period or Period(), reader)
    return Asked(tile.metrics, tile.by, tile.grain, filters, first, last)


def days_of(period: Period, reader: Reader) -> tuple[date | None, date | None]:
    """The first and last day of a period; None is open."""
    return last_days(reader, period.days) if period.days else (period.first, period.last)


class _Dumper(yaml.SafeDumper):
    """As people write it: short mappings and lists in one line, texts of several lines as blocks."""

    def represent_mapping(self, tag: str, mapping: Any, flow_style: bool | None = None) -> yaml.MappingNode:
        is_short = len(mapping) <= 2 and all(not _is_long(each) for each in mapping.values())
        return super().represent_mapping(tag, mapping, flow_style=is_short)


def _is_long(part: Any) -> bool:
    return isinstance(part, dict) or len(str(part)) > 60 or "\n" in str(part)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None if _is_plain(text) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _is_plain(text: str) -> bool:
    """Whether our reader takes it for a text without quotes too: `0E0` is a number to it, and none to the writer."""
    try:
        return plain_value(text) == text
    except ValueError:
        return False


def _list(dumper: yaml.SafeDumper, parts: Any) -> yaml.SequenceNode:
    is_plain = all(isinstance(each, (str, int, float)) for each in parts)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", parts, flow_style=is_plain)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(list, _list)


def board_document(board: Board) -> dict[str, Any]:
    """What its file says: what is not said is left out."""
    told = board.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return {key: told[key] for key in Board.model_fields if key in told}


def board_yaml(board: Board) -> str:
    """As a file of its own."""
    return yaml.dump(board_document(board), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def json_schema() -> dict[str, Any]:
    """For editors: what a dashboard's file may hold."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return head | Board.model_json_schema(by_alias=True) | {"title": "A dashboard of Kith"}
