"""Planning: everyone once, one decision each, with what the letter needs."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from activation.contract import OUTBOX_SCHEMA, PlannedMessage, Reason, enrolment_id, message_id
from kith.ids import share, stable_id
from kith.lake import commits
from kith.settings import Settings
from kith.times import from_utc_naive
from tests.scenarios.campaign_world import DAY, LAUNCH, MUG, Person, World, crowd

HOUR = timedelta(hours=1)


def test_plan__everyone_who_enters_has_one_decision_and_two_moves(settings: Settings) -> None:
    world = World(settings, [*crowd(30), Person("no", consent=False), Person("mute", email=None)])
    world.evaluate("churn_risk", LAUNCH)
    counts = world.plan(LAUNCH)
    assert counts.enrolled == counts.planned == counts.send + sum(counts.withheld.values()) == 32
    assert counts.holdout == counts.withheld["holdout"] > 0
    assert Counter(row["kind"] for row in world.rows("transitions")) == {
        "entered": 32,
        "exited": 32,
    }
    assert {row["enrolment_id"] for row in world.rows("outbox")} == {
        row["enrolment_id"] for row in world.rows("enrolments")
    }


def test_plan__names_its_rows_as_the_contract_does(settings: Settings) -> None:
    world = World(settings, crowd(3))
    world.evaluate("churn_risk", LAUNCH)
    world.plan(LAUNCH)
    for row in world.rows("outbox"):
        enrolment = enrolment_id("winback", row["profile_id"], "", from_utc_naive(row["entered_at"]))
        assert row["enrolment_id"] == enrolment
        assert row["message_id"] == message_id("winback", row["step_id"], enrolment, LAUNCH)
        assert row["step_id"] == "message:winback_offer"
        assert row["is_holdout"] == (share(row["profile_id"], "holdout:winback") < 0.1)


def test_plan__an_outbox_row_reads_as_a_message(settings: Settings) -> None:
    world = World(settings, [Person("u1")])
    world.evaluate("churn_risk", LAUNCH)
    world.plan(LAUNCH)
    (row,) = world.rows("outbox")
    assert list(row) == OUTBOX_SCHEMA.names
    message = PlannedMessage.from_row(row)
    assert message.identifiers == (("email", "u1@example.com"), ("user_id", "u1"))
    assert message.variables["first_name"] == "Ada"
    assert message.variables["picks"][0]["price"] == "12.50"
    assert set(message.variables) == {"first_name", "favourite_category", "picks"}
    assert message.not_after == LAUNCH + 48 * HOUR


def test_plan__picks_three_bought_products_with_web_addresses(settings: Settings) -> None:
    odd = [
        {"url": "javascript:alert(1)"},
        {"url": None},
        {"url": "https://a b"},
        {"order_count": 0},
        {"price": None},
        {"category": "Garden"},
    ]
    good = [{"name": f"Good {n}", "order_count": n, "image_url": "data:image/png"} for n in (1, 4, 3, 2)]
    products = [
        {**MUG, "product_id": f"p{n}", "order_count": 9, **each} for n, each in enumerate([*odd, *good])
    ]
    world = World(settings, [Person("u1")], products=products)
    world.evaluate("churn_risk", LAUNCH)
    world.plan(LAUNCH)
    picks = PlannedMessage.from_row(world.rows("outbox")[0]).variables["picks"]
    assert [pick["name"] for pick in picks] == ["Good 4", "Good 3", "Good 2"]
    assert {pick["image_url"] for pick in picks} == {None}


def test_plan__twice_plans_once(settings: Settings) -> None:
    world = World(settings, crowd(5))
    world.evaluate("churn_risk", LAUNCH)
    assert world.plan(LAUNCH, publish=False).commit
    for as_of in (LAUNCH, LAUNCH, LAUNCH + HOUR, LAUNCH + DAY, LAUNCH + 9 * DAY):
        counts = world.plan(as_of)
        assert (counts.enrolled, counts.commit) == (0, "")
    assert len(commits(world.home, "journeys")) == 1


def test_plan__who_joins_the_segment_later_comes_too_late(settings: Settings) -> None:
    world = World(settings, crowd(5))
    world.evaluate("churn_risk", LAUNCH, {"u0", "u1"})
    world.plan(LAUNCH)
    world.evaluate("churn_risk", LAUNCH + HOUR)
    assert world.plan(LAUNCH + HOUR).enrolled == 0
    assert set(world.decisions()) == {"u0", "u1"}


@pytest.mark.parametrize("has_own_run", [True, False])
def test_plan__an_empty_first_evaluation_waits_for_the_next(settings: Settings, has_own_run: bool) -> None:
    """The answer is the same whether the empty one was planned in a run of its own or not."""
    world = World(settings, crowd(2))
    world.evaluate("churn_risk", LAUNCH, set())
    if has_own_run:
        assert world.plan(LAUNCH).commit == ""
    world.evaluate("churn_risk", LAUNCH + HOUR)
    world.plan(LAUNCH + HOUR)
    assert {row["entered_at"] for row in world.rows("outbox")} == {(LAUNCH + HOUR).replace(tzinfo=None)}


def test_plan__who_left_before_the_launch_is_not_written_to(settings: Settings) -> None:
    world = World(settings, crowd(3))
    world.evaluate("churn_risk", LAUNCH - DAY)
    world.evaluate("churn_risk", LAUNCH, {"u0"})
    world.plan(LAUNCH)
    assert set(world.decisions()) == {"u0"}


def test_plan__at_one_instant_the_campaign_of_lower_priority_number_wins(own: Settings) -> None:
    world = World(own, crowd(8))
    folder = own.definitions / "campaigns"
    text = (folder / "winback.yml").read_text()
    (folder / "other.yml").write_text(text.replace("name: winback", "name: other\npriority: 5"))
    world.evaluate("churn_risk", LAUNCH)
    world.plan(LAUNCH)
    both = {name: (world.decisions("other")[name], world.decisions()[name]) for name in world.decisions()}
    assert (("send", ""), ("send", "")) not in both.values()
    assert (("send", ""), ("withhold", "frequency_cap")) in both.values()
    for other, winback in both.values():
        if other == ("withhold", "holdout"):  # the held-out message takes no place
            assert winback[1] in ("", "holdout")


def test_plan__judges_the_holdout_by_all_other_gates_too(settings: Settings) -> None:
    names = [f"u{n}" for n in range(300) if share(stable_id("user_id", f"u{n}"), "holdout:winback") < 0.1]
    people = [Person(name) for name in names]
    people[0] = replace(people[0], consent=False)
    people[1] = replace(people[1], email=None)
    world = World(settings, people)
    world.say(names[2], "Message Sent", LAUNCH - HOUR, message_id="x")
    world.evaluate("churn_risk", LAUNCH)
    world.plan(LAUNCH)
    assert set(world.decisions().values()) == {("withhold", "holdout")}
    addresses = {person.address for person in people[3:]}
    assert {row["address"] for row in world.rows("outbox") if row["is_eligible"]} == addresses


def test_plan__a_required_variable_withholds_those_who_lack_it(own: Settings) -> None:
    subject = own.definitions / "templates" / "winback_offer" / "subject.txt"
    subject.write_text("{{ first_name }}, {{ unheard_of | default('') }}")
    people = [Person("u1"), Person("u2", first_name=" "), Person("u3", first_name=None, locale="de-DE")]
    world = World(own, people)
    world.evaluate("churn_risk", LAUNCH)
    world.plan(LAUNCH)
    rows = {row["address"].partition("@")[0]: row for row in world.rows("outbox")}
    assert {name: (row["decision"], row["reason"], row["reason_detail"]) for name, row in rows.items()} == {
        "u1": ("send", "", ""),
        "u2": ("withhold", Reason.MISSING_VARIABLE, "first_name"),
        "u3": ("send", "", ""),  # the German variant does without
    }
    subject.write_text("{{ first_name | default('you') }}, {{ made_up }}")
    folder = own.definitions / "campaigns"
    text = (folder / "winback.yml").read_text()
    (folder / "b.yml").write_text(text.replace("name: winback", "name: b").replace("05-01", "05-21"))
    world.evaluate("churn_risk", LAUNCH + 20 * DAY, {"u1"})
    world.plan(LAUNCH + 20 * DAY)
    assert [row["reason_detail"] for row in world.rows("outbox") if row["journey"] == "b"] == ["made_up"]
