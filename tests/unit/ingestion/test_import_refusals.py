"""A clear sentence for all that is wrong with a file or a mapping, and nothing written."""

from __future__ import annotations

import gzip

import pytest
import zstandard

from ingestion.imports import import_events
from ingestion.quarantine import quarantine_files
from kith.errors import KithError
from tests.unit.ingestion.sales import AT, ROWS, SIMPLE, refused

pytestmark = pytest.mark.usefixtures("quick_judge")


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
