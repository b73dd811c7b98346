"""One entry of a mapping as SQL: which rows are at fault, and the events that the others make."""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ingestion.expressions import Compiler, Expression, Keys
from ingestion.mapping import IDENTIFIERS, Entry, Value
from ingestion.rows import BETWEEN, ORDINAL, Source
from kith.times import to_utc_naive
from kith.warehouse import literal, quote

EARLIEST = "TIMESTAMP '1990-01-01'"
TOLERANCE = timedelta(days=1)


@dataclass(frozen=True)
class Stamp:
    """What every event of one import bears. Nothing happens after `latest`, whatever the file says."""

    mapping: str
    source: str
    batch_id: str
    lateness_seconds: float
    latest: datetime


@dataclass(frozen=True)
class Statement:
    """An entry compiled. `faults(row_ordinal, fault)` and `events` are SELECTs; `keys` are set where whole
    groups fall together: a fold with lines is not landed in part."""

    key: str
    faults: str
    events: str
    keys: tuple[str, ...] = ()
    when: str = "TRUE"


def compile_entry(compiler: Compiler, key: str, entry: Entry, source: Source, stamp: Stamp) -> Statement:
    """Compile one entry; anything the file can't give is refused here."""
    place: Keys = ("events", key)
    when = entry.when or "TRUE"
    compiler.type_of(when, (*place, "when"))
    for name in (*entry.group_by, *entry.must_agree):
        field = "group_by" if name in entry.group_by else "must_agree"
        compiler.column(name, (*place, field))
    folded = replace(compiler, group_by=tuple(entry.group_by)) if entry.group_by else compiler
    parts = _Parts(folded, compiler, entry, place, stamp.latest + TOLERANCE)
    keys = tuple(quote(name) for name in entry.group_by)
    if keys:
        faults = _folded_faults(parts, entry, keys, when)
        events = _folded_events(parts, key, entry, source, stamp, keys, when)
    else:
        faults = f"SELECT {ORDINAL}, {parts.fault()} AS fault FROM judged_rows WHERE {when}"
        events = (
            f"SELECT {parts.columns(key, source.content, stamp, ordinal=True)} FROM good_rows WHERE {when}"
        )
    return Statement(key, faults, events, keys if entry.lines else (), when)


class _Parts:
    """The compiled values of one entry."""

    def __init__(self, folded: Compiler, flat: Compiler, entry: Entry, place: Keys, latest: datetime) -> None:
        self.entry, self.flat, self.place = entry, flat, place
        self.latest = f"TIMESTAMP '{to_utc_naive(latest)}'"
        self.occurred = _earliest(flat.moment(entry.time, (*place, "time")), bool(entry.group_by))
        self.row_faults = list(flat.moment(entry.time, (*place, "time")).faults)
        self.received = self.occurred
        if entry.arrival:
            arrival = flat.moment(entry.arrival, (*place, "arrival"))
            self.received = _earliest(arrival, bool(entry.group_by))
            self.row_faults += arrival.faults
        self.ids = {name: self._id(folded, name) for name in IDENTIFIERS}
        self.event = folded.text(entry.event, (*place, "event")).sql if entry.event else "NULL"
        self.faults: list[str] = []
        self.lines = {
            name: self._line(fields, (*place, "lines", name)) for name, fields in entry.lines.items()
        }
        self.objects = {
            name: self._object(folded, getattr(entry, name), (*place, name))
            for name in ("properties", "traits", "context")
        }
        self._person()

    def _id(self, compiler: Compiler, name: str) -> str:
        value: Value | None = getattr(self.entry, name)
        return compiler.text(value, (*self.place, name)).sql if value else "NULL"

    def _person(self) -> None:
        """Nobody is named, but an order: the order stands for its person."""
        if order := self.entry.properties.get("order_id"):
            folded = (
                replace(self.flat, group_by=tuple(self.entry.group_by)) if self.entry.group_by else self.flat
            )
            order_id = folded.text(order, (*self.place, "properties", "order_id")).sql
            instead = f"CASE WHEN {self.ids['user_id']} IS NULL THEN 'order:' || {order_id} END"
            self.ids["anonymous_id"] = f"coalesce({self.ids['anonymous_id']}, {instead})"
        nobody = f"{self.ids['user_id']} IS NULL AND {self.ids['anonymous_id']} IS NULL"
        self.faults.append(f"CASE WHEN {nobody} THEN 'missing_identifier:user_id' END")
        if self.entry.type == "track":
            self.faults.append(f"CASE WHEN {self.event} IS NULL THEN 'missing_event:event' END")
        # A file without a column of arrivals would be its own witness.
        late = f"{self.occurred} > least({self.received} + INTERVAL 1 DAY, {self.latest})"
        self.faults.append(
            f"CASE WHEN {self.occurred} < {EARLIEST} OR {late} THEN 'time_out_of_range:time' END"
        )

    def _object(self, compiler: Compiler, fields: Dictionary[str, Value], place: Keys) -> str:
        made = [(name, compiler.json(value, (*place, name))) for name, value in fields.items()]
        self.faults += [fault for _, each in made for fault in each.faults]
        members = [_member(name, each.sql) for name, each in made]
        if place[-1] == "properties":
            members += [_member(name, sql) for name, sql in self.lines.items()]
        return f"'{{' || concat_ws(',', {', '.join(members)}) || '}}'" if members else "NULL"

    def _line(self, fields: Dictionary[str, Value], place: Keys) -> str:
        made = [(name, self.flat.json(value, (*place, name))) for name, value in fields.items()]
        self.row_faults += [fault for _, each in made for fault in each.faults]
        item = f"'{{' || concat_ws(',', {', '.join(_member(name, each.sql) for name, each in made)}) || '}}'"
        items = f"string_agg({item}, ',' ORDER BY {ORDINAL})" if self.entry.group_by else item
        return f"'[' || {items} || ']'"

    def fault(self) -> str:
        """The first fault of a row that is an event of its own."""
        return f"coalesce({', '.join([*self.row_faults, *self.faults])})"

    def columns(self, key: str, content: str, stamp: Stamp, ordinal: bool) -> str:
        """The columns of the event model, in its order."""
        prefix = literal(stamp.mapping + "\x1f" + key + "\x1f")
        tail = f" || {BETWEEN} || row_number_among_equals" if ordinal else ""
        return f"""md5({prefix} || {content}{tail}) AS event_id, {literal(self.entry.type)} AS type,
            {self.event}::VARCHAR AS event, {self.ids["anonymous_id"]}::VARCHAR AS anonymous_id,
            {self.ids["user_id"]}::VARCHAR AS user_id, {self.ids["previous_id"]}::VARCHAR AS previous_id,
            {self.ids["group_id"]}::VARCHAR AS group_id, {self.occurred} AS occurred_at,
            NULL::TIMESTAMP AS sent_at, {self.received} AS received_at,
            {self._effective(stamp)} AS effective_at,
            {literal(stamp.batch_id)} AS batch_id, {literal(stamp.source)} AS source,
            {self.objects["properties"]}::VARCHAR AS properties, {self.objects["traits"]}::VARCHAR AS traits,
            {self.objects["context"]}::VARCHAR AS context"""

    def _effective(self, stamp: Stamp) -> str:
        """`kith.events.effective_at` in SQL."""
        if self.received == self.occurred:
            return self.occurred
        limit = f"{self.occurred} + INTERVAL '{stamp.lateness_seconds} seconds'"
        on_time = f"{self.received} BETWEEN {self.occurred} AND {limit}"
        return f"CASE WHEN {on_time} THEN {self.occurred} ELSE {self.received} END"


def _folded_faults(parts: _Parts, entry: Entry, keys: tuple[str, ...], when: str) -> str:
    """A row's own faults, then those of its group."""
    row = f"SELECT {ORDINAL}, coalesce({', '.join(parts.row_faults)}) AS fault FROM judged_rows WHERE {when}"
    disagree = [
        f"CASE WHEN count(DISTINCT {quote(name)}) > 1 THEN 'group_disagrees:{name}' END"
        for name in entry.must_agree
    ]
    missing = [f"CASE WHEN {key} IS NULL THEN 'missing_key:group_by' END" for key in keys]
    of_group = f"coalesce({', '.join([*missing, *disagree, *parts.faults])})"
    group = f"""SELECT unnest(list({ORDINAL})) AS {ORDINAL}, {of_group} AS fault
        FROM judged_rows WHERE {when} GROUP BY {", ".join(keys)} HAVING {of_group} IS NOT NULL"""
    return f"{row} UNION ALL {group}"


def _folded_events(
    parts: _Parts, key: str, entry: Entry, source: Source, stamp: Stamp, keys: tuple[str, ...], when: str
) -> str:
    """The id holds the contents of all rows: sums of the halves of their md5, which don't hang on an order
    and which, unlike an exclusive or, equal rows do not cancel."""
    halves = [f"sum(md5_number_{half}({source.content})::HUGEINT)" for half in ("upper", "lower")]
    content = " || ':' || ".join([*halves, "count(*)"])
    columns = parts.columns(key, content, stamp, ordinal=False)
    return f"SELECT {columns} FROM good_rows WHERE {when} GROUP BY {', '.join(keys)}"


def _earliest(moment: Expression, is_folded: bool) -> str:
    return f"min({moment.sql})" if is_folded else f"({moment.sql})"


def _member(name: str, sql: str) -> str:
    shown = name.replace("\\", "\\\\").replace('"', '\\"')
    return literal(f'"{shown}":') + f" || ({sql})"
