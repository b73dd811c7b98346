"""Which rows are compared, and at what price."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from identity.matching import blocking
from identity.matching.blocking import choose_passes
from identity.matching.comparisons import Field

FIELDS = [Field("v0", "last", "last_name"), Field("v1", "town", "city"), Field("v2", "born", "date")]


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Iterator[duckdb.DuckDBPyConnection]:
    """A thousand people in two towns with fifty names: each alone makes too many pairs."""
    monkeypatch.setattr(blocking, "ALL_PAIRS", 10)
    monkeypatch.setattr(blocking, "PAIRS_PER_ROW", 8)
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE records AS SELECT i AS unique_id, 'n' || (i % 50) AS v0, 't' || (i // 50 % 2) AS v1,"
            " CASE WHEN i % 3 > 0 THEN CAST(19000101 + i // 2 AS VARCHAR) END AS v2 FROM range(1000) AS r(i)"
        )
        yield connection


def test_blocking__small_files_are_compared_row_by_row() -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE records AS SELECT i AS unique_id, 'n' || i AS v0 FROM range(9) AS r(i)"
        )
        (only,) = choose_passes(connection, FIELDS[:1], ["records"])
        assert (only.sql, only.pair_count) == ("(1) = (1)", 36)


def test_blocking__keys_shared_by_too_many_are_taken_together(database: duckdb.DuckDBPyConnection) -> None:
    found = choose_passes(database, FIELDS, ["records"])
    assert all(0 < each.pair_count <= 8000 for each in found)
    assert ("v0", "v1") in [each.keys for each in found]
    assert ("v0",) not in [each.keys for each in found]


def test_blocking__all_passes_together_stay_within_a_budget(
    database: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    cheap = choose_passes(database, FIELDS, ["records"])
    monkeypatch.setattr(blocking, "SHARE_OF_PASSES", 1)
    few = choose_passes(database, FIELDS, ["records"])
    assert sum(each.pair_count for each in cheap) > 8000 >= sum(each.pair_count for each in few)
    assert few == cheap[: len(few)]


def test_blocking__the_count_of_pairs_is_exact(database: duckdb.DuckDBPyConnection) -> None:
    for each in choose_passes(database, FIELDS, ["records"]):
        sql = (
            f"SELECT count(*) FROM records AS l, records AS r WHERE l.unique_id < r.unique_id AND {each.sql}"
        )
        assert database.execute(sql).fetchall() == [(each.pair_count,)]


def test_blocking__what_is_given_is_taken_as_it_stands(database: duckdb.DuckDBPyConnection) -> None:
    (only,) = choose_passes(database, FIELDS, ["records"], [("last", "born")])
    assert only.keys == ("v0", "v2")
