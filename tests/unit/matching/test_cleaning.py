"""Cleaning: what is one value in two ways of writing."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest

from identity.matching.cleaning import cleaned, fields
from identity.matching.mapping import Column, Kind, Mapping


def clean(value: str | None, **column: object) -> str | None:
    mapping = Mapping(columns={"a column": Column.model_validate(column)})
    with duckdb.connect() as database:
        database.register("given", pa.table({"row_number": [0], "a column": pa.array([value], pa.string())}))
        return database.execute(f"SELECT v0 FROM ({cleaned(mapping, 'given')}) AS found").fetchall()[0][0]


@pytest.mark.parametrize(
    ("kind", "written", "expected"),
    [
        ("first_name", "  Élodie-Anne ", "elodieanne"),
        ("name", "O'Neil,  Ann", "o neil ann"),
        ("date", "1971-06-24", "19710624"),
        ("email", " Ann@Example.COM", "ann@example.com"),
        ("phone", "0049 (30) 1234", "49301234"),
        ("postcode", "sw1a 2aa", "sw1a2aa"),
        ("id", "12-34.567", "1234567"),
        ("address", "12  High   Street", "12 high street"),
        ("text", "N/A", None),
        ("city", "", None),
        ("city", None, None),
        ("first_name", "---", None),
    ],
)
def test_cleaning__each_kind_has_one_way_of_writing(
    kind: Kind, written: str | None, expected: str | None
) -> None:
    assert clean(written, kind=kind) == expected


def test_cleaning__a_format_reads_dates_that_begin_with_the_day() -> None:
    assert clean("24/06/1971", kind="date", format="%d/%m/%Y") == "19710624"
    assert clean("99/06/1971", kind="date", format="%d/%m/%Y") == "99061971"


def test_cleaning__what_is_to_be_removed_is_removed() -> None:
    assert clean("Dr. Ann", kind="first_name", remove=r"^Dr\. ") == "ann"


def test_cleaning__first_and_last_name_are_taken_to_be_swapped_at_times() -> None:
    found = fields(Mapping.model_validate({"columns": {"given": "first_name", "family": "last_name"}}))
    assert [(each.key, each.partner) for each in found] == [("v0", "v1"), ("v1", "v0")]
