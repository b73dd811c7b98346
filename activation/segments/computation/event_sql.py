"""SQL for all attributes of one event: its rows are read once, each property, filter and reading once.

hits        the event's rows, no older than the longest window, with the properties asked for as text
marks       one row per hit: which filters it passes, its properties read as typed values, its local day
measured    one row per profile: all measures that are one aggregate
apart_<n>   one row per profile: a measure that needs a relation of its own
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from activation.segments.comparisons import amount, compare, property_text, property_value
from activation.segments.computation.attribute import ComputedAttribute
from activation.segments.computation.measures import AGGREGATES, RELATIONS
from activation.segments.literals import literal, name_literal
from activation.segments.terms import Filter, Kind
from activation.segments.windows import window_start
from kith.warehouse import quote

Keys = tuple[str, ...]
SCALED = "ten-thousandths"
WHOLE = "-?[0-9]{1,18}"
DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"


@dataclass
class EventSql:
    """The attributes of one event as a statement that answers `profile_id` and a column for each, named as it is.

    A profile without rows of the event has none in the answer; nor has one whose rows no window reaches. With
    `profile_id` it is about that profile alone.
    """

    event: str
    attributes: Sequence[ComputedAttribute]
    as_of: datetime
    zone: str
    profile_id: str | None = None
    texts: dict[Keys, str] = field(default_factory=dict)
    readings: dict[tuple[Keys, str], str] = field(default_factory=dict)
    filters: dict[frozenset[Filter], str] = field(default_factory=dict)

    def select(self) -> str:
        """The whole statement."""
        parts = [(each, self._within(each), self._value(each)) for each in self.attributes]
        measured, apart, told, joins = "", "", "", ""
        for number, (each, when, value) in enumerate(parts):
            column = quote(each.name)
            if each.measure in AGGREGATES:
                measured += f",\n        {AGGREGATES[each.measure](when, value)} AS {column}"
                told += f",\n    measured.{column}"
                continue
            table = f"apart_{number}"
            apart += f",\n\n{table} AS ({RELATIONS[each.measure](when, value)}\n)"
            joins += f"\nLEFT JOIN {table} ON measured.profile_id = {table}.profile_id"
            told += (
                f",\n    {f'COALESCE({table}.value, 0)' if each.is_counted else f'{table}.value'} AS {column}"
            )
        grouped = (
            f"measured AS (\n    SELECT profile_id{measured}\n    FROM marks\n    GROUP BY profile_id\n)"
        )
        layers = f"{self._hits()},\n\n{self._marks()},\n\n{grouped}{apart}"
        return f"WITH {layers}\n\nSELECT\n    measured.profile_id{told}\nFROM measured{joins}"

    def witnesses(self) -> str:
        """The rows that the first attribute looks at, each with its moment, whether it counts (its filters and its
        window), the text of the property and what that reads as; null where there is no property."""
        [each, *_] = self.attributes
        when = self._within(each)
        text = self._text(each.keys) if each.keys else "NULL"
        value = read(text, Kind.TEXT if each.measure == "distinct" else each.kind) if each.keys else "NULL"
        layers = f"{self._hits()},\n\n{self._marks(list(self.texts.values()))}"
        told = (
            f"profile_id, effective_at, {when} AS counts, {text} AS text, CAST({value} AS VARCHAR) AS value"
        )
        return f"WITH {layers}\n\nSELECT {told}\nFROM marks"

    def _text(self, keys: Keys) -> str:
        return self.texts.setdefault(keys, f"p{len(self.texts)}")

    def _value(self, each: ComputedAttribute) -> str:
        """The column of the marks that a measure is made of."""
        if each.measure == "days":
            return "local_on"
        if not each.keys:
            return ""
        if each.measure == "distinct":
            return self._reading(each.keys, Kind.TEXT)
        if each.measure in ("sum", "average", "minimum", "maximum"):
            return self._reading(each.keys, SCALED)
        return self._reading(each.keys, each.kind)

    def _reading(self, keys: Keys, kind: str) -> str:
        self._text(keys)
        return self.readings.setdefault((keys, kind), f"v{len(self.readings)}")

    def _within(self, each: ComputedAttribute) -> str:
        """Whether a row counts; never null."""
        happening, parts = each.happening, []
        if happening.occurrence.filters:
            for one in sorted(happening.occurrence.filters, key=repr):
                self._text(one.keys)
            parts.append(self.filters.setdefault(happening.occurrence.filters, f"f{len(self.filters)}"))
        if happening.days is not None:
            parts.append(f"effective_at >= {self._midnight(happening.days)}")
        return " AND ".join(parts) or "TRUE"

    def _hits(self) -> str:
        texts = "".join(
            f",\n        {property_text(keys, 'properties')} AS {column}"
            for keys, column in self.texts.items()
        )
        days = [each.happening.days for each in self.attributes]
        longest = max((each for each in days if each is not None), default=0)
        since = "" if None in days else f" AND effective_at >= {self._midnight(longest)}"
        if self.profile_id is not None:
            since += f" AND profile_id = {name_literal(self.profile_id)}"
        return f"""hits AS (
    SELECT profile_id, effective_at{texts}
    FROM events
    WHERE event = {name_literal(self.event)} AND profile_id IS NOT NULL
        AND effective_at < {literal(self.as_of, Kind.INSTANT)}{since}
)"""

    def _marks(self, texts: Sequence[str] = ()) -> str:
        columns = [
            *texts,
            *(f"{self._passes(filters)} AS {column}" for filters, column in self.filters.items()),
        ]
        columns += [
            f"{read(self.texts[keys], kind)} AS {column}" for (keys, kind), column in self.readings.items()
        ]
        if any(each.measure == "days" for each in self.attributes):
            zone = name_literal(self.zone)
            columns.append(f"CAST(TIMEZONE({zone}, TIMEZONE('UTC', effective_at)) AS DATE) AS local_on")
        told = "".join(f",\n        {each}" for each in columns)
        return f"marks AS (\n    SELECT profile_id, effective_at{told}\n    FROM hits\n)"

    def _passes(self, filters: frozenset[Filter]) -> str:
        parts = [
            compare(property_value(self.texts[each.keys], each), each.comparison, each.kind)
            for each in sorted(filters, key=repr)
        ]
        return f"COALESCE({' AND '.join(parts)}, FALSE)"

    def _midnight(self, days: int) -> str:
        return literal(window_start(self.as_of, days, self.zone), Kind.INSTANT)


def read(text: str, kind: str) -> str:
    """The text of a property as a value of a kind; what doesn't read as one is missing."""
    match kind:
        case Kind.WHOLE:
            return f"CASE WHEN REGEXP_FULL_MATCH({text}, '{WHOLE}') THEN CAST({text} AS BIGINT) END"
        case Kind.DECIMAL:
            return amount(text)
        case Kind.BOOLEAN:
            return f"CASE {text} WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END"
        case Kind.DATE:
            is_date = f"REGEXP_FULL_MATCH({text}, '{DATE}') AND {text} >= '0001'"
            return f"CASE WHEN {is_date} THEN TRY_CAST({text} AS DATE) END"
        case "ten-thousandths":
            wide = f"CAST({amount(text)} AS DECIMAL(23, 4))"
            return f"CAST({wide} * CAST(10000 AS DECIMAL(5, 0)) AS BIGINT)"
    return text
