"""The SQL of a statement: its windows, its literals, and that no text becomes code."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st

from activation.segments.compiler import Moment, compile_segments
from activation.segments.evaluation import load_segments
from activation.segments.literals import literal
from activation.segments.sql_evaluator import evaluate_sql, read_segments
from activation.segments.terms import (
    COUNT,
    AttributeTerm,
    BehaviourTerm,
    Comparison,
    ConsentTerm,
    Filter,
    Group,
    Happening,
    Kind,
    Measure,
    MemberTerm,
    Occurrence,
    Scored,
    ScoreTerm,
    Segment,
    SequenceTerm,
    ShareTerm,
)
from activation.segments.windows import day_bounds, window_start
from activation.segments.world import open_world
from kith.settings import Settings
from tests.unit.segments.world import AS_OF, Person, begin, define

EVIL = [
    "'",
    "''",
    "\\'",
    "'; DROP TABLE profiles; --",
    "/*",
    "*/ OR TRUE",
    '"',
    "$1",
    "?",
    "{x}",
    "%s",
    "\u2019",
    "ʼ",
    "＇",
]
_text = st.sampled_from(EVIL) | st.text(
    st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=30
)


@pytest.mark.parametrize(
    ("as_of", "zone", "days", "start"),
    [
        (datetime(2026, 5, 1, 8, tzinfo=UTC), "UTC", 7, datetime(2026, 4, 24, tzinfo=UTC)),
        (datetime(2026, 5, 1, tzinfo=UTC), "UTC", 1, datetime(2026, 4, 30, tzinfo=UTC)),
        (
            datetime(2026, 4, 30, 23, 59, tzinfo=UTC),
            "Europe/Berlin",
            1,
            datetime(2026, 4, 29, 22, tzinfo=UTC),
        ),
        (datetime(2026, 3, 30, 8, tzinfo=UTC), "Europe/Berlin", 2, datetime(2026, 3, 27, 23, tzinfo=UTC)),
        (datetime(2026, 5, 1, 8, tzinfo=UTC), "Pacific/Auckland", 1, datetime(2026, 4, 29, 12, tzinfo=UTC)),
    ],
)
def test_window__begins_at_a_local_midnight(as_of: datetime, zone: str, days: int, start: datetime) -> None:
    assert window_start(as_of, days, zone) == start


def test_window__of_dates_holds_today_once_it_has_begun() -> None:
    midnight = datetime(2026, 5, 1, tzinfo=UTC)
    assert day_bounds(midnight, 1, "UTC", Kind.DATE) == (date(2026, 4, 30), date(2026, 5, 1))
    assert day_bounds(midnight + timedelta(seconds=1), 1, "UTC", Kind.DATE) == (
        date(2026, 4, 30),
        date(2026, 5, 2),
    )


def test_evaluation__bounds_of_a_window_and_of_as_of(settings: Settings, tmp_path: Path) -> None:
    """In from the very midnight, out at as_of itself; people without rows did not."""
    tick, start = timedelta(microseconds=1), datetime(2026, 4, 24, tzinfo=UTC)
    at = {"before": start - tick, "first": start, "last": AS_OF - tick, "now": AS_OF}
    people = [Person(name, events=[("Order Completed", moment, None)]) for name, moment in at.items()]
    people.append(Person("idle"))
    window = {"within": "7d"}
    settings = define(
        tmp_path, settings,
        did={"did": "Order Completed", **window}, did_not={"did_not": "Order Completed", **window},
        ever={"did": "Order Completed"}, few={"event": "Order Completed", "count": {"at_most": 0}},
    )  # fmt: skip
    run = begin(settings, AS_OF, people)
    with open_world(settings, run.snapshot) as world:
        found = evaluate_sql(world, read_segments(world, load_segments(settings)))
    assert found.members("did").to_pylist() == ["first", "last"]
    assert found.members("did_not").to_pylist() == ["before", "idle", "now"]
    assert found.members("ever").to_pylist() == ["before", "first", "last"]
    assert found.members("few").to_pylist() == ["idle", "now"]


def test_evaluation__reads_no_later_than_as_of_though_the_snapshot_holds_more(
    settings: Settings, tmp_path: Path
) -> None:
    people = [Person("p1", events=[("X", AS_OF, None)])]
    settings = define(tmp_path, settings, did={"did": "X"})
    run = begin(settings, AS_OF + timedelta(days=2), people)
    for as_of, size in ((AS_OF, 0), (AS_OF + timedelta(microseconds=1), 1)):
        with open_world(settings, run.snapshot, as_of) as world:
            assert evaluate_sql(world, read_segments(world, load_segments(settings))).size("did") == size


@given(_text)
@budget(max_examples=300, deadline=None)
def test_literal__text_comes_back_as_it_was(text: str) -> None:
    told = duckdb.default_connection().execute(f"SELECT {literal(text, Kind.TEXT)}").fetchone()
    assert told == (unicodedata.normalize("NFC", text),)


@pytest.mark.parametrize(
    ("value", "kind"),
    [("1", Kind.WHOLE), (1, Kind.TEXT), (True, Kind.WHOLE), (1, Kind.BOOLEAN), (1.5, Kind.DECIMAL),
     ("x", Kind.DATE),
     (datetime(2026, 1, 1, tzinfo=UTC), Kind.DATE), (date(2026, 1, 1), Kind.INSTANT),
     (Decimal(1), Kind.WHOLE)],
)  # fmt: skip
def test_literal__refuses_a_value_of_another_type(value: object, kind: Kind) -> None:
    with pytest.raises(TypeError):
        literal(value, kind)  # type: ignore[arg-type]


def test_literal__refuses_characters_that_could_end_a_statement() -> None:
    with pytest.raises(ValueError, match="control character"):
        literal("a\0b", Kind.TEXT)


def _occurrences(comparison: st.SearchStrategy[Comparison]) -> st.SearchStrategy[Occurrence]:
    filters = st.builds(Filter, st.tuples(_text, _text), st.just(Kind.TEXT), comparison)
    return st.builds(Occurrence, _text, st.frozensets(filters, max_size=2))


def _behaviours(comparison: st.SearchStrategy[Comparison]) -> st.SearchStrategy[BehaviourTerm]:
    happening = st.builds(
        Happening, _occurrences(comparison), st.sampled_from([None, 30]), st.sampled_from([None, 3])
    )
    keys = st.tuples(_text, _text)
    whole = st.builds(Measure, st.just("distinct"), keys) | st.sampled_from([COUNT, Measure("days")])
    amounts = st.builds(Measure, st.sampled_from(["sum", "average", "minimum", "maximum"]), keys)
    times = st.sampled_from([Measure("first"), Measure("last")])
    return st.one_of(
        st.builds(BehaviourTerm, happening, whole, st.just(Comparison("at_least", (1,)))),
        st.builds(BehaviourTerm, happening, amounts, st.just(Comparison("less", (Decimal("1.5"),)))),
        st.builds(BehaviourTerm, happening, times, st.just(Comparison("less", (AS_OF,)))),
    )


@st.composite
def _segments(draw: st.DrawFn) -> list[Segment]:
    """Segments with evil text in every place that text can stand in."""
    text = _text
    comparison = st.builds(
        lambda operator, values: Comparison(operator, tuple(values[:1] if operator != "in" else values)),
        st.sampled_from(["is", "is_not", "in", "contains", "starts_with", "ends_with"]),
        st.lists(text, min_size=1, max_size=3),
    )
    leaf = st.one_of(
        st.builds(AttributeTerm, st.just("country"), st.just(Kind.TEXT), comparison),
        _behaviours(comparison),
        st.builds(
            SequenceTerm, _occurrences(comparison), _occurrences(comparison),
            st.none() | _occurrences(comparison), st.sampled_from([None, 3]), st.sampled_from([None, 9]),
        ),
        st.builds(ConsentTerm, text, text, st.sampled_from(["granted", "refused", "unknown"])),
        st.builds(ShareTerm, text, st.just(0), st.just(9)),
        st.builds(MemberTerm, text),
    )  # fmt: skip
    trees = [
        Group(draw(st.sampled_from(["all", "any", "none"])), (draw(leaf), _scored(draw(text), draw(leaf))))
        for _ in range(draw(st.integers(1, 4)))
    ]
    return [Segment(f"s{number}", "v", tree) for number, tree in enumerate(trees)]


def _scored(model: str, fallback: object) -> Scored:
    passes = ScoreTerm(model, Comparison("at_least", (Decimal("0.5"),)))
    return Scored(ScoreTerm(model, None), passes, fallback)  # type: ignore[arg-type]


@given(_segments())
@budget(max_examples=400, deadline=None)
def test_compile__no_text_of_a_definition_becomes_code(segments: list[Segment]) -> None:
    """With its literals taken out, it is one statement, made of the compiler's own words alone."""
    sql = compile_segments([segments], Moment(AS_OF, "UTC")).sql
    bare = re.sub(r"'(?:[^']|'')*'", "''", sql)
    assert set(re.findall(r"[^\W\d]\w*", bare)) <= _WORDS | set(re.findall(_MADE, bare))
    assert re.fullmatch(r"[\w\s.,()=<>*/|\"'-]*", bare)
    assert len(duckdb.extract_statements(sql)) == 1


_WORDS = {
    "WITH", "AS", "SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "IN", "IS", "NULL", "TRUE", "FALSE",
    "COALESCE",
    "COUNT", "SUM", "MIN", "MAX", "DISTINCT", "NULLIF", "DECIMAL", "DATE", "TIMEZONE", "EPOCH_US", "MD5",
    "SUBSTR", "OVER", "PARTITION", "RANGE", "BETWEEN", "CURRENT", "ROW", "FOLLOWING", "UNBOUNDED",
    "REGEXP_FULL_MATCH", "TRY_CAST", "marks", "measures", "local_on", "moment", "steps", "followed", "is_first",
    "is_then", "is_without", "is_shown", "then_at", "without_at", "consents_at", "is_granted", "purpose", "channel",
    "CASE", "WHEN", "THEN", "END", "GROUP", "BY", "LEFT", "JOIN", "ON", "ORDER", "CONTAINS",
    "STARTS_WITH", "ENDS_WITH", "JSON_EXTRACT_STRING", "CAST", "DOUBLE", "BIGINT", "TIMESTAMP",
    "hits", "terms", "profiles", "events", "scores_at", "analyst_members", "profile_id", "event",
    "effective_at", "properties", "model", "score", "segment", "is_member", "country",
}  # fmt: skip
_MADE = r"\b(?:[tmoaps]\d+(?:_n)?|(?:score|member|level|sequence|consent)_\d+)\b"


def test_compile__parses_in_the_dialects_that_are_promised(settings: Settings) -> None:
    sqlglot = pytest.importorskip("sqlglot", reason="sqlglot comes with the lint extra")
    costly = Filter(("a",), Kind.DECIMAL, Comparison("at_least", (Decimal("1.5"),)))
    bought = Occurrence("X", frozenset([costly]))
    count = BehaviourTerm(Happening(bought, 3), COUNT, Comparison("at_least", (2,)))
    spent = BehaviourTerm(
        Happening(bought, None), Measure("average", ("a",)), Comparison("less", (Decimal(9),))
    )
    sequence = SequenceTerm(bought, Occurrence("Y"), None, 3, 9)
    tree = Group("none", (count, spent, sequence, _scored("churn", MemberTerm("listed"))))
    sql = compile_segments([[Segment("s", "v", tree)]], Moment(AS_OF, "UTC")).sql
    assert len(sqlglot.parse(sql, read="duckdb")) == 1
    for dialect in ("spark", "snowflake", "bigquery"):
        assert sqlglot.transpile(sql, read="duckdb", write=dialect)


def test_evaluation__finds_a_property_whatever_its_name(settings: Settings, tmp_path: Path) -> None:
    names = ["a b", "q\"x'y", "sl/ash", "ti~lde", "~1", "$", "/", "日本", "*", "[0]", "0"]
    day = timedelta(days=1)
    people = [
        Person(f"p{n:02d}", events=[("X", AS_OF - day, {name: "here"})]) for n, name in enumerate(names)
    ]
    definitions = {f"s{n}": {"did": "X", "where": {name: "here"}} for n, name in enumerate(names)}
    definitions["nested"] = {"did": "Y", "where": {"a.b/c": "here"}}
    people.append(Person("nest", events=[("Y", AS_OF - day, {"a": {"b/c": "here"}})]))
    settings = define(tmp_path, settings, **definitions)
    with open_world(settings, begin(settings, AS_OF, people).snapshot) as world:
        found = evaluate_sql(world, read_segments(world, load_segments(settings)))
    for number, name in enumerate(names):
        assert found.members(f"s{number}").to_pylist() == [f"p{number:02d}"], name
    assert found.members("nested").to_pylist() == ["nest"]
