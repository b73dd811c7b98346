"""Uploaded lists: every row has a fate, and who is on a list at an instant."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from activation.lists.commands import lists
from activation.lists.membership import lay_lists
from activation.lists.reading import read_entries
from activation.lists.uploading import Upload, parse_expiry, upload
from kith.errors import KithError
from kith.settings import Settings
from kith.warehouse import Warehouse
from tests.unit.segments.world import AS_OF

DAY = timedelta(days=1)
WHO = {"ann@example.com": "p1", "bob@example.com": "p2", "cyd@example.com": "p3"}


def _file(folder: Path, *rows: str, heading: str = "email") -> Path:
    path = folder / "people.csv"
    path.write_text("\n".join([heading, *rows]) + "\n", encoding="utf-8")
    return path


def _publish(settings: Settings, folder: Path, rows: list[str], at: datetime, **what: object) -> None:
    upload(settings, _file(folder, *rows), Upload("vip", **what), at)  # type: ignore[arg-type]


def _members(settings: Settings, at: datetime) -> list[str]:
    with Warehouse(settings) as warehouse:
        run = warehouse.connection.execute
        run("CREATE TABLE identities (identifier_type TEXT, identifier_value TEXT, profile_id TEXT)")
        for address, profile in WHO.items():
            run("INSERT INTO identities VALUES ('email', ?, ?)", [address, profile])
        run("CREATE TABLE profiles AS SELECT DISTINCT profile_id FROM identities")
        run("CREATE TABLE aliases AS SELECT 'old' AS alias_id, 'p3' AS profile_id")
        lay_lists(warehouse, at, has_identities=True)
        rows = warehouse.rows("SELECT profile_id FROM list_members WHERE list = 'vip' ORDER BY profile_id")
    return [row["profile_id"] for row in rows]


def test_read__gives_every_row_a_fate(tmp_path: Path) -> None:
    file = _file(
        tmp_path, " Ann@Example.com", "ann@example.com", "no address", '""', f"{'x' * 300}@example.com"
    )
    fates = [(each.row, each.value, each.refusal) for each in read_entries(file, None, "email")]
    assert [(row, refusal) for row, _, refusal in fates] == [
        (1, ""), (2, "duplicate"), (3, "malformed"), (4, "empty"), (5, "too_long"),
    ]  # fmt: skip
    assert fates[0][1] == "ann@example.com"


def test_read__takes_phones_as_identity_keeps_them(tmp_path: Path) -> None:
    file = _file(tmp_path, "0044 20 7946 0000", "+44 (20) 79460000", "12", heading="phone")
    assert [(each.value, each.refusal) for each in read_entries(file, None, "phone")] == [
        ("+442079460000", ""), ("+442079460000", "duplicate"), ("+12", "malformed"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "column", "said"),
    [
        (b"", None, "the file is empty"),
        (b"name,email\nx,y\n", "mail", ":1: there is no column 'mail'; expected name, email"),
        (b"name,address\nx,y\n", None, "there is no column 'email'"),
        (b"email\n\xff\xfe\n", None, "byte 6 is not UTF-8"),
        (b'email\n"open\n', None, "is no CSV"),
    ],
)
def test_read__refuses_a_file_with_the_place(
    tmp_path: Path, content: bytes, column: str | None, said: str
) -> None:
    file = tmp_path / "people.csv"
    file.write_bytes(content)
    with pytest.raises(KithError, match="people") as refused:
        read_entries(file, column, "email")
    assert said in str(refused.value)


def test_upload__replaces_adds_and_removes(settings: Settings, tmp_path: Path) -> None:
    _publish(settings, tmp_path, ["ann@example.com"], AS_OF - 5 * DAY)
    _publish(settings, tmp_path, ["bob@example.com"], AS_OF - 4 * DAY, mode="add")
    _publish(settings, tmp_path, ["ann@example.com"], AS_OF - 3 * DAY, mode="remove")
    _publish(settings, tmp_path, ["cyd@example.com"], AS_OF - 2 * DAY)
    days = {back: _members(settings, AS_OF - back * DAY) for back in (5, 4, 3, 2, 1)}
    # An upload counts from its publication on: at the very instant it isn't seen.
    assert days == {5: [], 4: ["p1"], 3: ["p1", "p2"], 2: ["p2"], 1: ["p3"]}


def test_upload__expires(settings: Settings, tmp_path: Path) -> None:
    _publish(settings, tmp_path, ["ann@example.com"], AS_OF - 5 * DAY, expires_at=AS_OF - DAY)
    _publish(settings, tmp_path, ["bob@example.com"], AS_OF - 4 * DAY, mode="add")
    assert _members(settings, AS_OF - DAY) == ["p1", "p2"]
    assert _members(settings, AS_OF - DAY + timedelta(microseconds=1)) == ["p2"]


def test_upload__leads_an_earlier_profile_id_to_the_present_one(settings: Settings, tmp_path: Path) -> None:
    file = _file(tmp_path, "old", "p1", "nobody", heading="profile_id")
    upload(settings, file, Upload("vip", kind="profile_id"), AS_OF - DAY)
    assert _members(settings, AS_OF) == ["p1", "p3"]


def test_upload__refuses_what_would_empty_a_list(settings: Settings, tmp_path: Path) -> None:
    _publish(settings, tmp_path, ["ann@example.com"], AS_OF - 5 * DAY)
    with pytest.raises(KithError, match=r"nothing of people\.csv can be taken: 1 empty, 2 malformed"):
        _publish(settings, tmp_path, ["x", "y", '""'], AS_OF - DAY)
    assert _members(settings, AS_OF) == ["p1"]


def test_expiry__is_a_span_or_a_date() -> None:
    assert parse_expiry("2d", AS_OF, "UTC") == AS_OF + 2 * DAY
    assert parse_expiry("2026-06-01", AS_OF, "Europe/Berlin").isoformat() == "2026-05-31T22:00:00+00:00"
    with pytest.raises(KithError, match="is no instant"):
        parse_expiry("soon", AS_OF, "UTC")


def test_command__counts_what_came_of_the_rows(settings: Settings, tmp_path: Path) -> None:
    file = _file(tmp_path, "ann@example.com", "ann@example.com", "nope")
    words = ["upload", str(file), "--name", "vip", "--source", "fair", "--expires", "30d", "--format", "json"]
    done = CliRunner().invoke(lists, words)
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    assert (told["rows"], told["accepted"], told["duplicates"], told["refused"]) == (3, 1, 1, 1)
    assert told["refused_rows"] == [{"row": 3, "reason": "malformed"}]
