"""Rows as files: whole or not at all, with the types of the source."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest

from activation.destinations.files import FilesDestination
from kith.errors import KithError
from tests.integration.syncs.sync_world import define, publish, run

FIELDS = ["id", "amount", "seen_at", "born_on", "is_new", "share"]


def rows(count: int) -> pa.Table:
    told = [
        {
            "id": f"p{n}",
            "amount": Decimal("12.3400") + n if n else None,
            "seen_at": datetime(2026, 5, 1, 8, 0, 0, 120, tzinfo=UTC).replace(tzinfo=None),
            "born_on": date(1999, 1, 31),
            "is_new": bool(n % 2),
            "share": 0.1 + 0.2,
        }
        for n in range(count)
    ]
    kinds = [pa.string(), pa.decimal128(18, 4), pa.timestamp("us"), pa.date32(), pa.bool_(), pa.float64()]
    return pa.Table.from_pylist(told, schema=pa.schema(list(zip(FIELDS, kinds, strict=True))))


@pytest.mark.parametrize("style", ["parquet", "csv"])
def test_replace__one_file_with_the_source_s_types(settings, monkeypatch, clock, style):
    options = {"path": "crm", "format": style}
    world = define(settings, monkeypatch, to="files", mode="replace", fields=FIELDS, options=options)
    publish(world, clock, {"people": rows(5)})
    assert run(world, clock).outcomes == {"accepted": 5}
    file = world.home / "exports" / "crm" / f"people.{style}"
    found = pq.read_table(file) if style == "parquet" else pc.read_csv(file)
    assert sorted(found.column("id").to_pylist()) == [f"p{n}" for n in range(5)]
    if style == "parquet":
        assert found.schema.field("amount").type == pa.decimal128(18, 4)
        row = next(each for each in found.to_pylist() if each["id"] == "p1")
        assert (row["amount"], row["born_on"], row["share"]) == (Decimal("13.3400"), date(1999, 1, 31), 0.3)
        assert row["seen_at"] == datetime(2026, 5, 1, 8, 0, 0, 120)
    assert run(world, clock).state == "unchanged"
    publish(world, clock, {"people": rows(4)})
    assert run(world, clock).outcomes == {"accepted": 4}
    assert not list((world.home / "exports").rglob(".kith-staged/*"))


def test_append__a_file_a_batch_and_a_batch_told_twice_is_one_file(settings, monkeypatch, clock):
    world = define(settings, monkeypatch, to="files", mode="append", fields=FIELDS, options={"path": "log"})
    publish(world, clock, {"people": rows(3)})
    original = FilesDestination.push
    monkeypatch.setattr(
        FilesDestination, "push", lambda self, batch, note: original(self, batch, note) and 1 / 0
    )
    assert run(world, clock).state == "unfinished"
    monkeypatch.setattr(FilesDestination, "push", original)
    assert run(world, clock).outcomes == {"accepted": 3}
    (file,) = (world.home / "exports" / "log").glob("*.parquet")
    assert pq.read_table(file).num_rows == 3


def test_a_path_upwards__is_refused(settings, monkeypatch, clock):
    world = define(settings, monkeypatch, to="files", mode="append", fields=["id"], options={"path": "../x"})
    publish(world, clock, {"people": rows(3)})
    with pytest.raises(KithError, match="leads upwards"):
        run(world, clock)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"mode": "mirror"}, "files can't mirror"),
        ({"options": {}}, "needs the option path"),
        ({"options": {"path": "x", "colour": "red"}}, "no option colour"),
        ({"to": "fax"}, "there is no fax"),
    ],
)
def test_what_a_destination_can_not_do__is_refused_aloud(settings, monkeypatch, clock, changed, said):
    told = {"to": "files", "mode": "append", "fields": ["id"], "options": {"path": "x"}, **changed}
    world = define(settings, monkeypatch, **told)
    publish(world, clock, {"people": rows(3)})
    with pytest.raises(KithError, match=said):
        run(world, clock)
