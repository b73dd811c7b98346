"""Rows that become lines of one event: whole or not at all."""

from __future__ import annotations

from datetime import datetime

import orjson
import pytest

from ingestion.quarantine import quarantine_files

pytestmark = pytest.mark.usefixtures("quick_judge")


FOLD = """
source: shop
events:
  order:
    event: {sql: "CASE WHEN starts_with(id, 'C') THEN 'Order Cancelled' ELSE 'Order Completed' END"}
    group_by: [id]
    must_agree: [who]
    time: at
    user_id: who
    properties:
      order_id: id
      total: {sql: "sum(TRY_CAST(qty AS INT) * TRY_CAST(price AS DECIMAL(18,4)))", as: number}
      currency: {value: GBP}
    lines:
      products:
        product_id: item
        quantity: {column: qty, as: integer}
        price: {column: price, as: number}
  customer:
    type: identify
    when: who IS NOT NULL
    group_by: [who]
    time: at
    user_id: who
    traits: {country: land}
"""
LINES = """id,who,at,item,qty,price,land
1,ann,2026-01-01 10:01,x,2,1.50,UK
1,ann,2026-01-01 10:00,y,1,2.25,UK
1,ann,2026-01-01 10:00,y,1,2.25,UK
C2,ann,2026-01-02 10:00,x,-1,1.50,UK
3,,2026-01-03 10:00,z,1,-4,FR
"""


def test_fold__rows_become_lines_of_one_event(take, events) -> None:
    done = take("lines.csv", LINES, FOLD)
    assert (done.rows_in, done.rows_landed) == (5, 5)
    assert done.events == {"Order Cancelled": 1, "Order Completed": 2, "identify": 1}
    by_order = {orjson.loads(row["properties"])["order_id"]: row for row in events() if row["properties"]}
    first = orjson.loads(by_order["1"]["properties"])
    assert [line["product_id"] for line in first["products"]] == ["x", "y", "y"]
    assert first["products"][0] == {"product_id": "x", "quantity": 2, "price": 1.5}
    assert (first["total"], first["currency"]) == (7.5, "GBP")
    assert by_order["1"]["occurred_at"] == datetime(2026, 1, 1, 10)
    assert by_order["C2"]["event"] == "Order Cancelled"
    assert by_order["3"]["anonymous_id"] == "order:3"
    assert orjson.loads(by_order["3"]["properties"])["products"][0]["price"] == -4.0


def test_fold__is_whole_or_not_at_all(take, home, events) -> None:
    done = take("lines.csv", LINES.replace("y,1,2.25,UK", "y,one,2.25,UK", 1), FOLD)
    assert (done.rows_in, done.rows_landed, done.rows_quarantined) == (5, 2, 3)
    aside = quarantine_files(home)[0].rows().to_pylist()
    assert [(row["line"], row["reason"]) for row in aside] == [
        (2, "group_incomplete"), (3, "not_an_integer"), (4, "group_incomplete"),
    ]  # fmt: skip
    assert {row["event"] for row in events()} == {"Order Cancelled", "Order Completed", None}


def test_fold__of_two_people_is_set_aside(take, home) -> None:
    done = take("lines.csv", LINES.replace("1,ann,2026-01-01 10:01", "1,bob,2026-01-01 10:01"), FOLD)
    assert (done.rows_landed, done.rows_quarantined) == (2, 3)
    rows = quarantine_files(home)[0].rows().to_pylist()
    assert {(row["reason"], row["field"]) for row in rows} == {("group_disagrees", "who")}


def test_fold__ids_do_not_hang_on_the_order_of_the_file(take, events) -> None:
    take("lines.csv", LINES, FOLD)
    head, *rest = LINES.strip().split("\n")
    take("turned.csv", "\n".join([head, *reversed(rest)]) + "\n", FOLD)
    assert len({row["event_id"] for row in events()}) == len(events()) / 2
