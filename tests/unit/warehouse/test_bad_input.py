"""What becomes of bad input in the warehouse: every event stays, what is odd is counted, no amount breaks a build."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.unit.warehouse.lake import Lake, event, published, run_dbt

AS_OF = datetime(2026, 5, 1, 8)
MORNING = datetime(2026, 4, 30, 8)
SHARED_BY = 10_000


def order(number: int, **properties: Any) -> dict[str, Any]:
    return event(
        f"o{number}", "Order Completed", MORNING + timedelta(minutes=number), user=f"u{number}",
        properties={"order_id": f"order{number}", "currency": "EUR", **properties}, source="shop",
    )  # fmt: skip


ORDERS = [
    order(1, products=[{"price": -2, "quantity": 3}, {"price": 5, "quantity": -1}], total=-11),
    order(2, products=[{"price": "cheap", "quantity": "some"}, {"price": 4}]),
    order(3, currency="eur ", products=[{"price": 1}]),
    order(4, currency="beads", products=[{"price": 1}]),
    order(5, currency=None, products=[{"price": 1}]),
    order(6, total=1e40),
    order(7, products=[{"price": 999_999_999_999, "quantity": 999_999_999_999}, {"price": 7}]),
    order(8, products=[{"price": 900_000_000_000}] * 200),
    order(9, total="NaN", products=[{"quantity": 1}]),
]
PEOPLE = [
    event("long", "Seen", MORNING, user="u" * 10_000),
    event("born", "", MORNING, user="ann", kind="identify", traits={"birthday": {"soon": True}, "name": 7}),
    event("early", "Seen", datetime(1970, 1, 1), user="ann", received_at=MORNING),
    event("late", "Seen", datetime(2099, 1, 1), user="ann", received_at=MORNING),
]
CONFLICTS = [
    {"left_type": "user_id", "left_value": f"u{number}", "right_type": "email", "right_value": "all@example.com",
     "reason": "limit", "rule": "limit.user_id", "first_received_at": MORNING, "edge_count": 1}
    for number in range(SHARED_BY - 1)
]  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lake = Lake(tmp_path_factory.mktemp("bad")).lay_empty()
    rejected = [
        {"identifier_type": "user_id", "reason": "blocked_value", "row_count": 40, "example": "null"},
        {"identifier_type": "anonymous_id", "reason": "too_long", "row_count": 2, "example": None},
    ]
    lake.commit("identity", 1, conflicts=CONFLICTS, rejected=rejected)
    lake.land(ORDERS + PEOPLE, 1)
    at = {"batch_id": "b", "source": "web", "at": MORNING}
    check = {"check_id": "c", "check_name": "rows_in", "is_passed": True, "is_blocking": True, **at,
             "observed": "{}", "expected": "{}", "rows_in": 9, "rows_landed": 7, "rows_set_aside": 2}  # fmt: skip
    fates = [
        {"fate_id": "f1", "fate": "set_aside", "reason": "not_json", "field": "", "row_count": 2, **at},
        {"fate_id": "f2", "fate": "corrected", "reason": "clock_skew", "field": "", "row_count": 1, **at},
    ]
    lake.commit("quality", 1, checks=[check], fates=fates)
    folder = lake.begin_run(AS_OF)
    (lake.home / "published" / "CURRENT").write_text(folder.name)
    run_dbt(lake.home, None, "run", "--select", "+quality_checks", "+orders", "+order_lines", "+events")
    return _exported(lake, folder)


def _exported(lake: Lake, folder: Path) -> Path:
    """The tables as files: a part of the project is not published by itself."""
    import duckdb

    with duckdb.connect(str(lake.home / "warehouse.duckdb"), read_only=True) as connection:
        for table in ("quality_checks", "orders", "order_lines", "events"):
            connection.execute(f"copy {table} to '{folder}/{table}.parquet' (format parquet)")
    return folder


def counts(run: Path, kind: str) -> dict[str, int]:
    sql = f"select check_name, observed_count as n from {{quality_checks}} where kind = '{kind}'"
    return {row["check_name"]: row["n"] for row in published(run, sql)}


def test_bad_input__loses_no_event_and_no_order(run: Path) -> None:
    ids = [row["event_id"] for row in published(run, "select event_id from {events}")]
    assert sorted(ids) == sorted(each["event_id"] for each in ORDERS + PEOPLE)
    assert published(run, "select count(*) as n from {orders}") == [{"n": len(ORDERS)}]


@pytest.mark.parametrize(
    ("order_id", "amount", "currency"),
    [
        ("order1", "-11", "EUR"),
        ("order2", "4", "EUR"),
        ("order3", "1", "EUR"),
        ("order4", "1", "BEADS"),
        ("order5", "1", None),
        ("order6", "0", "EUR"),
        ("order7", "7", "EUR"),
        ("order8", "0", "EUR"),
        ("order9", "0", "EUR"),
    ],
)
def test_bad_amounts__count_as_their_fate_says(run: Path, order_id: str, amount: str, currency: str) -> None:
    sql = f"select order_amount, currency from {{orders}} where order_id = '{order_id}'"
    assert published(run, sql) == [{"order_amount": Decimal(amount), "currency": currency}]


def test_quality_checks__count_each_kind_of_bad_input(run: Path) -> None:
    found = {name: count for name, count in counts(run, "warehouse").items() if count}
    assert found == {
        "negative_amount": 1, "negative_price": 1, "negative_quantity": 1, "amount_not_numeric": 3,
        "amount_out_of_range": 3, "price_missing": 1, "currency_rewritten": 1, "currency_unknown": 1,
        "currency_missing": 1, "identifier_too_long": 1, "time_before_1990": 1, "time_after_arrival": 1,
        "identifiers_kept_apart": SHARED_BY - 1, "identifier_rejected": 42, "trait_of_wrong_type": 1,
    }  # fmt: skip


def test_quality_checks__keep_what_arrival_found(run: Path) -> None:
    assert counts(run, "bad_input") == {"not_json": 2, "clock_skew": 1}
    sql = """
        select check_name, fate, is_passed, observed_count as n
        from {quality_checks} where kind = 'bad_input' order by 1
    """
    assert published(run, sql) == [
        {"check_name": "clock_skew", "fate": "corrected", "is_passed": True, "n": 1},
        {"check_name": "not_json", "fate": "set_aside", "is_passed": False, "n": 2},
    ]


def test_quality_checks__of_the_warehouse_stand_at_the_runs_as_of(run: Path) -> None:
    sql = "select distinct batch_id, \"at\", source from {quality_checks} where kind = 'warehouse'"
    assert published(run, sql) == [{"batch_id": None, "at": AS_OF, "source": "warehouse"}]
