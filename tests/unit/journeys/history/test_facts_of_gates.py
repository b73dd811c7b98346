"""What gates read of the past: addresses that fail, sends that took a place, zones; and what is asked for at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from activation.contract import Decision, Reason
from activation.gates._caps import Cap, Limit
from activation.journeys.graph import (
    AttributeCondition,
    Branch,
    Edge,
    EventCondition,
    EventEntry,
    EventMatch,
    ExitRule,
    Graph,
    Message,
    MessageCondition,
    PropertyFilter,
    Ranked,
    SegmentCondition,
    UntilAttribute,
    Wait,
    WaitBranch,
)
from activation.journeys.history import EVER, Needs, needs_of
from kith.ids import stable_id
from kith.settings import Settings
from tests.unit.journeys.history.world import DAY, HOUR, NOON, Past, naive, person

MAIL = Needs(purposes=frozenset({"marketing"}), channels=frozenset({"email"}), cap_span=7 * DAY)


@pytest.fixture
def past(settings: Settings) -> Past:
    world = Past(settings)
    world.know("ada")
    world.know("ada@x.example", of="ada", kind="email")
    return world


def planned(past: Past, number: int, at: int, **columns: object) -> str:
    """An outbox row of an earlier tick; answers the message's id."""
    row = {
        "message_id": stable_id(str(number)),
        "journey": "j",
        "profile_id": stable_id("user_id", "ada"),
        "channel": "email",
        "purpose": "marketing",
        "tags": ["news"],
        "decided_at": naive(at),
        "release_at": naive(at),
        "decision": Decision.SEND.value,
        "reason": "",
        "is_holdout": False,
        "is_transactional": False,
        "as_of": naive(at + HOUR),
    }
    past.commit("journeys", at + HOUR, outbox=[row | columns])
    return str(row["message_id"])


def suppressed(past: Past) -> list[tuple[object, ...]]:
    facts = past.lay(NOON, NOON + DAY, MAIL)
    return facts.rows("SELECT channel, address, cause, from_at FROM facts_suppressed ORDER BY ALL")


def test_suppressed__from_a_hard_bounce_on_and_from_no_soft_one(past: Past) -> None:
    past.say("ada", "Email Bounced", NOON, properties={"bounce_type": "soft"})
    past.say("ada", "Email Bounced", NOON + HOUR, properties={"bounce_type": "hard"})
    past.say("ada", "Email Marked as Spam", NOON + 2 * HOUR)
    assert suppressed(past) == [("email", "ada@x.example", "hard bounce", NOON + HOUR)]


def test_suppressed__from_as_many_faults_as_the_channel_grants(past: Past) -> None:
    for hour in range(3):
        past.say("ada", "Message Rejected", NOON + hour * HOUR, properties={"suppress_after": 2})
    assert suppressed(past) == [("email", "ada@x.example", "hard bounce", NOON + HOUR)]


def test_suppressed__is_the_address_that_the_message_went_to(past: Past) -> None:
    message = planned(past, 1, NOON - DAY, address="Old@x.example")
    past.say("ada", "Email Marked as Spam", NOON, properties={"message_id": message})
    assert suppressed(past) == [("email", "old@x.example", "complaint", NOON)]


def test_sends__count_once_whether_planned_or_told_and_what_the_crowd_kept_back(past: Past) -> None:
    sent = planned(past, 1, NOON - DAY)
    past.say("ada", "Message Sent", NOON - DAY + HOUR, properties={"message_id": sent})
    past.say("ada", "Message Sent", NOON - 2 * DAY, properties={"message_id": stable_id("before plans")})
    planned(past, 2, NOON - 3 * DAY, decision=Decision.WITHHOLD.value, reason=Reason.BUDGET.value)
    planned(past, 3, NOON - 3 * DAY, decision=Decision.WITHHOLD.value, reason=Reason.NO_CONSENT.value)
    planned(past, 4, NOON - 3 * DAY, is_transactional=True)
    planned(past, 5, NOON - 60 * DAY)
    facts = past.lay(NOON, NOON + DAY, MAIL)
    rows = facts.rows('SELECT person, tags, "at" FROM past_sends ORDER BY "at"')
    ada = person("ada")
    assert rows == [(ada, ["news"], NOON - 3 * DAY), (ada, [], NOON - 2 * DAY), (ada, ["news"], NOON - DAY)]
    assert facts.rows("SELECT count(*) FROM past_crowd WHERE reason = 'budget'") == [(1,)]


def test_sends__of_this_slice_and_of_a_journey_that_is_planned_anew_are_left_out(past: Past) -> None:
    planned(past, 1, NOON - DAY)
    planned(past, 2, NOON)
    count = "SELECT count(*) FROM past_sends"
    assert past.lay(NOON, NOON + DAY, MAIL).rows(count) == [(1,)]
    assert past.lay(NOON, NOON + DAY, MAIL, without=frozenset({"j"})).rows(count) == [(0,)]


def test_sends__bear_the_local_day(past: Past) -> None:
    past.rows["profiles"][0]["time_zone"] = "Pacific/Auckland"
    planned(past, 1, NOON - DAY)  # midnight there
    facts = past.lay(NOON, NOON + DAY, MAIL)
    assert facts.rows(f"SELECT local_day - {NOON // DAY} FROM past_sends") == [(0,)]


@pytest.mark.parametrize("zone", ["Europe/Oslo", "Australia/Lord_Howe", "America/St_Johns"])
def test_zones__read_a_wall_time_as_the_database_does(past: Past, zone: str) -> None:
    """Around a change, by the quarter: a gap with the offset before it, the first of two for what comes twice."""
    past.rows["profiles"][0]["time_zone"] = zone
    change = {
        "Europe/Oslo": (2026, 3, 29),
        "Australia/Lord_Howe": (2026, 4, 5),
        "America/St_Johns": (2026, 11, 1),
    }
    begin = int(datetime(*change[zone], tzinfo=UTC).timestamp()) * 1_000_000
    facts = past.lay(begin, begin + DAY, MAIL)
    for quarter in range(-96, 192):
        wall = datetime(*change[zone]) + timedelta(minutes=15 * quarter)
        local = int(wall.replace(tzinfo=UTC).timestamp()) * 1_000_000
        rows = facts.rows(
            f"SELECT {local} - offset_us FROM facts_zones WHERE local_from <= {local} AND local_to > {local}"
        )
        expected = int(wall.replace(tzinfo=ZoneInfo(zone), fold=0).timestamp()) * 1_000_000
        assert rows == [(expected,)], wall


def test_needs__are_what_graphs_ask_for_and_no_more() -> None:
    bought = EventMatch("Order Completed", (PropertyFilter("cart.id", "is", "c"),))
    seen = EventCondition(EventMatch("Product Viewed"), within=DAY)
    nodes = (
        Wait("w", "w", branches=(WaitBranch(bought),), timeout=DAY),
        Branch("b", "b", branches=((seen, AttributeCondition("tier", "is", "gold")),)),
        Branch(
            "c",
            "c",
            branches=((EventCondition(EventMatch("Product Viewed")), MessageCondition("m", "opened")),),
        ),
        Ranked("r", "r", operands=(("score", "churn"), ("attribute", "spent"))),
        UntilAttribute("u", "u", attribute="renewal"),
        Message("m", "m", template="t", channels=("email", "sms"), best_hour=True),
    )
    entry = EventEntry(EventMatch("Product Added"), key="cart_id")
    exits = (ExitRule(SegmentCondition("buyers")),)
    graph = Graph("j", "1", entry, "w", nodes, (Edge("w", "1", ""),), exits)
    cap = Cap(name="c", limits=(Limit(at_most=1, per="7d"),))
    needs = needs_of([graph], (), (cap,))
    assert needs.events == {"Product Added", "Order Completed"}
    assert needs.look_backs == {"Product Viewed": EVER, "Email Opened": EVER, "Message Opened": EVER}
    assert needs.properties == {"Order Completed": {"cart"}, "Product Added": {"cart_id"}}
    assert needs.attributes == {"tier", "spent", "renewal"}
    assert (needs.segments, needs.scores) == ({"buyers"}, {"churn"})
    assert (needs.channels, needs.purposes, needs.cap_span) == ({"email", "sms"}, {"marketing"}, 7 * DAY)
    assert (needs.has_dates, needs.has_best_hours, needs.has_affinity) == (True, True, False)
