"""Attributes, scores, addresses and people as they were from when to when."""

from __future__ import annotations

import pytest

from activation.journeys.history import NEVER, Needs, untimed
from kith.ids import stable_id
from kith.settings import Settings
from tests.unit.journeys.history.world import DAY, HOUR, NOON, Past, naive, person

LATENESS = 30_000_000
SPANS = "SELECT value, from_at, to_at FROM facts_attributes ORDER BY from_at, value"


@pytest.fixture
def past(settings: Settings) -> Past:
    world = Past(settings)
    world.know("ada", city="Oslo", order_count=3)
    return world


def asking(*names: str) -> Needs:
    return Needs(attributes=frozenset(names))


def compute(past: Past, at: int, default: str | None = None, **values: str | None) -> None:
    told = [
        {
            "attribute": "orders_90d",
            "profile_id": stable_id("user_id", name),
            "value_type": "whole",
            "value": value,
            "as_of": naive(at),
        }
        for name, value in values.items()
    ]
    row = {"attribute": "orders_90d", "value_type": "whole", "default_value": default, "as_of": naive(at)}
    past.commit("attributes", at, values=told, evaluations=[row])


def test_computed__hold_from_their_evaluation_until_the_next_that_changed_them(past: Past) -> None:
    compute(past, NOON, ada="1")
    compute(past, NOON + DAY)
    compute(past, NOON + 2 * DAY, ada="2")
    compute(past, NOON + 3 * DAY, ada=None)
    facts = past.lay(NOON, NOON + 9 * DAY, asking("orders_90d"))
    assert facts.rows(SPANS) == [("1", NOON, NOON + 2 * DAY), ("2", NOON + 2 * DAY, NOON + 3 * DAY)]


def test_computed__are_the_default_where_nothing_was_kept(past: Past) -> None:
    past.know("bob")
    compute(past, NOON, default="0")
    compute(past, NOON + DAY, default="0", ada="1")
    facts = past.lay(NOON, NOON + 9 * DAY, asking("orders_90d"))
    assert facts.rows(f"SELECT person, {SPANS[7:]}, person") == [
        *sorted(
            [(person("ada"), "0", NOON, NOON + DAY), (person("bob"), "0", NOON, NEVER)],
            key=lambda row: row[0],
        ),
        (person("ada"), "1", NOON + DAY, NEVER),
    ]


def test_computed__of_an_id_that_is_gone_speak_only_where_the_one_that_stayed_never_did(past: Past) -> None:
    past.know("bob", of="ada", since=NOON + DAY)
    compute(past, NOON, ada="1", bob="7")
    compute(past, NOON + HOUR, bob="8")
    assert past.lay(NOON, NOON + 9 * DAY, asking("orders_90d")).rows(SPANS) == [("1", NOON, NEVER)]


def test_traits__hold_until_another_is_told_and_the_more_believed_source_wins(past: Past) -> None:
    past.tell("ada", "tier", "silver", NOON, NOON + DAY)
    past.tell("ada", "tier", "gold", NOON + DAY)
    past.tell("ada", "tier", "crm", NOON + 2 * DAY, priority=1)
    assert past.lay(NOON, NOON + 9 * DAY, asking("tier")).rows(SPANS) == [
        ("silver", NOON, NOON + DAY),
        ("gold", NOON + DAY, NOON + 2 * DAY),
        ("crm", NOON + 2 * DAY, NEVER),
    ]


def test_identifiers__stand_in_until_a_trait_tells_another(past: Past) -> None:
    past.know("b@x.example", of="ada", kind="email", since=NOON)
    past.know("a@x.example", of="ada", kind="email", since=NOON + DAY)
    past.tell("ada", "email", "told@x.example", NOON + 2 * DAY)
    assert past.lay(NOON, NOON + 9 * DAY, asking("email")).rows(SPANS) == [
        ("b@x.example", NOON - LATENESS, NOON + DAY - LATENESS),
        ("a@x.example", NOON + DAY - LATENESS, NOON + 2 * DAY),
        ("told@x.example", NOON + 2 * DAY, NEVER),
    ]


def test_created_at__is_the_earliest_that_was_told_by_then(past: Past) -> None:
    told = ("2026-03-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")
    for number, text in enumerate(told):
        past.tell("ada", "created_at", text, NOON + number * DAY, NOON + (number + 1) * DAY)
    assert past.lay(NOON, NOON + 9 * DAY, asking("created_at")).rows(SPANS) == [
        (told[0], NOON, NOON + DAY),
        (told[1], NOON + DAY, NEVER),
    ]


def test_columns__without_a_history_are_one_interval_and_are_named(past: Past) -> None:
    facts = past.lay(NOON, NOON + DAY, asking("order_count"))
    assert facts.rows(SPANS) == [("3", 0, NEVER)]
    columns = {"order_count", "city", "email", "last_order_at"}
    assert untimed({"order_count", "city", "tier"}, columns) == {"order_count"}


def test_scores__hold_until_the_next_scoring_and_who_is_not_in_it_has_none(past: Past) -> None:
    past.know("bob")
    for number, names in enumerate((("ada", "bob"), ("ada",), ("ada", "bob"))):
        rows = [
            {"profile_id": stable_id("user_id", name), "model": "churn", "score": number / 10}
            for name in names
        ]
        at = NOON + number * DAY
        _score(past, at, rows)
    needs = Needs(scores=frozenset({"churn"}))
    facts = past.lay(NOON + HOUR, NOON + 2 * DAY, needs)
    found = facts.rows(f"SELECT value, from_at, to_at FROM facts_scores WHERE person = '{person('bob')}'")
    assert found == [(0.0, NOON, NOON + DAY)]
    found = facts.rows(
        f"SELECT value, from_at FROM facts_scores WHERE person = '{person('ada')}' ORDER BY ALL"
    )
    assert found == [(0.0, NOON), (0.1, NOON + DAY)]


def _score(past: Past, at: int, rows: list[dict[str, object]]) -> None:
    past.commit("scores", at, meta={"model": "churn"}, scores=rows)


def test_addresses__of_a_device_end_where_it_was_retired_or_told_by_another(past: Past) -> None:
    past.know("bob")
    for name, address, first, last, retired in (
        ("ada", "old", NOON, NOON + HOUR, NOON + DAY),
        ("ada", "shared", NOON, NOON + HOUR, None),
        ("bob", "shared", NOON + 2 * DAY, NOON + 2 * DAY, None),
    ):
        past.rows["addresses"].append(
            {
                "profile_id": stable_id("user_id", name),
                "channel": "push",
                "address": address,
                "first_seen_at": naive(first),
                "last_seen_at": naive(last),
                "retired_at": None if retired is None else naive(retired),
            }
        )
    facts = past.lay(NOON, NOON + 9 * DAY, Needs(channels=frozenset({"push"})))
    spans = "SELECT address, from_at, to_at FROM facts_addresses WHERE person = '{}' ORDER BY from_at"
    ada = facts.rows(spans.format(person("ada")))
    assert [row[0] for row in ada] == ["shared", "shared"]
    assert (ada[0][1], ada[-1][2]) == (NOON, NOON + 2 * DAY)
    assert facts.rows(spans.format(person("bob"))) == [("shared", NOON + 2 * DAY, NEVER)]


def test_people__have_the_workspace_zone_where_theirs_is_unknown(past: Past) -> None:
    past.know("bob", time_zone="Europe/Oslo", locale="nb-NO")
    past.know("cyd", time_zone="Mars/Olympus")
    facts = past.lay(NOON, NOON + DAY, Needs())
    assert dict(facts.rows("SELECT profile_id, zone FROM facts_people")) == {
        stable_id("user_id", "ada"): "UTC",
        stable_id("user_id", "bob"): "Europe/Oslo",
        stable_id("user_id", "cyd"): "UTC",
    }
