"""What a tick remembers is a cache: missing, broken or older than the log, the log makes it anew."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from activation.journeys.engine import Tick
from activation.journeys.horizon import POSITIONS
from activation.journeys.tables import TABLES
from activation.journeys.telling import tell
from kith.init import initialise
from kith.lake import commits
from kith.settings import Settings
from tests.scenarios.campaign_world import LAUNCH, Person, World, naive

AT = datetime(2026, 5, 1, 8, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
JOURNEY = """
name: slow
state: live
enter: {event: Cart Left, again: always}
purpose: transactional
steps:
  - wait: 1d
  - {send: winback_offer, by: email}
  - wait: 2d
  - {send: cart_text, by: sms}
"""
NAMES = ("ada", "ben", "cyd")


@pytest.fixture
def world(own: Settings) -> World:
    world = World(own, [Person(name) for name in NAMES])
    world.define("journeys", "slow", JOURNEY)
    world.plan(AT)
    return world


def told(world: World) -> dict[str, list[str]]:
    """The whole log, without the order of its rows."""
    tables = ("transitions", "enrolments", "outbox")
    return {name: sorted(repr(sorted(row.items())) for row in world.rows(name)) for name in tables}


def days(world: World, before: Callable[[Path], None] = lambda file: None) -> dict[str, list[str]]:
    """Six days of runs; `before` each of them something befalls the cache."""
    for day, name in enumerate(NAMES):
        world.say(name, "Cart Left", AT + day * DAY + HOUR)
    for day in range(1, 7):
        before(world.settings.home / POSITIONS)
        world.plan(AT + day * DAY)
    return told(world)


def remove(file: Path) -> None:
    file.unlink()


def spoil(file: Path) -> None:
    file.write_bytes(b"\0" * 4096)


def test_cache__missing_or_broken_changes_nothing(world: World, tmp_path: Path) -> None:
    home = world.settings.home
    shutil.copytree(home, tmp_path / "begun")
    expected = days(world)
    assert len(expected["outbox"]) == 2 * len(NAMES)
    for befall in (remove, spoil):
        shutil.rmtree(home)
        shutil.copytree(tmp_path / "begun", home)
        again = World(world.settings, [Person(name) for name in NAMES])
        assert days(again, befall) == expected


def test_cache__older_than_the_log_is_made_anew(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a kill between the commit of a tick and its cache."""
    world.say("ada", "Cart Left", AT + HOUR)
    world.plan(AT + DAY)
    with monkeypatch.context() as patched:
        patched.setattr(Tick, "keep", _killed)
        with pytest.raises(KeyboardInterrupt):
            world.plan(AT + 2 * DAY)
    counts = world.plan(AT + 2 * DAY)
    assert (counts.enrolled, counts.planned) == (0, 0)
    world.plan(AT + 6 * DAY)
    assert [row["decided_at"] for row in world.rows("outbox")] == [
        naive(AT + DAY + HOUR),
        naive(AT + 3 * DAY + HOUR),
    ]


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_merge__the_older_enrolment_stays_and_the_other_ends(world: World) -> None:
    world.say("ada", "Cart Left", AT + HOUR)
    world.say("ben", "Cart Left", AT + 2 * HOUR)
    world.plan(AT + DAY)
    world.merged = {"ada": "ben"}
    world.plan(AT + DAY + HOUR / 2)
    world.plan(AT + 6 * DAY)
    ended = {row["reason"]: row for row in world.rows("transitions") if row["kind"] == "exited"}
    assert set(ended) == {"merged", "completed"}
    assert ended["merged"]["at"] == naive(AT + DAY + HOUR / 2)
    assert [row["decided_at"] for row in world.rows("outbox")] == [
        naive(AT + DAY + HOUR),
        naive(AT + 3 * DAY + HOUR),
    ]


def test_merge__who_was_in_under_another_id_is_not_let_in_again(own: Settings) -> None:
    world = World(own, [Person(name) for name in NAMES])
    world.define("journeys", "slow", JOURNEY.replace(", again: always", ""))
    world.plan(AT)
    world.say("ada", "Cart Left", AT + HOUR)
    world.plan(AT + DAY)
    world.merged = {"ada": "ben"}
    world.say("ben", "Cart Left", AT + DAY + HOUR)
    assert world.plan(AT + 2 * DAY).enrolled == 0


def test_cache__of_a_log_that_is_gone_goes_too(world: World) -> None:
    days(world)
    shutil.rmtree(world.settings.home / "lake" / "journeys")
    initialise(world.settings)
    again = World(world.settings, [Person(name) for name in NAMES])
    assert again.plan(AT + 7 * DAY).enrolled == 0
    again.say("ada", "Cart Left", AT + 7 * DAY + HOUR)
    assert again.plan(AT + 8 * DAY).enrolled == 1
    assert {row["enrolment_id"] for row in again.rows("transitions")} == {
        row["enrolment_id"] for row in again.rows("enrolments")
    }


def test_cache__forgets_whom_the_log_forgets(world: World) -> None:
    """Ada is taken out of the log as an erasure does it: her rows go, the commits stay."""
    for name in ("ada", "ben"):
        world.say(name, "Cart Left", AT + HOUR)
    world.plan(AT + 2 * DAY)
    file = world.settings.home / POSITIONS
    (ada,) = {row["profile_id"] for row in world.rows("outbox") if "ada" in str(row["address"])}
    assert _bears(file, ada)
    for each in sorted((world.settings.home / "lake" / "journeys").glob("*/*.parquet")):
        rows = pq.read_table(each)
        if "profile_id" in rows.column_names:
            fresh = each.with_name(f".{each.name}")
            pq.write_table(rows.filter(pc.field("profile_id") != ada), fresh)
            fresh.replace(each)
    world.plan(AT + 2 * DAY + HOUR)
    assert not _bears(file, ada)
    world.plan(AT + 6 * DAY)
    assert [row["template"] for row in world.rows("outbox")] == ["winback_offer", "cart_text"]


def _bears(file: Path, profile_id: str) -> bool:
    """Whether a DuckDB file has a person's number in any of its pages; its integers lie low byte first, the sign
    turned."""
    number = int(profile_id, 16) ^ (1 << 127)
    return number.to_bytes(16, "little") in file.read_bytes()


def test_cache__made_anew_launches_nothing_twice(own: Settings) -> None:
    """The launch lets nobody in, because the campaign is paused; the log remembers it all the same."""
    world = World(own, [Person("ada")])
    world.plan(LAUNCH - HOUR)
    tell(own, "winback", "pause", "bo", LAUNCH - HOUR / 2)
    world.evaluate("churn_risk", LAUNCH)
    world.plan(LAUNCH)
    assert [row["journey"] for row in world.rows("launches")] == ["winback"]
    tell(own, "winback", "start", "bo", LAUNCH + HOUR)
    (own.home / POSITIONS).unlink()
    world.evaluate("churn_risk", LAUNCH + DAY)
    world.plan(LAUNCH + DAY)
    assert (len(world.rows("launches")), world.rows("enrolments")) == (1, [])


def test_log__has_the_declared_columns(world: World) -> None:
    days(world)
    for each in commits(world.home, "journeys"):
        for table in TABLES:
            if table.room == "journeys":
                kept = pq.read_schema(each.path / f"{table.name}.parquet")
                assert [(f.name, f.type) for f in kept] == [(f.name, f.type) for f in table.schema]


def test_cache__a_run_that_finds_it_in_use_says_so(world: World) -> None:
    """DuckDB refuses a second process; within one a second handle is refused by its own name."""
    file = world.settings.home / POSITIONS
    with duckdb.connect(str(file), read_only=True), pytest.raises(duckdb.Error):
        world.plan(AT + DAY)
    assert file.exists()
