"""Journeys over several runs: told to pause or stop, edited, their file gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree, rmtree

import pytest

from activation.journeys.controls import Control, record
from activation.journeys.linting import lint
from activation.journeys.migration import foresee, migrate
from activation.journeys.report import defined, steps_standing
from activation.lists.uploading import Mode, Upload, upload
from kith.errors import KithError
from kith.lake import Home
from kith.settings import Settings
from tests.scenarios.campaign_world import Person, World, naive

AT = datetime(2026, 5, 1, 8, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
JOURNEY = """
name: slow
state: live
enter: {event: Cart Left, again: always}
purpose: transactional
steps:
  - wait: 2d
  - {send: winback_offer, by: email}
"""


@pytest.fixture
def world(own: Settings) -> World:
    world = World(own, [Person("ada"), Person("ben")])
    world.define("journeys", "slow", JOURNEY)
    world.plan(AT)
    return world


def ends(world: World) -> list[tuple[str, datetime, str]]:
    """Who left, when and why."""
    names = {person.profile_id: person.name for person in world.people}
    rows = [row for row in world.rows("transitions") if row["kind"] == "exited" and row["journey"] == "slow"]
    return sorted((names[row["profile_id"]], row["at"], row["reason"]) for row in rows)


def sent(world: World) -> list[tuple[str, datetime]]:
    names = {person.profile_id: person.name for person in world.people}
    rows = [row for row in world.rows("outbox") if row["journey"] == "slow"]
    return sorted((names[row["profile_id"]], row["decided_at"]) for row in rows)


def tell(world: World, word: str, at: datetime) -> None:
    record(Home(world.settings.home), Control("slow", word, at, "Ada"))  # type: ignore[arg-type]


def path(world: World) -> Path:
    return world.settings.definitions / "journeys" / "slow.yml"


def test_pause__lets_nobody_in_and_those_inside_go_on(world: World) -> None:
    world.say("ada", "Cart Left", AT + HOUR)
    tell(world, "pause", AT + 2 * HOUR)
    world.say("ben", "Cart Left", AT + 2 * HOUR)
    world.plan(AT + DAY)
    world.plan(AT + 4 * DAY)
    assert sent(world) == [("ada", naive(AT + HOUR + 2 * DAY))]
    assert {each["name"]: each["state"] for each in defined(world.settings)}["slow"] == "paused"


def test_start__lifts_a_pause_from_its_own_instant_on(world: World) -> None:
    tell(world, "pause", AT + HOUR)
    tell(world, "start", AT + 3 * HOUR)
    world.say("ada", "Cart Left", AT + 2 * HOUR)
    world.say("ben", "Cart Left", AT + 3 * HOUR)
    world.plan(AT + 4 * DAY)
    assert sent(world) == [("ben", naive(AT + 3 * HOUR + 2 * DAY))]


@pytest.mark.parametrize("runs", [[4 * DAY], [HOUR, DAY, 3 * DAY, 4 * DAY], [2 * HOUR, 4 * DAY]])
def test_stop__ends_everybody_inside_at_its_instant(world: World, runs: list[timedelta]) -> None:
    world.say("ada", "Cart Left", AT + HOUR / 2)
    tell(world, "stop", AT + 2 * HOUR)
    world.say("ben", "Cart Left", AT + 3 * HOUR)
    for span in runs:
        world.plan(AT + span)
    assert ends(world) == [("ada", naive(AT + 2 * HOUR), "stopped")]
    assert sent(world) == []


def test_edited__people_keep_the_version_under_which_they_entered(world: World) -> None:
    world.say("ada", "Cart Left", AT + HOUR)
    world.plan(AT + DAY)
    world.define("journeys", "slow", JOURNEY.replace("2d", "5d"))
    world.say("ben", "Cart Left", AT + DAY + HOUR)
    world.plan(AT + 2 * DAY)
    states = {(each["state"], each["step"]) for each in steps_standing(world.settings, "slow")}
    assert states == {("older", "wait:2d"), ("current", "wait:5d")}
    world.plan(AT + 10 * DAY)
    assert sent(world) == [("ada", naive(AT + HOUR + 2 * DAY)), ("ben", naive(AT + DAY + HOUR + 5 * DAY))]


def test_deleted__those_inside_go_on_and_nobody_enters(world: World) -> None:
    world.say("ada", "Cart Left", AT + HOUR)
    world.plan(AT + DAY)
    path(world).unlink()
    world.say("ben", "Cart Left", AT + DAY + HOUR)
    world.plan(AT + DAY + 2 * HOUR)
    assert [
        (each["name"], each["inside"]) for each in defined(world.settings) if each["state"] == "deleted"
    ] == [("slow", 1)]
    assert [each.rule for each in lint(world.settings)] == ["left_behind"]
    world.plan(AT + 4 * DAY)
    assert sent(world) == [("ada", naive(AT + HOUR + 2 * DAY))]
    assert [each.rule for each in lint(world.settings)] == []


LONGER = JOURNEY.replace("2d", "5d")


def test_migration__moves_those_inside_from_the_last_horizon_on(world: World) -> None:
    world.say("ada", "Cart Left", AT + HOUR)
    world.plan(AT + DAY)
    world.define("journeys", "slow", LONGER)
    world.say("ben", "Cart Left", AT + DAY + HOUR)
    world.plan(AT + DAY + 2 * HOUR)
    (row,) = foresee(world.settings, "slow", {"wait:2d": "wait:5d"})
    assert (row["step"], row["to_step"], row["enrolments"]) == ("wait:2d", "wait:5d", 1)
    assert {each["state"] for each in steps_standing(world.settings)} == {"older", "current"}
    migrate(world.settings, "slow", {"wait:2d": "wait:5d"}, "Ada", AT + DAY + 3 * HOUR)
    assert {each["state"] for each in steps_standing(world.settings)} == {"current"}
    world.plan(AT + 10 * DAY)
    assert sent(world) == [
        ("ada", naive(AT + DAY + 2 * HOUR + 5 * DAY)),
        ("ben", naive(AT + DAY + HOUR + 5 * DAY)),
    ]
    assert [each["depth"] for each in world.rows("transitions") if each["label"] == "migrated"] == [1]


def test_migration__lets_those_leave_who_are_told_to(world: World) -> None:
    world.say("ada", "Cart Left", AT + HOUR)
    world.plan(AT + DAY)
    world.define("journeys", "slow", LONGER)
    migrate(world.settings, "slow", {"wait:2d": ""}, "Ada", AT + DAY + HOUR)
    assert ends(world) == [("ada", naive(AT + DAY), "stopped")]
    world.plan(AT + 10 * DAY)
    assert sent(world) == []


def test_migration__without_a_place_for_somebody_changes_nothing(world: World) -> None:
    world.say("ada", "Cart Left", AT + HOUR)
    world.plan(AT + DAY)
    with pytest.raises(KithError, match="nobody is in an older version"):
        migrate(world.settings, "slow", {}, "Ada", AT + DAY)
    world.define("journeys", "slow", LONGER)
    for steps in ({}, {"wait:2d": "wait:9d"}):
        with pytest.raises(KithError):
            migrate(world.settings, "slow", steps, "Ada", AT + DAY)
    world.plan(AT + 4 * DAY)
    assert sent(world) == [("ada", naive(AT + HOUR + 2 * DAY))]


def test_deleted__with_its_template_those_inside_get_what_was_meant(world: World) -> None:
    templates = world.settings.definitions / "templates"
    copytree(templates / "winback_offer", templates / "slow_offer")
    world.define("journeys", "slow", JOURNEY.replace("winback_offer", "slow_offer"))
    world.say("ada", "Cart Left", AT + HOUR)
    world.plan(AT + DAY)
    path(world).unlink()
    rmtree(templates / "slow_offer")
    world.plan(AT + 4 * DAY)
    (row,) = [row for row in world.rows("outbox") if row["journey"] == "slow"]
    assert (row["decision"], row["reason"]) == ("send", "")
    assert row["template_version"] in {
        each["version"] for each in world.rows("versions") if each["kind"] == "template"
    }
    assert "Ada" in row["variables"]


LISTED = """
name: listed
state: live
enter: {list: vip, again: always}
purpose: transactional
steps:
  - wait: 1h
  - branch: {if: {list: vip}, then: [{send: winback_offer, by: email}]}
"""


def listed(world: World, mode: Mode, at: datetime, *names: str, expires: datetime | None = None) -> None:
    people = {person.name: person.address for person in world.people}
    file = world.settings.home / "vip.csv"
    file.write_text("\n".join(["email", *(str(people[name]) for name in names)]) + "\n")
    upload(world.settings, file, Upload("vip", mode, expires_at=expires), at)


def test_list__lets_in_at_its_upload_and_ends_with_it(world: World) -> None:
    world.define("journeys", "listed", LISTED)
    listed(world, "replace", AT + HOUR, "ada", "ben")
    world.plan(AT + 3 * HOUR)
    listed(world, "replace", AT + DAY, "ada")  # stays on it: nothing new
    listed(world, "add", AT + DAY + HOUR, "ben", expires=AT + DAY + 1.5 * HOUR)  # out before the hour is over
    listed(world, "remove", AT + 2 * DAY, "ada")
    listed(world, "add", AT + 3 * DAY, "ada")
    world.plan(AT + 4 * DAY)
    names = {person.profile_id: person.name for person in world.people}
    rows = [row for row in world.rows("enrolments") if row["journey"] == "listed"]
    assert sorted((names[row["profile_id"]], row["entered_at"]) for row in rows) == [
        ("ada", naive(AT + HOUR)),
        ("ada", naive(AT + 3 * DAY)),
        ("ben", naive(AT + HOUR)),
        ("ben", naive(AT + DAY + HOUR)),
    ]
    mails = [row for row in world.rows("outbox") if row["journey"] == "listed"]
    assert sorted((names[row["profile_id"]], row["decided_at"]) for row in mails) == [
        ("ada", naive(AT + 2 * HOUR)),
        ("ada", naive(AT + 3 * DAY + HOUR)),
        ("ben", naive(AT + 2 * HOUR)),
    ]
