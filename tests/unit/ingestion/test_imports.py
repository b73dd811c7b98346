"""Files through mappings: every kind of file and value."""

from __future__ import annotations

import gzip
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from ingestion.quarantine import quarantine_files
from kith.errors import KithError
from kith.ids import stable_id
from tests.unit.ingestion.sales import ROWS, SIMPLE, refused

pytestmark = pytest.mark.usefixtures("quick_judge")


def test_csv__rows_become_events(take, events) -> None:
    done = take("orders.csv", ROWS)
    assert (done.rows_in, done.rows_landed, done.events) == (2, 2, {"Order Completed": 2})
    first = next(row for row in events() if row["user_id"] == "ann")
    assert first["occurred_at"] == first["received_at"] == first["effective_at"] == datetime(2026, 1, 1, 10)
    assert (first["type"], first["source"], first["batch_id"]) == ("track", "shop", done.batch_id)
    assert orjson.loads(first["properties"]) == {"order_id": "1", "total": 5.5}


@pytest.mark.parametrize(
    ("name", "content", "layout"),
    [
        ("o.csv", ROWS.replace(",", ";"), "{}"),
        ("o.csv", ROWS.replace("\n", "\r\n"), "{}"),
        ("o.csv", "\ufeff" + ROWS, "{}"),
        ("o.tsv", ROWS.replace(",", "\t"), "{}"),
        ("o.txt", ROWS.replace(",", "|"), '{delimiter: "|"}'),
        ("o.txt", ROWS.replace(" 11:", "T11:").replace(",", "   "), "{kind: csv, delimiter: spaces}"),
        ("o.csv", ROWS.partition("\n")[2], "{header: false, columns: [id, who, at, amount]}"),
        ("o.csv", ROWS.encode("utf-16"), "{encoding: utf-16}"),
        ("o.csv.gz", gzip.compress(ROWS.encode(), mtime=0), "{}"),
        ("o.csv.gz", gzip.compress(ROWS[:30].encode()) + gzip.compress(ROWS[30:].encode(), mtime=0), "{}"),
        ("o.csv.zst", zstandard.compress(ROWS.encode()), "{}"),
        ("o.csv.zst", zstandard.compress(ROWS[:30].encode()) + zstandard.compress(ROWS[30:].encode()), "{}"),
        ("data", ROWS, "{kind: csv}"),
    ],
)
def test_files__of_any_layout_give_the_same_events(
    take, events, name: str, content: Any, layout: str
) -> None:
    take(name, content, SIMPLE + f"format: {layout}\n")
    assert [(row["user_id"], orjson.loads(row["properties"])["total"]) for row in events()] in (
        [("ann", 5.5), ("bob", 7.0)], [("bob", 7.0), ("ann", 5.5)],
    )  # fmt: skip


@pytest.mark.parametrize("pack", [lambda raw: raw, gzip.compress, zstandard.compress])
def test_json_lines__give_events_and_set_odd_lines_aside(take, home, events, pack) -> None:
    rows = [{"id": 1, "who": "ann", "at": "2026-01-01", "amount": 2.5, "tags": ["a"]},
            {"id": 2, "who": "bob", "at": "2026-01-01", "amount": None, "late": True}]  # fmt: skip
    lines = b"\n".join([orjson.dumps(rows[0]), b"{broken", b"", b"[1]", orjson.dumps(rows[1])]) + b"\n"
    done = take(
        "orders.jsonl",
        pack(lines),
        SIMPLE.replace("id: who", "id: who\n    context: {tags: {sql: tags::JSON}}"),
    )
    assert (done.rows_in, done.rows_landed, done.rows_quarantined) == (4, 2, 2)
    aside = quarantine_files(home)[0].rows().to_pylist()
    assert [(row["line"], row["reason"], row["raw"]) for row in aside] == [
        (2, "not_json", b"{broken"), (4, "not_an_object", b"[1]"),
    ]  # fmt: skip
    ann = next(row for row in events() if row["user_id"] == "ann")
    assert orjson.loads(ann["context"]) == {"tags": ["a"]}


def test_parquet__keeps_types_and_exact_amounts(take, events, tmp_path) -> None:
    table = pa.table({
        "id": [1], "who": [17850], "at": pa.array([datetime(2025, 7, 1, 12)], pa.timestamp("us")),
        "amount": pa.array([Decimal("12345678901234.5678")], pa.decimal128(18, 4)), "ok": [True], "n": [2.55],
    })  # fmt: skip
    pq.write_table(table, tmp_path / "made.parquet")
    mapping = SIMPLE.replace("{column: amount, as: number}", "amount\n      ok: ok\n      n: n\n      at: at")
    take("orders.parquet", (tmp_path / "made.parquet").read_bytes(), mapping + "zone: Europe/London\n")
    (row,) = events()
    assert row["user_id"] == "17850"
    assert row["occurred_at"] == datetime(2025, 7, 1, 11)
    told = '{"order_id":1,"total":12345678901234.5678,"ok":true,"n":2.55,"at":"2025-07-01T12:00:00.000000"}'
    assert row["properties"] == told


def test_event_id__is_made_of_mapping_content_and_number_among_equals(take, events) -> None:
    row = "1,ann,2026-01-01,5\n"
    take("orders.csv", "id,who,at,amount\n" + row * 3)
    content = "\x1f".join(["1", "ann", "2026-01-01", "5"])
    expected = {stable_id("shop", "sale", content, str(number)) for number in (1, 2, 3)}
    assert {each["event_id"] for each in events()} == expected


def test_import__again_changes_nothing(take, home, events) -> None:
    take("orders.csv", ROWS)
    before = sorted(str(path) for path in home.root.rglob("*") if ".locks" not in str(path))
    again = take("copy.csv", ROWS)
    assert (again.rows_in, again.rows_landed, again.already_in) == (0, 0, "lake")
    assert sorted(str(path) for path in home.root.rglob("*") if ".locks" not in str(path)) == before


def test_import__under_a_changed_mapping_is_refused(take) -> None:
    take("orders.csv", ROWS)
    with pytest.raises(KithError, match="earlier version of 'shop'"):
        take("orders.csv", ROWS, SIMPLE + "zone: Europe/London\n")


def test_import__overlapping_files_give_equal_ids(take, events) -> None:
    take("one.csv", ROWS)
    take("two.csv", ROWS + "3,cid,2026-01-03,1\n")
    rows = events()
    assert (len(rows), len({row["event_id"] for row in rows})) == (5, 3)


def test_rows_at_fault__are_set_aside_with_line_and_field(take, home) -> None:
    good = "".join(f"{n},p{n},2026-01-01,1\n" for n in range(40))
    bad = "90,ann,someday,5\n91,bob,2026-01-01,much\n92,eve\n93,x,2026-01-01,1,1\n94,,2026-01-01,1\n95,y,,1\n"
    done = take("orders.csv", "id,who,at,amount\n" + good + bad + "99,zoe,2026-01-02,2\n")
    assert (done.rows_in, done.rows_landed, done.rows_quarantined) == (47, 42, 5)
    aside = quarantine_files(home)[0].rows().to_pylist()
    assert [(row["line"], row["reason"], row["field"]) for row in aside] == [
        (42, "bad_time", "time"), (43, "not_a_number", "properties.total"), (44, "too_few_columns", None),
        (45, "too_many_columns", None), (47, "missing_time", "time"),
    ]  # fmt: skip
    assert orjson.loads(aside[0]["raw"]) == {"id": "90", "who": "ann", "at": "someday", "amount": "5"}
    assert aside[2]["raw"] == b"92,eve"


def test_orders__of_nobody_stand_for_their_person(take, events) -> None:
    take("orders.csv", ROWS + "3,,2026-01-03,1\n")
    assert {(row["user_id"], row["anonymous_id"]) for row in events()} == {
        ("ann", None), ("bob", None), (None, "order:3"),
    }  # fmt: skip


def test_arrival__is_a_column_and_decides_when_the_row_counts(take, events) -> None:
    mapping = SIMPLE.replace("time: at", "time: at\n    arrival: landed")
    rows = "id,who,at,amount,landed\n1,a,2026-01-01T00:00:00Z,1,2026-01-01T00:00:20Z\n"
    take("orders.csv", rows + "2,b,2026-01-01T00:00:00Z,1,2026-01-01T00:01:00Z\n", mapping)
    by_user = {row["user_id"]: row for row in events()}
    assert by_user["a"]["effective_at"] == datetime(2026, 1, 1)
    assert by_user["b"]["effective_at"] == by_user["b"]["received_at"] == datetime(2026, 1, 1, 0, 1)


def test_when__parts_rows_among_entries_and_none_is_dropped(take, home, events) -> None:
    mapping = """
source: web
events:
  seen: {when: "kind = 'view'", event: {column: kind, case: {view: Product Viewed}}, time: at, user_id: who}
  cart: {when: "kind = 'cart'", event: Product Added, time: at, user_id: who}
"""
    done = take("w.csv", "kind,who,at\nview,a,2026-01-01\ncart,a,2026-01-01\nodd,a,2026-01-01\n", mapping)
    assert (done.rows_landed, done.rows_quarantined) == (2, 1)
    assert quarantine_files(home)[0].rows().to_pylist()[0]["reason"] == "no_event"


def test_where__leaves_rows_out_and_counts_them(take) -> None:
    done = take("orders.csv", ROWS + "3,,2026-01-03,1\n", SIMPLE + "where: who IS NOT NULL\n")
    assert (done.rows_in, done.rows_landed, done.rows_left_out) == (2, 2, 1)


@pytest.mark.parametrize(
    ("at", "form", "expected"),
    [
        ("20260101", '"%Y%m%d"', datetime(2026, 1, 1)),
        ("31/12/2025 23:30", '"%d/%m/%Y %H:%M"', datetime(2025, 12, 31, 23, 30)),
        ("1767225600", "epoch_s", datetime(2026, 1, 1)),
        ("1767225600123", "epoch_ms", datetime(2026, 1, 1, 0, 0, 0, 123000)),
        ("2026-01-01T02:00:00+02:00", "", datetime(2026, 1, 1)),
        ("2026-01-01 00:00:00 UTC", "", datetime(2026, 1, 1)),
        ("2026-01-01T00:00:00.000001Z", "", datetime(2026, 1, 1, 0, 0, 0, 1)),
    ],
)
def test_times__are_read_in_the_form_that_the_mapping_says(
    take, events, at: str, form: str, expected: datetime
) -> None:
    time = f"{{column: at, format: {form}}}" if form else "at"
    take("o.csv", f"id,who,at,amount\n1,a,{at},1\n", SIMPLE.replace("time: at", f"time: {time}"))
    assert events()[0]["occurred_at"] == expected


def test_sources__have_names_of_their_own(take, home) -> None:
    sentence = refused(take, home, "o.csv", ROWS, SIMPLE.replace("source: shop", "source: My Shop"))
    assert "shop.yml:2: source" in sentence
