"""What the workspace says about all messages: read, checked, and told by file and line where it is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copytree

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from activation.journeys.deciding.holdout import GlobalHoldout, holdout_sql
from activation.journeys.deciding.policy import load_policy
from activation.journeys.deciding.quiet_hours import QUARTERS, QuietHours, closing
from activation.journeys.deciding.schemas import GRAMMARS, policy_schema
from kith.errors import KithError
from kith.ids import share
from kith.settings import PROJECT, Settings
from tests.unit.journeys.deciding.deciding_world import duckdb, uid


@pytest.fixture
def own(settings: Settings, tmp_path: Path) -> Settings:
    folder = tmp_path / "definitions"
    copytree(settings.definitions, folder)
    return settings.model_copy(update={"definitions": folder})


def write(own: Settings, kind: str, name: str, text: str) -> None:
    folder = own.definitions / kind
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.yml").write_text(text)


@pytest.mark.parametrize("kind", GRAMMARS)
def test_schema__is_the_published_one(kind: str) -> None:
    file = PROJECT / "docs" / "schemas" / f"{kind}.json"
    assert json.loads(file.read_text()) == policy_schema(kind), (
        f"kith journeys schema --kind {kind} > {file.name}"
    )


def test_policy__holds_what_the_files_say(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KITH_DECISIONS_SLOT_SECONDS", "900")
    write(own, "quiet_hours", "nights", "begins: 21:00\nends: 08:00\n")
    write(own, "holdouts", "everybody", "share: 5%\nsalt: 2026\n")
    write(own, "budgets", "texts", "channels: [sms]\nat_most: 100\nper: month\n")
    policy = load_policy(own)
    assert policy.slot == 900_000_000
    assert policy.holdout == GlobalHoldout(share=0.05, salt="2026")
    assert [each.bound for each in policy.budgets] == ["texts: at most 100 per month"]
    assert len(policy.quiet_quarters(["email"])) == 7 * 11 * 4
    assert list(policy.caps) == ["marketing"]


@pytest.mark.parametrize(
    ("kind", "text", "line", "problem"),
    [
        ("quiet_hours", "begins: 21:00\nends: 08:10\n", 2, "no time"),
        ("quiet_hours", "begins: 21:00\nends: 21:00\n", 1, "begins when it ends"),
        ("quiet_hours", "begins: 21:00\nends: 08:00\ndays: [sunday]\n", 3, "Input should be"),
        ("quiet_hours", "begins: 00:00\nends: 24:00\n", 1, "no time of the week"),
        ("holdouts", "share: half\nsalt: a\n", 1, "no share"),
        ("holdouts", "share: 60%\nsalt: a\n", 1, "less than or equal to 0.5"),
        ("holdouts", "share: 5%\n", 1, "is missing"),
        ("budgets", "at_most: 5\nper: day\nchannel: sms\n", 3, "no such field"),
        ("budgets", "rate: fast\n", 1, "no rate"),
        ("caps", "limits: [{at_most: 1, per: local fortnight}]\n", 1, "no window"),
        ("caps", "tags: []\nlimits: [{at_most: 1, per: 1d}]\n", 1, "counts nothing"),
    ],
)
def test_policy__names_file_line_and_what_is_wrong(
    own: Settings, kind: str, text: str, line: int, problem: str
) -> None:
    write(own, kind, "wrong", text)
    with pytest.raises(KithError, match=problem) as raised:
        load_policy(own)
    assert f"wrong.yml:{line}" in str(raised.value.where)


def test_policy__has_one_global_holdout(own: Settings) -> None:
    for name in ("a", "b"):
        write(own, "holdouts", name, "share: 5%\nsalt: x\n")
    with pytest.raises(KithError, match="second global holdout"):
        load_policy(own)


@hypothesis_settings(max_examples=200, deadline=None)
@given(st.sets(st.integers(0, QUARTERS - 1), max_size=QUARTERS - 1))
def test_quiet_hours__end_at_the_next_quarter_that_is_not_quiet(quiet: set[int]) -> None:
    ends = closing(quiet)
    assert set(ends) == quiet
    for quarter, closes in list(ends.items())[:20]:
        expected = next(each for each in range(quarter, quarter + QUARTERS) if each % QUARTERS not in quiet)
        assert closes == expected % QUARTERS * 900_000_000


def test_quiet_hours__over_midnight_belong_to_the_day_on_which_they_begin() -> None:
    night = QuietHours(begins="23:00", ends="01:00", days=("sun",))
    assert night.quarters() == {6 * 96 + each for each in range(92, 96)} | set(range(4))


def test_holdout__is_drawn_by_journey_and_by_salt() -> None:
    everywhere = GlobalHoldout(share=0.1, salt="q4")
    people = [uid(f"person{number}") for number in range(2000)]
    sql = holdout_sql("who", "journey", "own", everywhere)
    with duckdb.connect() as connection:
        rows = "SELECT unnest($people) AS who, 'winback' AS journey, 0.2::DOUBLE AS own"
        found = dict(connection.execute(f"SELECT who, {sql} FROM ({rows})", {"people": people}).fetchall())
    expected = {
        who: "global"
        if share(who, "holdout:global:q4") < 0.1
        else "journey"
        if share(who, "holdout:winback") < 0.2
        else ""
        for who in people
    }
    assert found == expected
    assert {"", "journey", "global"} == set(found.values())
