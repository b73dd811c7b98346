"""What the warehouse knows of people over time: traits as of an earlier instant, consent after an un-merge, runs that
add up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.unit.warehouse.lake import Lake, differing_rows, event, published, run_dbt

pytestmark = pytest.mark.whole

START = datetime(2026, 1, 1)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
EARLY, LATE = START + 10 * DAY, START + 30 * DAY
WORDS = {
    "name": "words",
    "purposes": ["marketing", "service"],
    "channels": ["email", "sms"],
    "grants": ["granted"],
    "events": {"Consent Updated": {}, "Unsubscribed": {"status": "withdrawn"}},
    "replies": {"events": ["SMS Received"], "channel": "sms", "stop": ["stop"], "start": ["start"]},
    "categories": {"It's news": [{"purpose": "news", "channel": "email"}]},
}
MINE = ("profiles", "profile_traits", "consents", "consent_history")


@dataclass(frozen=True)
class World:
    """The same lake seen by a run, by the next one that adds to it, and by one that builds at once."""

    early: Path
    added_up: Path
    at_once: Path


def told(number: int, day: int, traits: dict[str, Any], user: str = "u", **more: Any) -> dict[str, Any]:
    """One identify event; `number` makes its id."""
    return event(f"i{number}", "", START + day * DAY, user=user, kind="identify", traits=traits, **more)


def traits() -> Iterator[dict[str, Any]]:
    yield told(1, 1, {"email": "U@x.com", "plan": 5, "birthday": "1990-02-03", "address": {"city": "Rome"}})
    yield told(2, 3, {"plan": "five", "birthday": "a while ago", "tags": ["a"]})
    yield told(3, 4, {"city": "Oslo", "tags": {"a": True}}, source="app")
    yield told(4, 12, {"city": "Bonn", "birthday": "1991-01-01", "created_at": "2025-05-05T00:00:00Z"})
    yield told(5, 6, {"city": "late news"}, received_at=START + 15 * DAY)


def object_says(number: int, day: int, says: bool | None) -> dict[str, Any]:
    categories = {} if says is None else {"It's news": says}
    context = {"consent": {"categoryPreferences": categories}, "locale": "de-DE", "timezone": "Europe/Berlin"}
    return event(f"o{number}", "", START + day * DAY, anon="d", kind="page", context=context)


def word(number: int, day: float, status: str, **bearer: Any) -> dict[str, Any]:
    at = START + day * DAY
    properties = {"status": status} | ({"email": bearer.pop("email")} if "email" in bearer else {})
    return event(f"w{number}", "Consent Updated", at, properties=properties, **bearer)


def lay(home: Path) -> Lake:
    lake = Lake(home).lay_empty()
    rows = {
        "kind": "consent",
        "name": "words",
        "version": "1",
        "body": json.dumps(WORDS),
        "effective_at": LATE,
    }
    lake.commit("definitions", 1, consent=[rows])
    lake.land(
        [
            *traits(),
            *(object_says(n, n + 1, says) for n, says in enumerate((True, True, False, None, True))),
            word(1, 2, "withdrawn", email="e@x.com"),
            word(2, 5, "granted", user="u"),
            event(
                "stop",
                "SMS Received",
                START + 2 * DAY,
                properties={"text": " Stop!\n", "phone": "+4917012345"},
            ),
        ],
        1,
    )
    _resolve(lake, 1, {"p": {("user_id", "u"): 1, ("email", "e@x.com"): 3, ("anonymous_id", "d"): 1}})
    return lake


def _resolve(lake: Lake, number: int, profiles: dict[str, dict[tuple[str, str], int]]) -> None:
    rows = [
        {
            "identifier_type": kind,
            "identifier_value": value,
            "profile_id": profile,
            "first_received_at": START,
            "joined_at": START + joined * DAY,
        }
        for profile, found in {**profiles, "s": {("phone", "+4917012345"): 1}}.items()
        for (kind, value), joined in found.items()
    ]
    lake.commit("identity", number, identifiers=rows)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Between the runs e@x.com is taken from p, and an earlier copy of an identify event and of a page arrive."""
    home = tmp_path_factory.mktemp("people")
    lake = lay(home)
    early = lake.begin_run(EARLY)
    run_dbt(home, early, "run", "--select", "tag:core")
    corrected = {**told(3, 4, {"city": "Ulm"}, source="app"), "received_at": START + 4 * DAY - MINUTE}
    silent = {**object_says(0, 1, True), "context": None, "received_at": START + DAY - MINUTE}
    lake.land([corrected, silent], 2)
    _resolve(lake, 2, {"p": {("user_id", "u"): 1, ("anonymous_id", "d"): 1}, "e": {("email", "e@x.com"): 1}})
    added_up, at_once = lake.begin_run(LATE), lake.begin_run(LATE)
    run_dbt(home, added_up, "run", "--select", "tag:core")
    run_dbt(home, at_once, "run", "--select", "tag:core", "--full-refresh")
    return World(early, added_up, at_once)


def values(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in published(folder, sql)]


def test_people__runs_add_up_to_a_full_refresh(world: World) -> None:
    assert {table: differing_rows(world.added_up, world.at_once, table) for table in MINE} == dict.fromkeys(
        MINE, 0
    )


AS_OF = """
    select trait, trait_value
    from (
        select *, row_number() over (partition by profile_id, trait order by priority, valid_from desc) as place
        from {{profile_traits}}
        where valid_from < timestamp '{at}' and (valid_to is null or valid_to >= timestamp '{at}')
    )
    where profile_id = 'p' and place = 1 order by trait
"""


def test_traits__as_of_an_earlier_instant_are_what_the_run_of_that_instant_published(world: World) -> None:
    """But for the copy that came to be known as the first received."""
    then = (
        "select trait, trait_value from {profile_traits} where is_current and profile_id = 'p' order by trait"
    )
    found = values(world.added_up, AS_OF.format(at=EARLY))
    assert dict(found) == dict(values(world.early, then)) | {"city": "Ulm", "tags": '["a"]'}
    (row,) = published(world.early, "select city, birthday, email from {profiles} where user_id = 'u'")
    assert (row["city"], str(row["birthday"]), row["email"]) == ("Oslo", "1990-02-03", "u@x.com")


def test_traits__late_news_counts_from_when_it_came(world: World) -> None:
    sql = "select trait_value, valid_from from {profile_traits} where trait = 'city' order by valid_from"
    cities = [("Rome", 1), ("Ulm", 4), ("Bonn", 12), ("late news", 15)]
    assert values(world.added_up, sql) == [(city, START + day * DAY) for city, day in cities]


def test_traits__a_change_of_type_is_kept_and_named_and_what_is_no_date_is_set_aside(world: World) -> None:
    sql = """
        select trait_value, json_type, has_changed_type from {profile_traits}
        where trait in ('plan', 'tags') order by trait, valid_from
    """
    assert values(world.early, sql) == [
        ("5", "number", False), ("five", "text", True),
        ('["a"]', "list", False), ('{"a":true}', "object", True),
    ]  # fmt: skip
    sql = "select trait_value from {profile_traits} where trait = 'birthday' order by valid_from"
    assert values(world.added_up, sql) == [("1990-02-03",), ("1991-01-01",)]


def test_profiles__where_nobody_told_it_the_context_says_where_one_is(world: World) -> None:
    sql = "select locale, time_zone from {profiles} where profile_id = 'p'"
    assert values(world.added_up, sql) == [("de-DE", "Europe/Berlin")]


def test_consents__an_un_merge_gives_each_owner_back_what_evidence_supports(world: World) -> None:
    sql = """
        select profile_id, is_granted, identifier_value, lifted_count from {consents}
        where purpose = 'marketing' and channel = 'email' order by 1
    """
    assert values(world.early, sql) == [("p", True, "u", 1)]
    assert values(world.added_up, sql) == [("e", False, "e@x.com", 0), ("p", True, "u", 0)]


def test_consents__a_stop_is_heard_for_every_purpose(world: World) -> None:
    sql = "select purpose, channel, is_granted, evidence from {consents} where profile_id = 's' order by 1"
    expected = [("marketing", "sms", False, "reply: STOP"), ("service", "sms", False, "reply: STOP")]
    assert values(world.early, sql) == expected


def test_consents__the_consent_object_speaks_when_it_changes(world: World) -> None:
    sql = "select is_granted, valid_from from {consent_history} where purpose = 'news' order by valid_from"
    changes = [(True, 1), (False, 3), (True, 5)]
    assert values(world.early, sql) == [(says, START + day * DAY) for says, day in changes]
    # The first page turned out to bear no consent object: the second one says it first.
    changes[0] = (True, 2)
    assert values(world.added_up, sql) == [(says, START + day * DAY) for says, day in changes]
