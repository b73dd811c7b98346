"""The truth: which columns an expression uses, and how pairs are counted."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest

from identity.matching.truth import Quality, measure, withheld_columns
from kith.errors import UsageError

NAMES = ("rec_id", "Surname", "dob")


def withheld(expression: str) -> frozenset[str]:
    with duckdb.connect() as database:
        return withheld_columns(database, expression, NAMES)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("rec_id", {"rec_id"}),
        ("split_part(rec_id, '-', 2)", {"rec_id"}),
        ("SURNAME || dob", {"surname", "dob"}),
        ("CASE WHEN rows.dob IS NULL THEN 1 END", {"dob"}),
        ("list_transform([rec_id], x -> x || dob)[1]", {"rec_id", "dob"}),
        ("first(rec_id) OVER (PARTITION BY dob ORDER BY surname)", {"rec_id", "dob", "surname"}),
    ],
)
def test_truth__every_column_used_is_withheld(expression: str, expected: set[str]) -> None:
    assert withheld(expression) == expected


@pytest.mark.parametrize(
    "expression",
    [
        "*",
        "COLUMNS('.*id')",
        "(SELECT max(dob) FROM rows)",
        "1",
        "rec_id, dob",
        "nothing",
        "rec_id FROM x; SELECT 1",
    ],
)
def test_truth__what_hides_its_columns_is_refused(expression: str) -> None:
    with pytest.raises(UsageError, match="--truth"):
        withheld(expression)


def counted(entities: list[str | None], clusters: list[int], sides: list[int] | None = None) -> Quality:
    with duckdb.connect() as database:
        rows = list(range(len(entities)))
        grouped = {"row_number": rows, "side": sides or [0] * len(rows), "cluster_id": clusters}
        database.register("grouped", pa.table(grouped))
        database.register("truth", pa.table({"row_number": rows, "entity": pa.array(entities, pa.string())}))
        return measure(database, is_link=sides is not None)


def test_truth__pairs_that_were_never_compared_count_as_missed() -> None:
    found = counted(["a", "a", "a", "b", "b"], [0, 0, 2, 2, 4])
    assert (found.true_pairs, found.found_pairs, found.right_pairs) == (4, 2, 1)
    assert (found.precision, found.recall, found.f1) == (0.5, 0.25, pytest.approx(1 / 3))


def test_truth__two_files_are_measured_across() -> None:
    found = counted(["a", "a", "a", "b"], [0, 0, 0, 3], [0, 0, 1, 1])
    assert (found.true_pairs, found.found_pairs, found.right_pairs) == (2, 2, 2)


def test_truth__a_row_without_entity_is_nobody() -> None:
    found = counted([None, None, "a"], [0, 0, 2])
    assert (found.true_pairs, found.found_pairs, found.right_pairs) == (0, 1, 0)
    assert found.recall is None
