"""Random events landing in random order over several runs, people merging between them: equal to one full build."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.warehouse.lake import Lake, event, run_dbt

pytestmark = pytest.mark.whole

FIRST = datetime(2026, 3, 1)
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
RUNS = [FIRST + timedelta(days=days) for days in (4, 9, 20)]
NAMES = [
    "Product Viewed",
    "Product Added",
    "Order Completed",
    "Order Refunded",
    "Order Cancelled",
    "Email Opened",
]
#: Grown by increments, and compared row by row; bookkeeping of builds is no part of the answer.
MODELS = {
    "int_events__deduplicated": ["build_number"],
    "int_order_events__extracted": ["build_number"],
    "int_order_events__chosen": [],
    "int_order_lines__unnested": [],
    "int_orders__folded": [],
    "int_refunds__valued": [],
    "int_sessions__stitched": [],
    "int_people__counted": [],
    "int_product_pages__seen": [],
    "identities": [],
    "events": [],
    "orders": [],
    "order_lines": [],
    "products": [],
    "events_daily": [],
}  # fmt: skip


@dataclass(frozen=True)
class Copy:
    """One telling of an event: in which run it lands, how late, and under which device."""

    run: int
    lateness: timedelta
    device: str


@dataclass(frozen=True)
class Happening:
    """One event and its copies; a tenth of them is told more than once."""

    minute: int
    name: str
    user: str | None
    order: str
    price: int
    copies: Sequence[Copy]


lateness = st.one_of(
    st.integers(0, 20).map(lambda seconds: timedelta(seconds=seconds)),
    st.integers(0, 7 * 24).map(lambda hours: timedelta(hours=hours)),
)
copies = st.builds(Copy, st.integers(0, len(RUNS) - 1), lateness, st.sampled_from(["a1", "a2", "a3"]))
told = st.integers(0, 9).flatmap(
    lambda chance: st.lists(copies, min_size=2 if chance == 0 else 1, max_size=3 if chance == 0 else 1)
)
happenings = st.lists(
    st.builds(
        Happening,
        st.one_of(st.integers(0, 200), st.integers(0, 9 * 24 * 60)),
        st.sampled_from(NAMES),
        st.sampled_from([None, None, "u1", "u2"]),
        st.sampled_from(["o1", "o2", "o3"]),
        st.integers(1, 5),
        told,
    ),
    min_size=10,
    max_size=50,
)
#: Who holds which identifier at each run: merges and partings are but other assignments.
people = st.lists(
    st.fixed_dictionaries({name: st.sampled_from(["p1", "p2", "p3"]) for name in ("u1", "u2", "a1", "a2")}),
    min_size=len(RUNS),
    max_size=len(RUNS),
)


def check(tmp_path: Path, drawn: Sequence[Happening], holders: Sequence[Mapping[str, str]]) -> None:
    home = tmp_path / "home"
    shutil.rmtree(home, ignore_errors=True)
    lake = Lake(home).lay_empty()
    for number, as_of in enumerate(RUNS):
        rows = [
            row
            for each, happening in enumerate(drawn)
            for row in tellings(each, happening, number)
        ]  # fmt: skip
        lake.land(rows, number + 1)
        lake.identities(number + 1, profiles(holders[number]), FIRST + timedelta(days=number // 2))
        build(lake, as_of)
    (home / "warehouse.duckdb").rename(home / "added_up.duckdb")
    build(lake, RUNS[-1])
    assert differing(home) == dict.fromkeys(MODELS, 0)


def tellings(number: int, happening: Happening, run: int) -> list[dict[str, Any]]:
    occurred = FIRST + timedelta(minutes=happening.minute)
    properties = {
        "order_id": happening.order,
        "currency": "EUR" if happening.price % 2 else "USD",
        "product_id": f"p{happening.price % 3}",
        "products": [{"product_id": f"p{happening.price % 2}", "price": happening.price, "quantity": 2}],
    }
    return [
        event(
            f"e{number}",
            happening.name,
            occurred,
            user=happening.user,
            anon=copy.device,
            received_at=occurred + copy.lateness,
            properties={**properties, "total": happening.price + 10 * place},
        )
        for place, copy in enumerate(happening.copies)
        if copy.run == run
    ]


def profiles(holders: Mapping[str, str]) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for identifier, profile in holders.items():
        kind = "user_id" if identifier.startswith("u") else "anonymous_id"
        found.setdefault(profile, []).append((kind, identifier))
    return found


def build(lake: Lake, as_of: datetime) -> None:
    run = lake.begin_run(as_of)
    (lake.home / "published" / "CURRENT").write_text(run.name)
    run_dbt(lake.home, None, "run", "--select", *(f"+{name}" for name in MODELS))


def differing(home: Path) -> dict[str, int]:
    """Rows that one warehouse has and the other has not, by table."""
    with duckdb.connect() as connection:
        for side in ("added_up", "warehouse"):
            connection.execute(
                f"attach '{home}/{side}.duckdb' as warehouse (read_only)"
            )  # as its views call it
            for name, left_out in MODELS.items():
                columns = f"* exclude ({', '.join(left_out)})" if left_out else "*"
                connection.execute(
                    f"create temp table {side}_{name} as select {columns} from warehouse.{name}"
                )
            connection.execute("detach warehouse")
        return {name: _difference(connection, name) for name in MODELS}


def _difference(connection: duckdb.DuckDBPyConnection, name: str) -> int:
    one, other = (f"select * from {side}_{name}" for side in ("added_up", "warehouse"))
    sql = f"select count(*) from (({one} except all {other}) union all ({other} except all {one}))"
    return connection.execute(sql).fetchall()[0][0]


@settings(max_examples=3, deadline=None, suppress_health_check=SLOW, database=None, derandomize=True)
@given(drawn=happenings, holders=people)
def test_increments__equal_a_full_build(tmp_path: Path, drawn: list[Happening], holders: list[Any]) -> None:
    check(tmp_path, drawn, holders)


@pytest.mark.soak
def test_increments__equal_a_full_build_for_many_histories(
    tmp_path: Path, strikes: int | None, seed: int
) -> None:
    from hypothesis import seed as seeded

    @seeded(seed)
    @settings(max_examples=strikes or 100, deadline=None, suppress_health_check=SLOW, database=None)
    @given(drawn=happenings, holders=people)
    def run(drawn: list[Happening], holders: list[Any]) -> None:
        check(tmp_path, drawn, holders)

    run()


def test_sessions__leave_the_visitor_from_whom_an_earlier_copy_takes_the_event(tmp_path: Path) -> None:
    """The copy received first lands last and bears another device: the old visitor's visit goes."""
    lake, at = Lake(tmp_path).lay_empty(), FIRST + timedelta(hours=1)
    late = event("e1", "", at, anon="old", kind="page", received_at=at + timedelta(hours=2))
    for number, row in enumerate([late, event("e1", "", at, anon="new", kind="page")], 1):
        lake.land([row], number)
        lake.identities(number, {"p1": [("anonymous_id", "old")]})
        build(lake, FIRST + timedelta(days=number))
    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as connection:
        for table in ("int_sessions__stitched", "int_people__counted"):
            assert connection.execute(f"select anonymous_id from {table}").fetchall() == [("new",)]
        assert connection.execute("select profile_count from events_daily").fetchall() == [(0,)]
