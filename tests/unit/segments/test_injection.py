"""No text of a definition becomes code, in either dialect: judged on the parsed statement."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from activation.segments.compiler import Moment, compile_segments
from activation.segments.dialects import DUCKDB, SPARK, Dialect, DuckDB, Spark
from activation.segments.normalisation import Normaliser
from activation.segments.ordering import levels
from activation.segments.percentiles import SIDES
from activation.segments.terms import ScoreTerm, terms_of
from tests.unit.segments.differential import definition
from tests.unit.segments.hostile_drawing import Hostility
from tests.unit.segments.statements import MARK, Read, read_by_duckdb, read_by_sqlglot

AS_OF = datetime(2026, 5, 1, 8, tzinfo=UTC)
A_STATEMENT = 25
SAMPLE, SOAKED = 3_000, 100_000
READERS: dict[Dialect, Callable[..., Read]] = {DUCKDB: read_by_duckdb, SPARK: read_by_sqlglot}


def breaches(seed: int, dialect: Dialect) -> list[str]:
    """What is wrong with one statement of hostile definitions; each begins with what it takes to draw it again."""
    drawn = Hostility(seed)
    bodies = {f"s{n}": definition(f"s{n}", drawn.definition()) for n in range(A_STATEMENT)}
    rules = Normaliser(drawn.catalogue, bodies.keys(), AS_OF)
    segments = {name: rules.segment(each) for name, each in bodies.items()}
    terms = [term for each in segments.values() for term in terms_of(each.tree)]
    sides = [(t.model, t.comparison) for t in terms if isinstance(t, ScoreTerm) and t.comparison]
    thresholds = {each: Decimal("0.5") for each in sides if each[1].operator in SIDES}
    sql = compile_segments(levels(segments, bodies), Moment(AS_OF, "Europe/Berlin", thresholds, dialect)).sql
    try:
        read = READERS[dialect](sql, drawn.columns)
    except Exception as error:
        return [f"seed {seed}: {type(error).__name__} {str(error)[:200]}"]
    found = [
        *read.breaches,
        *_strangers(read, drawn),
        *_lost(read, drawn, str([b.document for b in bodies.values()])),
    ]
    return [f"seed {seed}: {each}" for each in found]


def _strangers(read: Read, drawn: Hostility) -> list[str]:
    """Literals that are no text of a definition, though they bear a mark of one."""
    texts = set(drawn.texts)
    found = []
    for literal in read.literals:
        if MARK.search(literal) and literal not in texts and not set(_keys(literal)) <= texts:
            found.append(f"literal {literal!r}")
    return found


def _keys(path: str) -> list[str]:
    """The keys of a JSON pointer, or of a plain JSON path."""
    if path.startswith("$."):
        return path[2:].split(".")
    return [each.replace("~1", "/").replace("~0", "~") for each in path.split("/")[1:]]


def _lost(read: Read, drawn: Hostility, told: str) -> list[str]:
    """Marks that stand in a definition but in no literal of the statement."""
    seen = {mark for literal in read.literals for mark in MARK.findall(literal)}
    asked = set(MARK.findall(told))
    return [f"text {mark} is in no literal" for mark in sorted(asked - seen)]


def check(count: int, seed: int) -> int:
    """So many definitions; every second statement is Spark's. Answers how many texts were looked for."""
    for number in range(-(-count // A_STATEMENT)):
        dialect = SPARK if number % 2 else DUCKDB
        assert breaches(seed * 1_000_000 + number, dialect) == [], type(dialect).__name__
    return count


def test_compile__no_text_of_a_hostile_definition_becomes_code() -> None:
    check(SAMPLE, 20260501)


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_compile__no_text_of_a_hostile_definition_becomes_code_at_length(
    strikes: int | None, seed: int, capfd: pytest.CaptureFixture[str]
) -> None:
    count = check(strikes or SOAKED, seed)
    with capfd.disabled():
        print(
            f"\ninjection: {count} hostile definitions compiled and parsed, no text became code (seed {seed})"
        )


PLANTED = {
    "a quote isn't doubled": (DuckDB, "text", lambda self, text: f"'{text}'"),
    "only the first quote is doubled": (DuckDB, "text", lambda self, text: "'" + text.replace("'", "''", 1) + "'"),
    "a quote is escaped by a backslash": (DuckDB, "text", lambda self, text: "'" + text.replace("'", "\\'") + "'"),
    "a name's quote isn't doubled": (DuckDB, "column", lambda self, name: f'"{name}"'),
    "a pointer is no literal": (DuckDB, "member", lambda self, doc, keys: f"JSON_EXTRACT_STRING({doc}, '/{keys[0]}')"),
    "a pointer's slash isn't escaped": (
        DuckDB, "member", lambda self, doc, keys: f"JSON_EXTRACT_STRING({doc}, {self.text('/' + '/'.join(keys))})",
    ),
    "a text is left out": (DuckDB, "text", lambda self, text: "'x'"),
    "another function is called": (DuckDB, "microseconds", lambda self, moment: f"READ_TEXT({moment})"),
    "Spark's quote is doubled": (Spark, "text", lambda self, text: "'" + text.replace("'", "''") + "'"),
    "Spark's backslash is left": (Spark, "text", lambda self, text: "'" + text.replace("'", "\\'") + "'"),
    "Spark's name isn't quoted": (Spark, "column", lambda self, name: f"`{name}`"),
}  # fmt: skip


@pytest.mark.parametrize("planted", PLANTED)
def test_fuzz__finds_a_planted_injection(monkeypatch: pytest.MonkeyPatch, planted: str) -> None:
    owner, name, bug = PLANTED[planted]
    monkeypatch.setattr(owner, name, bug)
    dialect = SPARK if owner is Spark else DUCKDB
    assert any(breaches(seed, dialect) for seed in range(40))
