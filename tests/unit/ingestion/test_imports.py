"""Files through mappings: every kind of file and value, and a clear sentence for all that is wrong."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from ingestion.imports import Imported, import_events
from ingestion.quarantine import quarantine_files
from kith.errors import KithError
from kith.ids import stable_id
from kith.lake import Home, commits
from kith.settings import Settings

pytestmark = pytest.mark.usefixtures("quick_judge")
AT = datetime(2026, 5, 1, tzinfo=UTC)
SIMPLE = """
source: shop
events:
  sale:
    event: Order Completed
    time: at
    user_id: who
    properties:
      order_id: id
      total: {column: amount, as: number}
"""
ROWS = "id,who,at,amount\n1,ann,2026-01-01T10:00:00,5.50\n2,bob,2026-01-02 11:00:00,7\n"


@pytest.fixture
def take(settings: Settings, write: Callable[[str, str], Path]) -> Callable[..., Imported]:
    """`take("orders.csv", text or bytes, mapping)` imports."""

    def run(
        name: str, content: str | bytes, mapping: str = SIMPLE, mapping_name: str = "shop.yml"
    ) -> Imported:
        path = write(name, "")
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return import_events(settings, path, write(mapping_name, mapping), AT)

    return run


def refused(take: Callable[..., Imported], home: Home, *given: Any) -> str:
    """The one sentence, after checking that nothing was written."""
    with pytest.raises(KithError) as caught:
        take(*given)
    assert commits(home, "events") == []
    assert list(home.held.iterdir()) == []
    assert list(home.quarantine.iterdir()) == []
    assert list(home.staging.glob("*")) == []
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


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


@pytest.mark.parametrize(
    ("content", "mapping", "parts"),
    [
        (ROWS, SIMPLE.replace("user_id:", "userid:"), ["shop.yml:7: events.sale.userid", "no such field"]),
        (ROWS, SIMPLE.replace("time: at", "time: when"),
         ["shop.yml:6: events.sale.time", "no column 'when'", "id, who, at, amount"]),
        (ROWS, SIMPLE.replace("order_id: id", "order_id: {sql: lower(nr)}"),
         ["shop.yml:9", "nr", "id, who, at, amount"]),
        (ROWS, SIMPLE.replace("order_id: id", "order_id: {sql: 'id; DROP TABLE x'}"),
         ["shop.yml:9: events.sale.properties.order_id"]),
        (ROWS, SIMPLE + "zone: Mars/Base\n", ["shop.yml:11: zone", "Mars/Base", "Europe/London"]),
        (ROWS, SIMPLE.replace("time: at", "time: {column: at, zone: Europe/Londn}"),
         ["shop.yml:6", "Europe/Londn"]),
        (ROWS, SIMPLE.replace("time: at", 'time: {column: at, format: "%Q"}'), ["shop.yml:6", "%Q"]),
        (ROWS, SIMPLE.replace("time: at", 'time: {column: at, format: "%d.%m.%Y"}'),
         ["orders.csv:2", "time", "2026-01-01T10:00:00"]),
        (ROWS, SIMPLE.replace("time: at", "time: who"), ["orders.csv:2", "ann", "ISO 8601"]),
        (ROWS, SIMPLE + "format: {delimiter: ';'}\n", ["no column 'at'", "id,who,at,amount", "delimiter"]),
        (ROWS, SIMPLE + "format: {header: false, columns: [a, b]}\n",
         ["orders.csv:1", "2 columns a, b", "delimiter"]),
        (ROWS, SIMPLE + "format: {encoding: utf-99}\n", ["shop.yml:11: format.encoding", "utf-99"]),
        (ROWS, SIMPLE + "where: colour = 1\n", ["shop.yml:11: where", "colour"]),
        (ROWS, "source: shop\nevents: {}\n", ["shop.yml:2: events"]),
        (ROWS, "source: [\n", ["shop.yml:", "YAML"]),
        (ROWS, SIMPLE.replace("user_id: who", "user_id: {sql: 'NULL::TEXT'}").replace("order_id: id", "nr: id"),
         ["belongs", "user_id"]),
        ("", SIMPLE, ["orders.csv", "empty"]),
        ("id,who,at,amount\n", SIMPLE, ["orders.csv", "no row"]),
        ("id,who,id,amount\n1,2,3,4\n", SIMPLE, ["two columns are named 'id'"]),
    ],
)  # fmt: skip
def test_errors__name_the_place_and_the_way_out(
    take, home, content: str, mapping: str, parts: list[str]
) -> None:
    sentence = refused(take, home, "orders.csv", content, mapping)
    assert [part for part in parts if part not in sentence] == [], sentence


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("o.csv.gz", gzip.compress(ROWS.encode() * 500, mtime=0)[:-20], "cut short"),
        ("o.csv.gz", gzip.compress(ROWS.encode(), mtime=0)[:20], "cut short"),
        ("o.csv.zst", zstandard.compress(ROWS.encode() * 50_000)[:-6], "cut short"),
        ("o.csv.gz", b"\x1f\x8b" + b"junk" * 20, "broken"),
        ("o.csv.gz", gzip.compress(b"", mtime=0), "empty"),
        ("o.parquet", b"PAR1 nothing", "Parquet"),
        ("o.parquet", ROWS.encode(), "Parquet"),
        ("o.jsonl", b"one\ntwo\n", "o.jsonl:1"),
        ("o.xlsx", b"PK", "format: {kind: csv}"),
    ],
)
def test_files__that_are_broken_are_refused(take, home, name: str, content: bytes, part: str) -> None:
    assert part in refused(take, home, name, content)


def test_files__that_are_absent_or_closed_are_named(settings, write, tmp_path) -> None:
    mapping = write("shop.yml", SIMPLE)
    with pytest.raises(KithError, match="no such file"):
        import_events(settings, tmp_path / "gone.csv", mapping, AT)
    with pytest.raises(KithError, match="can't be read"):
        import_events(settings, tmp_path, mapping, AT)
    with pytest.raises(KithError, match=r"gone\.yml"):
        import_events(settings, write("o.csv", ROWS), tmp_path / "gone.yml", AT)


def test_encoding__that_is_wrong_is_named(take, home) -> None:
    sentence = refused(
        take, home, "o.csv", ROWS.encode() + b"3,Zo\x81,,\n", SIMPLE + "format: {encoding: cp1252}\n"
    )
    assert "the text is not cp1252" in sentence


def test_encoding__bytes_that_are_no_utf8_are_set_aside(take, home) -> None:
    done = take("o.csv", ROWS.encode() + "3,Zoë,2026-01-01,1\n".encode("latin-1"))
    assert (done.rows_landed, done.rows_quarantined) == (2, 1)
    assert quarantine_files(home)[0].rows().to_pylist()[0]["reason"] == "wrong_encoding"


def test_expressions__that_fail_on_a_row_say_so(take, home) -> None:
    mapping = SIMPLE.replace("order_id: id", "order_id: {sql: 'id::INT'}")
    sentence = refused(take, home, "o.csv", ROWS + "x,cid,2026-01-01,1\n", mapping)
    assert "an expression fails on a row" in sentence
    assert "TRY_CAST" in sentence


def test_expectations__of_columns_that_are_not_there_are_refused(take, home) -> None:
    told = "expectations:\n  - {expect: expect_column_values_to_not_be_null, with: {column: colour}}\n"
    assert "'colour'" in refused(take, home, "o.csv", ROWS, SIMPLE + told)


def test_import__that_was_held_may_come_again_through_a_corrected_mapping(take, home, events) -> None:
    rows = ROWS + "".join(f"{n},p,2026-01-01,much\n" for n in range(30))
    assert take("o.csv", rows).rows_held == 2
    done = take("o.csv", rows, SIMPLE.replace(", as: number", ""))
    assert (done.rows_landed, len(events())) == (32, 32)


def test_import__that_was_discarded_may_come_again(take, home) -> None:
    from ingestion.held import discard, held_batches

    rows = ROWS + "".join(f"{n},p,2026-01-01,much\n" for n in range(30))
    first = take("o.csv", rows)
    discard(home, first.batch_id)
    assert take("o.csv", rows).rows_held == 2
    assert [each.status for each in held_batches(home)] == ["held"]


def test_refused_batch__is_held_with_its_rows(take, home, events) -> None:
    bad = "".join(f"{n},p,someday,1\n" for n in range(30))
    done = take("orders.csv", ROWS + bad)
    assert (done.rows_in, done.rows_landed, done.rows_held, done.rows_quarantined) == (32, 0, 2, 30)
    assert events() == []
    assert [path.name for path in home.held.iterdir()] == [done.batch_id]
    assert take("orders.csv", ROWS + bad).already_in == "held"
