"""From segments to one SQL statement.

The statement is made at run time and never written to a file. It reads four relations, so that any warehouse
that has them can run it: `profiles`, `events`, `scores_at` (model, profile_id, score) and `analyst_members`
(segment, profile_id). Its layers:

    hits      events that any term asks for, the properties that filters read as columns
    counts    one row per profile with hits: a count for each distinct happening
    terms     one row per profile: each distinct leaf, true or false
    level_<n> segments, those that others ask for first
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from activation.segments.comparisons import (
    column_value,
    compare,
    property_text,
    property_value,
)
from activation.segments.literals import literal, name_literal
from activation.segments.terms import (
    AttributeTerm,
    CountTerm,
    Group,
    Happening,
    Kind,
    MemberTerm,
    Scored,
    ScoreTerm,
    Segment,
    Term,
    Tree,
    terms_of,
)
from activation.segments.windows import window_start


@dataclass(frozen=True)
class Statement:
    """SQL that answers `profile_id` and a boolean column for each segment, named by its position."""

    sql: str
    columns: Mapping[str, str]


@dataclass
class Compilation:
    """What the segments of one statement share: each distinct term, happening, property, model once."""

    as_of: datetime
    zone: str
    own: frozenset[str]
    terms: dict[Term, str] = field(default_factory=dict)
    happenings: dict[Happening, str] = field(default_factory=dict)
    properties: dict[tuple[str, ...], str] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)
    members: dict[str, str] = field(default_factory=dict)

    def add(self, tree: Tree) -> None:
        """Register every term of a tree, save membership of segments that this statement evaluates itself."""
        for term in terms_of(tree):
            if isinstance(term, MemberTerm) and term.segment in self.own:
                continue
            self.terms.setdefault(term, f"t{len(self.terms)}")
            if isinstance(term, CountTerm):
                self._add_happening(term.happening)
            elif isinstance(term, ScoreTerm):
                self.models.setdefault(term.model, f"score_{len(self.models)}")
            elif isinstance(term, MemberTerm):
                self.members.setdefault(term.segment, f"member_{len(self.members)}")

    def _add_happening(self, happening: Happening) -> None:
        self.happenings.setdefault(happening, f"c{len(self.happenings)}")
        for keys in sorted(each.keys for each in happening.filters):
            self.properties.setdefault(keys, f"p{len(self.properties)}")

    def layers(self) -> list[str]:
        """The common table expressions up to `terms`."""
        return [*self._hits(), *self._scores(), *self._members(), self._terms()]

    def value(self, term: Term) -> str:
        """SQL for what a term looks at, before it is compared."""
        match term:
            case AttributeTerm(attribute=attribute, kind=kind):
                return column_value(attribute, kind)
            case CountTerm(happening=happening):
                return f"COALESCE(counts.{self.happenings[happening]}, 0)" if self.happenings else "0"
            case ScoreTerm(model=model):
                return f"{self.models[model]}.score"
            case MemberTerm(segment=segment):
                return f"{self.members[segment]}.is_member"

    def truth(self, term: Term) -> str:
        """SQL for a term: true or false, never null."""
        value = self.value(term)
        match term:
            case AttributeTerm(comparison=comparison, kind=kind):
                told = compare(value, comparison, kind)
            case CountTerm(comparison=comparison):
                told = compare(value, comparison, Kind.WHOLE)
            case ScoreTerm(comparison=comparison):
                told = compare(value, comparison, Kind.REAL) if comparison else f"{value} IS NOT NULL"
            case MemberTerm():
                told = value
        return f"COALESCE({told}, FALSE)"

    def joins(self) -> str:
        """Everything that a term may look at, one row per profile."""
        tables = ["counts"] if self.happenings else []
        tables += [*self.models.values(), *self.members.values()]
        joined = [f"LEFT JOIN {table} ON profiles.profile_id = {table}.profile_id" for table in tables]
        return "\n    ".join(["FROM profiles", *joined])

    def _hits(self) -> list[str]:
        if not self.happenings:
            return []
        properties = "".join(
            f",\n        {property_text(keys, 'properties')} AS {column}"
            for keys, column in self.properties.items()
        )
        names = ", ".join(sorted({name_literal(each.event) for each in self.happenings}))
        hits = f"""hits AS (
    SELECT profile_id, event, effective_at{properties}
    FROM events
    WHERE event IN ({names}) AND effective_at < {literal(self.as_of, Kind.INSTANT)}{self._since()}
)"""
        counted = ",\n        ".join(
            f"COUNT(CASE WHEN {self._happened(each)} THEN 1 END) AS {column}"
            for each, column in self.happenings.items()
        )
        return [
            hits,
            f"counts AS (\n    SELECT profile_id, {counted}\n    FROM hits\n    GROUP BY profile_id\n)",
        ]

    def _since(self) -> str:
        """Rows older than every window need not be read."""
        days = [each.days for each in self.happenings]
        longest = max((each for each in days if each is not None), default=0)
        return "" if None in days else f" AND effective_at >= {self._start(longest)}"

    def _start(self, days: int) -> str:
        return literal(window_start(self.as_of, days, self.zone), Kind.INSTANT)

    def _happened(self, happening: Happening) -> str:
        parts = [f"event = {name_literal(happening.event)}"]
        if happening.days is not None:
            parts.append(f"effective_at >= {self._start(happening.days)}")
        for each in sorted(happening.filters, key=repr):
            value = property_value(self.properties[each.keys], each)
            parts.append(compare(value, each.comparison, each.kind))
        return " AND ".join(parts)

    def _scores(self) -> list[str]:
        select = "SELECT profile_id, score FROM scores_at WHERE model ="
        return [
            f"{table} AS (\n    {select} {name_literal(model)}\n)" for model, table in self.models.items()
        ]

    def _members(self) -> list[str]:
        return [
            f"{table} AS (\n    SELECT profile_id, TRUE AS is_member FROM analyst_members"
            f" WHERE segment = {name_literal(segment)}\n)"
            for segment, table in self.members.items()
        ]

    def _terms(self) -> str:
        truths = "".join(f",\n        {self.truth(term)} AS {column}" for term, column in self.terms.items())
        return f"terms AS (\n    SELECT profiles.profile_id{truths}\n    {self.joins()}\n)"


def compile_segments(leveled: Sequence[Sequence[Segment]], as_of: datetime, zone: str) -> Statement:
    """One statement for all segments, given level by level (see `ordering.levels`)."""
    segments = [segment for level in leveled for segment in level]
    shared = Compilation(as_of, zone, frozenset(segment.name for segment in segments))
    for segment in segments:
        shared.add(segment.tree)
    columns = {segment.name: f"s{number}" for number, segment in enumerate(segments)}
    layers, last = shared.layers(), "terms"
    for number, level in enumerate(leveled):
        told = ",\n        ".join(
            f"{_told(each.tree, shared, columns)} AS {columns[each.name]}" for each in level
        )
        layers.append(f"level_{number} AS (\n    SELECT *,\n        {told}\n    FROM {last}\n)")
        last = f"level_{number}"
    outputs = ", ".join(["profile_id", *columns.values()])
    return Statement(f"WITH {_joined(layers)}\nSELECT {outputs}\nFROM {last}\nORDER BY profile_id", columns)


def compile_terms(tree: Tree, as_of: datetime, zone: str, own: Sequence[str]) -> tuple[str, list[Term]]:
    """A statement with `value_<n>` and `truth_<n>` for each term of a tree, for one profile (a parameter)."""
    shared = Compilation(as_of, zone, frozenset(own))
    shared.add(tree)
    told = "".join(
        f", {shared.value(term)} AS value_{number}, {shared.truth(term)} AS truth_{number}"
        for number, term in enumerate(shared.terms)
    )
    layers = shared.layers()[:-1]
    head = f"WITH {_joined(layers)}\n" if layers else ""
    sql = f"{head}SELECT profiles.profile_id{told}\n{shared.joins()}\nWHERE profiles.profile_id = ?"
    return sql, list(shared.terms)


def _joined(layers: Sequence[str]) -> str:
    return ",\n\n".join(layers)


def _told(tree: Tree, shared: Compilation, columns: Mapping[str, str]) -> str:
    match tree:
        case Group(word="none", children=children):
            return "NOT (" + " OR ".join(_told(each, shared, columns) for each in children) + ")"
        case Group(word=word, children=children):
            link = " AND " if word == "all" else " OR "
            return "(" + link.join(_told(each, shared, columns) for each in children) + ")"
        case Scored(known=known, term=term, fallback=fallback):
            has, passes = shared.terms[known], shared.terms[term]
            return f"(({has} AND {passes}) OR (NOT {has} AND {_told(fallback, shared, columns)}))"
        case MemberTerm(segment=segment) if segment in columns:
            return columns[segment]
        case _:
            return shared.terms[tree]
