"""SQL for what people did: each distinct property, occurrence, measure and sequence once.

hits        events that any term asks for, the properties that terms read as columns of text
marks       one row per hit: which occurrences it is, its amounts, its local day
measures    one row per profile with hits: a column for each distinct measure of a happening
sequence_n  the profiles that show a sequence
recent_n    of the last rows of a profile, how many have an answer
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from activation.segments.comparisons import amount, compare, property_text, property_value
from activation.segments.dialects import DUCKDB, Dialect
from activation.segments.large_sets import LargeSets, is_large
from activation.segments.literals import literal, name_literal
from activation.segments.terms import (
    Acted,
    BehaviourTerm,
    Happening,
    Kind,
    Measure,
    Occurrence,
    RecentTerm,
    SequenceTerm,
    days_of,
    occurrences_of,
)
from activation.segments.windows import window_start

AMOUNTS = ("sum", "average", "minimum", "maximum")
#: What a measure of no events is; the others are missing.
OF_NOTHING = ("count", "days", "distinct", "sum")


@dataclass
class BehaviourSql:
    """What the terms of one statement ask of behaviour."""

    as_of: datetime
    zone: str
    dialect: Dialect = DUCKDB
    properties: dict[tuple[str, ...], str] = field(default_factory=dict)
    occurrences: dict[Occurrence, str] = field(default_factory=dict)
    amounts: dict[tuple[str, ...], str] = field(default_factory=dict)
    measures: dict[tuple[Happening, Measure], str] = field(default_factory=dict)
    sequences: dict[SequenceTerm, str] = field(default_factory=dict)
    recents: dict[RecentTerm, str] = field(default_factory=dict)
    sets: LargeSets = field(init=False)

    def __post_init__(self) -> None:
        self.sets = LargeSets("filter_set", self.dialect)

    def add(self, term: Acted) -> None:
        """Register what a term looks at."""
        for each in occurrences_of(term):
            self._add_occurrence(each)
        if isinstance(term, SequenceTerm):
            self.sequences.setdefault(term, f"sequence_{len(self.sequences)}")
            return
        if isinstance(term, RecentTerm):
            self.recents.setdefault(term, f"recent_{len(self.recents)}")
            self.properties.setdefault(term.keys, f"p{len(self.properties)}")
            return
        self.measures.setdefault((term.happening, term.measure), f"m{len(self.measures)}")
        if term.measure.keys:
            self.properties.setdefault(term.measure.keys, f"p{len(self.properties)}")
        if term.measure.word in AMOUNTS:
            self.amounts.setdefault(term.measure.keys, f"a{len(self.amounts)}")

    def _add_occurrence(self, occurrence: Occurrence) -> None:
        self.occurrences.setdefault(occurrence, f"o{len(self.occurrences)}")
        for keys in sorted(each.keys for each in occurrence.filters):
            self.properties.setdefault(keys, f"p{len(self.properties)}")

    def tables(self) -> list[str]:
        """What has to be joined to the profiles."""
        return [*(["measures"] if self.measures else []), *self.sequences.values(), *self.recents.values()]

    def layers(self) -> list[str]:
        """The common table expressions."""
        if not self.occurrences:
            return []
        measures = [self._measures()] if self.measures else []
        sequences = [self._sequence(term, table) for term, table in self.sequences.items()]
        recents = [self._recent(term, table) for term, table in self.recents.items()]
        marks = self._marks()
        return [self._hits(), *self.sets.layers(), marks, *measures, *sequences, *recents]

    def value(self, term: Acted) -> str:
        """SQL for what a term looks at, before it is compared."""
        if isinstance(term, SequenceTerm):
            return f"{self.sequences[term]}.is_shown"
        if isinstance(term, RecentTerm):
            return f"COALESCE({self.recents[term]}.answered, 0)"
        column = f"measures.{self.measures[term.happening, term.measure]}"
        if term.measure.word == "average":
            return f"(CAST({column} AS DOUBLE) / NULLIF({column}_n, 0))"
        return f"COALESCE({column}, 0)" if term.measure.word in OF_NOTHING else column

    def truth(self, term: Acted) -> str:
        """SQL that is true, false or null."""
        if isinstance(term, SequenceTerm):
            return self.value(term)
        if isinstance(term, RecentTerm):
            return compare(self.value(term), term.comparison, Kind.WHOLE)
        if term.measure.word in ("first", "last"):
            return compare(self.value(term), term.comparison, Kind.INSTANT)
        if term.measure.word not in AMOUNTS:
            return compare(self.value(term), term.comparison, Kind.WHOLE)
        if term.measure.word == "average":
            return self._average(term)
        return compare(self.value(term), term.comparison, Kind.AMOUNT)

    def _average(self, term: BehaviourTerm) -> str:
        """The sum against so many times the operand: a quotient would be rounded."""
        column = f"measures.{self.measures[term.happening, term.measure]}"
        times = f"CAST({column}_n AS DECIMAL(18, 0))"
        return compare(column, term.comparison, Kind.AMOUNT, lambda operand: f"{operand} * {times}")

    def _hits(self) -> str:
        properties = "".join(
            f",\n        {property_text(keys, 'properties', self.dialect)} AS {column}"
            for keys, column in self.properties.items()
        )
        names = ", ".join(sorted({self._name(each.event) for each in self.occurrences}))
        return f"""hits AS (
    SELECT profile_id, event, effective_at{properties}
    FROM events
    WHERE event IN ({names}) AND effective_at < {literal(self.as_of, Kind.INSTANT)}{self._since()}
)"""

    def _name(self, name: str) -> str:
        return name_literal(name, self.dialect)

    def _since(self) -> str:
        """Rows older than every window need not be read."""
        days = [happening.days for happening, _ in self.measures]
        days += [days_of(each) for each in (*self.sequences, *self.recents)]
        longest = max((each for each in days if each is not None), default=0)
        return "" if None in days else f" AND effective_at >= {self._midnight(longest)}"

    def _midnight(self, days: int) -> str:
        return literal(window_start(self.as_of, days, self.zone), Kind.INSTANT)

    def _marks(self) -> str:
        columns = [f"{self._happens(each)} AS {column}" for each, column in self.occurrences.items()]
        for keys, column in self.amounts.items():
            columns.append(f"{amount(self.properties[keys], self.dialect)} AS {column}")
        columns += [column for keys, column in self.properties.items() if self._is_counted(keys)]
        if any(measure.word == "days" for _, measure in self.measures):
            columns.append(f"{self.dialect.local_day('effective_at', self.zone)} AS local_on")
        told = "".join(f",\n        {each}" for each in columns)
        source = "\n    ".join(["FROM hits", *self.sets.joins()])
        return f"marks AS (\n    SELECT profile_id, effective_at{told}\n    {source}\n)"

    def _is_counted(self, keys: tuple[str, ...]) -> bool:
        is_distinct = any(measure == Measure("distinct", keys) for _, measure in self.measures)
        return is_distinct or any(each.keys == keys for each in self.recents)

    def _happens(self, occurrence: Occurrence) -> str:
        parts = [f"event = {self._name(occurrence.event)}"]
        for each in sorted(occurrence.filters, key=repr):
            value = property_value(self.properties[each.keys], each, self.dialect)
            if is_large(each.comparison):
                parts.append(self.sets.truth(value, each.comparison, each.kind))
            else:
                parts.append(compare(value, each.comparison, each.kind, dialect=self.dialect))
        return f"COALESCE({' AND '.join(parts)}, FALSE)"

    def _measures(self) -> str:
        told = "".join(
            f",\n        {self._aggregate(happening, measure, column)}"
            for (happening, measure), column in self.measures.items()
        )
        return f"measures AS (\n    SELECT profile_id{told}\n    FROM marks\n    GROUP BY profile_id\n)"

    def _aggregate(self, happening: Happening, measure: Measure, column: str) -> str:
        def over(function: str, value: str) -> str:
            return f"{function}(CASE WHEN {self._within(happening)} THEN {value} END)"

        match measure.word:
            case "count":
                return f"{over('COUNT', '1')} AS {column}"
            case "days":
                return f"{over('COUNT', 'local_on').replace('(', '(DISTINCT ', 1)} AS {column}"
            case "distinct":
                text = self.properties[measure.keys]
                return f"{over('COUNT', text).replace('(', '(DISTINCT ', 1)} AS {column}"
            case "first" | "last":
                function = "MIN" if measure.word == "first" else "MAX"
                return f"{over(function, 'effective_at')} AS {column}"
        value = self.amounts[measure.keys]
        function = {"minimum": "MIN", "maximum": "MAX"}.get(measure.word, "SUM")
        counted = f", {over('COUNT', value)} AS {column}_n" if measure.word == "average" else ""
        return f"{over(function, value)} AS {column}{counted}"

    def _within(self, happening: Happening) -> str:
        parts = [self.occurrences[happening.occurrence]]
        if happening.days is not None:
            parts.append(f"effective_at >= {self._midnight(happening.days)}")
        if happening.until is not None:
            parts.append(f"effective_at < {self._midnight(happening.until)}")
        return " AND ".join(parts)

    def _sequence(self, term: SequenceTerm, table: str) -> str:
        """For each first event the nearest later second: if it fails, every farther one fails as well."""
        first, then = self.occurrences[term.first], self.occurrences[term.then]
        without = self.occurrences[term.without] if term.without else "FALSE"
        since = "" if term.days is None else f" AND effective_at >= {self._midnight(term.days)}"
        gap = "" if term.gap is None else f" AND then_at - moment <= {term.gap:d}"
        order = "OVER (PARTITION BY profile_id ORDER BY moment RANGE BETWEEN"
        return f"""{table} AS (
    SELECT DISTINCT profile_id, TRUE AS is_shown
    FROM (
        SELECT profile_id, is_first, moment,
            MIN(CASE WHEN is_then THEN moment END) {order} 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS then_at,
            MIN(CASE WHEN is_without THEN moment END) {order} CURRENT ROW AND UNBOUNDED FOLLOWING) AS without_at
        FROM (
            SELECT profile_id, {self.dialect.microseconds("effective_at")} AS moment,
                {first} AS is_first, {then} AS is_then, {without} AS is_without
            FROM marks
            WHERE ({first} OR {then} OR {without}){since}
        ) AS steps
    ) AS followed
    WHERE is_first AND then_at IS NOT NULL{gap} AND (without_at IS NULL OR without_at > then_at)
)"""

    def _recent(self, term: RecentTerm, table: str) -> str:
        """By rank, so that rows of one instant are in or out together."""
        key = self.properties[term.keys]
        return f"""{table} AS (
    SELECT recent.profile_id, COUNT(*) AS answered
    FROM (
        SELECT profile_id, {key} AS answer_key,
            RANK() OVER (PARTITION BY profile_id ORDER BY effective_at DESC) AS place
        FROM marks
        WHERE {self._within(term.happening)}
    ) AS recent
    INNER JOIN (
        SELECT DISTINCT profile_id, {key} AS answer_key
        FROM marks
        WHERE {self._within(term.answers)}
    ) AS answers ON recent.profile_id = answers.profile_id AND recent.answer_key = answers.answer_key
    WHERE recent.place <= {term.last:d}
    GROUP BY recent.profile_id
)"""
