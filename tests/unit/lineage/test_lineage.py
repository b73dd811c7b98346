"""Where a message comes from, told chapter by chapter."""

from __future__ import annotations

from datetime import timedelta

import pytest

from activation.lineage.entry import Entry
from activation.lineage.telling import lineage_of
from kith.errors import KithError
from kith.settings import Settings
from tests.scenarios.campaign_world import DAY, LAUNCH, Person, World, naive

PEOPLE = [
    Person("ada"),
    *(Person(f"no{number}", consent=False) for number in range(5)),
    Person("cyd", consent=None),
    Person("dee", first_name=None, favourite_category=None),
    *(Person(f"u{number}") for number in range(30)),
]


@pytest.fixture
def world(settings: Settings) -> World:
    found = World(settings, PEOPLE)
    found.evaluate("churn_risk", LAUNCH - DAY)
    found.evaluate("churn_risk", LAUNCH)
    found.plan(LAUNCH)
    return found


def told(world: World, **wanted: object) -> tuple[dict[str, object], dict[str, list[Entry]]]:
    """The first outbox row with these values and its lineage by chapter."""
    row = next(
        each for each in world.rows("outbox") if all(each[name] == value for name, value in wanted.items())
    )
    parts: dict[str, list[Entry]] = {}
    for each in lineage_of(world.settings, row["message_id"]):
        parts.setdefault(each.part, []).append(each)
    return row, parts


def verdicts(parts: dict[str, list[Entry]]) -> dict[str, object]:
    return {each.what: each.detail["verdict"] for each in parts["gate"]}


def test_lineage__of_a_send_names_the_versions_that_were_meant(world: World) -> None:
    row, parts = told(world, decision="send")
    versions = {each.what: each.detail["version"] for each in parts["definition"]}
    assert versions["campaign winback"] == row["journey_version"]
    assert versions["template winback_offer"] == row["template_version"]
    assert "cap marketing" in versions
    assert set(verdicts(parts).values()) == {"passed"}
    assert parts["message"][0].detail["message_id"] == row["message_id"]


def test_lineage__tells_the_evaluation_that_let_the_person_in(world: World) -> None:
    _, parts = told(world, decision="send")
    evaluated, entered = parts["segment"]
    assert (evaluated.at, evaluated.detail["member_count"]) == (naive(LAUNCH), len(PEOPLE))
    assert (entered.what, entered.at) == ("entered churn_risk", naive(LAUNCH - DAY))


def test_lineage__of_a_refusal_tells_which_gate_and_what_was_said(world: World) -> None:
    refused = {each.profile_id for each in PEOPLE if each.consent is False}
    chosen = next(
        row for row in world.rows("outbox") if row["profile_id"] in refused and not row["is_holdout"]
    )
    _, parts = told(world, message_id=chosen["message_id"])
    assert verdicts(parts) | {"holdout": "passed", "no_consent": "refused"} == verdicts(parts)
    assert verdicts(parts)["frequency_cap"] == "not asked"
    assert {each.what for each in parts["consent"]} == {"withdrawn"}
    assert parts["body"][0].what == "never handed over"


def test_lineage__of_the_held_out_says_so(world: World) -> None:
    _, parts = told(world, reason="holdout", is_eligible=True)
    assert verdicts(parts) == {**dict.fromkeys(verdicts(parts), "passed"), "holdout": "refused"}


def test_lineage__without_a_word_names_the_default(world: World) -> None:
    cyd = next(each for each in PEOPLE if each.name == "cyd").profile_id
    _, parts = told(world, profile_id=cyd)
    assert [each.what for each in parts["consent"]] == ["no record"]


def test_lineage__reads_consent_as_it_was_at_the_decision(world: World) -> None:
    later = Person("ada", consent=False, consent_at=LAUNCH + timedelta(hours=1))
    world.people = [later, *world.people[1:]]
    world.plan(LAUNCH + DAY)
    _, parts = told(world, profile_id=later.profile_id)
    assert [each.what for each in parts["consent"]] == ["no record"]


def test_lineage__bears_no_address(world: World) -> None:
    for each in lineage_of(world.settings, world.rows("outbox")[0]["message_id"]):
        assert "@" not in str(each.row())


def test_lineage__of_a_message_nobody_planned_is_refused(world: World) -> None:
    with pytest.raises(KithError, match="was ever planned"):
        lineage_of(world.settings, "0" * 32)
