"""A viewer's reader tells nothing by which somebody could be written to, in any column of any table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import streamlit as st

from dashboards.masking import is_masked
from dashboards.reader import Reader, open_reader
from kith.accounts import Role, Visitor
from kith.run import Run
from kith.settings import Settings
from kith.warehouse import quote


@pytest.fixture
def masked(settings: Settings, shop: Run) -> Iterator[Reader]:
    st.cache_data.clear()
    st.cache_resource.clear()
    reader = open_reader(settings, is_masked=True)
    assert reader is not None
    yield reader
    st.cache_resource.clear()


def secrets(ask: Callable[..., Any]) -> set[str]:
    """Every address, number and name of the shop."""
    columns = ("email", "phone", "first_name", "last_name")
    listed = ask(f"SELECT list(v) FROM (UNPIVOT profiles ON {', '.join(columns)} INTO NAME n VALUE v)")
    return {each for each in listed if each}


def test_masked__tables_hold_no_address_number_or_name(masked: Reader, ask: Callable[..., Any]) -> None:
    known = secrets(ask)
    assert len(known) > 100
    leaks = [
        (table, column)
        for table in masked.snapshot.tables()
        for column in masked.columns(table)
        if known
        & {str(row["v"]) for row in masked.rows(f"SELECT DISTINCT {quote(column)} AS v FROM {quote(table)}")}
    ]
    assert leaks == []


def test_masked__rows_and_everything_else_stay(masked: Reader, ask: Callable[..., Any]) -> None:
    for table in masked.snapshot.tables():
        assert masked.row(f"SELECT count(*) AS n FROM {quote(table)}")["n"] == ask(
            f"SELECT count(*) FROM {quote(table)}"
        )
    assert masked.row("SELECT sum(order_amount) AS n FROM profiles")["n"] == ask(
        "SELECT sum(order_amount) FROM profiles"
    )


@pytest.mark.parametrize(
    ("column", "value", "shown"),
    [
        ("email", "ada.lovelace@example.org", "a•••@•••.org"),
        ("email", "not an address", "no•••s"),
        ("phone", "+441632960001", "+4•••1"),
        ("phone", "12345", "•••"),
        ("first_name", "Ada", "A."),
        ("first_name", "", ""),
        ("user_id", "u-1", "u-1"),
        ("user_id", "ada@example.org", "a•••@•••.org"),
        ("properties", '{"email": "ada@example.org"}', None),
        ("phone", None, None),
        ("email", None, None),
    ],
)
def test_masks__show_enough_to_tell_rows_apart(column: str, value: str | None, shown: str | None) -> None:
    import duckdb

    from dashboards.masking import masked_select

    table = f"(SELECT CAST($value AS VARCHAR) AS {column})"
    assert duckdb.execute(masked_select(table, [column]), {"value": value}).fetchone() == (shown,)


def test_masks__of_identifiers_leave_ids_that_nobody_could_write_to(masked: Reader) -> None:
    rows = masked.rows("SELECT identifier_type, identifier_value FROM identities")
    shown = {row["identifier_type"]: "•••" in row["identifier_value"] for row in rows}
    assert shown == {"user_id": False, "anonymous_id": False, "email": True}


def test_plain_and_masked__answers_are_kept_apart(settings: Settings, masked: Reader) -> None:
    plain = open_reader(settings)
    assert plain is not None
    told = "SELECT email FROM profiles WHERE email IS NOT NULL ORDER BY profile_id LIMIT 1"
    assert plain.row(told)["email"] != masked.row(told)["email"]
    assert "•" not in plain.row(told)["email"]


@pytest.mark.parametrize(("role", "masks"), [(Role.VIEWER, True), (Role.ANALYST, False), (Role.ADMIN, False)])
def test_is_masked__for_whoever_may_not_see_people(role: Role, masks: bool) -> None:
    assert is_masked(Visitor("somebody", role)) is masks
