"""From segments to one SQL statement.

The statement is made at run time and never written to a file. It reads six relations, so that any warehouse
that has them can run it: `profiles`, `events`, `consents_at` (profile_id, purpose, channel, is_granted),
`scores_at` (model, profile_id, score), `analyst_members` (segment, profile_id) and `list_members` (list,
profile_id). Its layers:

    hits, marks, measures, sequence_<n>,
    recent_<n>                            what people did (see `behaviour_sql`)
    terms                                 one row per profile: each distinct leaf, true or false
    level_<n>                             segments, those that others ask for first
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from activation.segments.behaviour_sql import BehaviourSql
from activation.segments.comparisons import bucket_value, column_value, compare
from activation.segments.dialects import DUCKDB, Dialect
from activation.segments.large_sets import LargeSets, is_large
from activation.segments.literals import name_literal
from activation.segments.percentiles import Thresholds, compare_score
from activation.segments.terms import (
    Acted,
    AttributeTerm,
    BehaviourTerm,
    ConsentTerm,
    Group,
    ListTerm,
    MemberTerm,
    RecentTerm,
    Scored,
    ScoreTerm,
    Segment,
    SequenceTerm,
    ShareTerm,
    Term,
    Tree,
    terms_of,
)


@dataclass(frozen=True)
class Statement:
    """SQL that answers `profile_id` and a boolean column for each segment, named by its position."""

    sql: str
    columns: Mapping[str, str]


@dataclass(frozen=True)
class Moment:
    """What a statement is compiled for: an instant, a zone, the scores that percentiles come to then, an engine."""

    as_of: datetime
    zone: str
    thresholds: Thresholds = field(default_factory=dict)
    dialect: Dialect = DUCKDB


@dataclass
class Compilation:
    """What the segments of one statement share: each distinct term and relation once."""

    moment: Moment
    own: frozenset[str]
    behaviour: BehaviourSql
    sets: LargeSets
    terms: dict[Term, str] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)
    members: dict[str, str] = field(default_factory=dict)
    consents: dict[tuple[str, str], str] = field(default_factory=dict)
    lists: dict[str, str] = field(default_factory=dict)

    def add(self, tree: Tree) -> None:
        """Register every term of a tree, save membership of segments that this statement evaluates itself."""
        for term in terms_of(tree):
            if isinstance(term, MemberTerm) and term.segment in self.own:
                continue
            self.terms.setdefault(term, f"t{len(self.terms)}")
            if isinstance(term, Acted):
                self.behaviour.add(term)
            elif isinstance(term, ScoreTerm):
                self.models.setdefault(term.model, f"score_{len(self.models)}")
            elif isinstance(term, MemberTerm):
                self.members.setdefault(term.segment, f"member_{len(self.members)}")
            elif isinstance(term, ListTerm):
                self.lists.setdefault(term.name, f"list_{len(self.lists)}")
            elif isinstance(term, ConsentTerm):
                self.consents.setdefault((term.purpose, term.channel), f"consent_{len(self.consents)}")

    def layers(self) -> list[str]:
        """The common table expressions up to `terms`."""
        terms = self._terms()
        return [*self.behaviour.layers(), *self._relations(), *self.sets.layers(), terms]

    def value(self, term: Term) -> str:
        """SQL for what a term looks at, before it is compared."""
        match term:
            case AttributeTerm(attribute=attribute, kind=kind):
                return column_value(attribute, kind, self.moment.dialect)
            case BehaviourTerm() | SequenceTerm() | RecentTerm():
                return self.behaviour.value(term)
            case ScoreTerm(model=model):
                return f"{self.models[model]}.score"
            case MemberTerm(segment=segment):
                return f"{self.members[segment]}.is_member"
            case ListTerm(name=name):
                return f"{self.lists[name]}.is_member"
            case ConsentTerm(purpose=purpose, channel=channel):
                return f"{self.consents[purpose, channel]}.is_granted"
            case ShareTerm(salt=salt):
                return bucket_value(salt, self.moment.dialect)

    def truth(self, term: Term) -> str:
        """SQL for a term: true or false, never null."""
        value = self.value(term)
        match term:
            case AttributeTerm(comparison=comparison, kind=kind) if is_large(comparison):
                told = self.sets.truth(value, comparison, kind)
            case AttributeTerm(comparison=comparison, kind=kind):
                told = compare(value, comparison, kind, dialect=self.moment.dialect)
            case BehaviourTerm() | SequenceTerm() | RecentTerm():
                told = self.behaviour.truth(term)
            case ScoreTerm():
                told = compare_score(value, term, self.moment.thresholds)
            case MemberTerm() | ListTerm():
                told = value
            case ConsentTerm(state=state):
                told = {"granted": value, "refused": f"NOT {value}", "unknown": f"{value} IS NULL"}[state]
            case ShareTerm(start=start, end=end):
                told = f"({value} >= {start:d} AND {value} < {end:d})"
        return f"COALESCE({told}, FALSE)"

    def joins(self) -> str:
        """Everything that a term may look at, one row per profile."""
        tables = [*self.behaviour.tables(), *self.models.values(), *self.members.values()]
        tables += [*self.consents.values(), *self.lists.values()]
        joined = [f"LEFT JOIN {table} ON profiles.profile_id = {table}.profile_id" for table in tables]
        return "\n    ".join(["FROM profiles", *joined, *self.sets.joins()])

    def _name(self, name: str) -> str:
        return name_literal(name, self.moment.dialect)

    def _relations(self) -> list[str]:
        scores = [
            _layer(table, f"SELECT profile_id, score FROM scores_at WHERE model = {self._name(model)}")
            for model, table in self.models.items()
        ]
        members = [
            _layer(
                table,
                "SELECT profile_id, TRUE AS is_member FROM analyst_members"
                f" WHERE segment = {self._name(segment)}",
            )
            for segment, table in self.members.items()
        ]
        consents = [
            _layer(
                table,
                f"SELECT profile_id, is_granted FROM consents_at WHERE purpose = {self._name(purpose)}"
                f" AND channel = {self._name(channel)}",
            )
            for (purpose, channel), table in self.consents.items()
        ]
        lists = [
            _layer(
                table,
                f"SELECT profile_id, TRUE AS is_member FROM list_members WHERE list = {self._name(name)}",
            )
            for name, table in self.lists.items()
        ]
        return [*scores, *members, *consents, *lists]

    def _terms(self) -> str:
        truths = "".join(f",\n        {self.truth(term)} AS {column}" for term, column in self.terms.items())
        return _layer("terms", f"SELECT profiles.profile_id{truths}\n    {self.joins()}")


def compile_segments(leveled: Sequence[Sequence[Segment]], moment: Moment) -> Statement:
    """One statement for all segments, given level by level (see `ordering.levels`)."""
    segments = [segment for level in leveled for segment in level]
    shared = _compilation(moment, [segment.name for segment in segments])
    for segment in segments:
        shared.add(segment.tree)
    columns = {segment.name: f"s{number}" for number, segment in enumerate(segments)}
    layers, last = shared.layers(), "terms"
    for number, level in enumerate(leveled):
        told = ",\n        ".join(
            f"{_told(each.tree, shared, columns)} AS {columns[each.name]}" for each in level
        )
        layers.append(_layer(f"level_{number}", f"SELECT *,\n        {told}\n    FROM {last}"))
        last = f"level_{number}"
    outputs = ", ".join(["profile_id", *columns.values()])
    return Statement(f"WITH {_joined(layers)}\nSELECT {outputs}\nFROM {last}\nORDER BY profile_id", columns)


def compile_terms(tree: Tree, moment: Moment, own: Sequence[str]) -> tuple[str, list[Term]]:
    """A statement with `value_<n>` and `truth_<n>` for each term of a tree, for one profile (a parameter)."""
    shared = _compilation(moment, own)
    shared.add(tree)
    told = "".join(
        f", {shared.value(term)} AS value_{number}, {shared.truth(term)} AS truth_{number}"
        for number, term in enumerate(shared.terms)
    )
    layers = shared.layers()[:-1]
    head = f"WITH {_joined(layers)}\n" if layers else ""
    sql = f"{head}SELECT profiles.profile_id{told}\n{shared.joins()}\nWHERE profiles.profile_id = ?"
    return sql, list(shared.terms)


def _compilation(moment: Moment, own: Sequence[str]) -> Compilation:
    behaviour = BehaviourSql(moment.as_of, moment.zone, moment.dialect)
    return Compilation(moment, frozenset(own), behaviour, LargeSets("attribute_set", moment.dialect))


def _layer(name: str, select: str) -> str:
    return f"{name} AS (\n    {select}\n)"


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
