"""Computed attributes in a plan: of this very run, frozen with the message, missing as strictly as anything else."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from activation.attributes.evaluation import evaluate
from activation.contract import Reason
from activation.journeys.linting import lint
from activation.journeys.planning import plan
from activation.rendering import Templates, render
from kith.run import publish_run
from kith.settings import Settings
from tests.scenarios.campaign_world import DAY, LAUNCH, Person, World

ORDER = "Order Completed"
ORDERS = f"{{type: whole, event: {ORDER}, measure: count, within: 90d}}"
SPENT = f"{{type: amount, event: {ORDER}, measure: sum, of: total}}"
LAST = f"{{type: text, event: {ORDER}, measure: last_value, of: category}}"
TIER = f"{{type: text, event: {ORDER}, measure: last_value, of: tier, default: it's basic}}"
LAST_AT = f"{{type: instant, event: {ORDER}, measure: last_time}}"


@pytest.fixture
def world(own: Settings) -> World:
    """Two people, one of whom bought twice."""
    for name, text in {
        "orders": ORDERS,
        "spent": SPENT,
        "last": LAST,
        "tier": TIER,
        "last_at": LAST_AT,
    }.items():
        World(own).define("attributes", name, text)
    world = World(own, [Person("u1"), Person("u2")])
    at = LAUNCH - 3 * DAY
    world.say("u1", ORDER, at, total="12.5", category="<hats>")
    world.say("u1", ORDER, at + timedelta(hours=1), total=1, category="<hats>")
    return world


def planned(world: World, subject: str, is_evaluated: bool = True) -> dict[str, dict]:
    """The outbox by name, of one run."""
    folder = world.settings.definitions / "templates" / "winback_offer"
    (folder / "subject.txt").write_text(subject)
    world.evaluate("churn_risk", LAUNCH)
    run = world.begin(LAUNCH)
    if is_evaluated:
        evaluate(world.settings, run)
    plan(world.settings, run)
    publish_run(world.settings, run)
    return {row["address"].partition("@")[0]: row for row in world.rows("outbox")}


def test_plan__freezes_what_templates_read_and_no_more(world: World) -> None:
    subject = "{{ profile.orders }} {{ profile.spent | money('EUR') }} {{ profile.tier }} {{ profile.last_at | d('-') }}"
    rows = planned(world, subject)
    assert {name: row["decision"] for name, row in rows.items()} == {"u1": "send", "u2": "send"}
    frozen = {name: json.loads(row["variables"])["profile"] for name, row in rows.items()}
    assert frozen["u1"] == {
        "orders": 2,
        "spent": 13.5,
        "tier": "it's basic",
        "last_at": "2026-04-28T09:00:00Z",
    }
    assert frozen["u2"] == {"orders": 0, "spent": 0, "tier": "it's basic", "last_at": None}
    template = Templates(world.settings.definitions / "templates").get("winback_offer")
    told = {
        name: render(
            template, {**json.loads(row["variables"]), "unsubscribe_url": "https://x.example"}
        ).subject
        for name, row in rows.items()
    }
    assert told == {"u1": "2 €13.50 it's basic 2026-04-28T09:00:00Z", "u2": "0 €0.00 it's basic -"}


def test_plan__withholds_who_lacks_a_required_attribute(world: World) -> None:
    rows = planned(world, "{{ profile.last }}")
    assert rows["u1"]["decision"] == "send"
    assert (rows["u2"]["reason"], rows["u2"]["reason_detail"]) == (Reason.MISSING_VARIABLE, "profile.last")


def test_plan__sends_to_who_lacks_a_guarded_attribute(world: World) -> None:
    rows = planned(world, "{{ profile.last | default('you') }} {{ profile.unheard_of | default('') }}")
    assert {row["decision"] for row in rows.values()} == {"send"}
    assert json.loads(rows["u2"]["variables"])["profile"] == {"last": None}


def test_plan__sends_where_nobody_evaluates_a_guarded_attribute(world: World) -> None:
    rows = planned(world, "{{ profile.unheard_of | default('you') }}")
    assert {row["decision"] for row in rows.values()} == {"send"}
    template = Templates(world.settings.definitions / "templates").get("winback_offer")
    known = {**json.loads(rows["u1"]["variables"]), "unsubscribe_url": "https://x.example"}
    assert render(template, known).subject == "you"


def test_plan__withholds_where_nobody_evaluates_the_attribute(world: World) -> None:
    rows = planned(world, "{{ profile.orders }}", is_evaluated=False)
    assert {row["reason_detail"] for row in rows.values()} == {"profile.orders"}


def test_plan__reads_no_attribute_where_no_template_does(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activation.journeys.planning.lay_values", None)
    assert len(planned(world, "hello")) == 2


def test_lint__knows_the_attributes(world: World) -> None:
    folder = world.settings.definitions / "templates" / "winback_offer"
    (folder / "subject.txt").write_text("{{ profile.orders }} {{ profile.oders }}")
    found = [(each.severity, each.problem) for each in lint(world.settings)]
    assert found == [
        ("error", "needs the variable profile.oders, which nobody supplies"),
        ("warning", "needs the variable profile.orders, which some people lack: they get no message"),
    ]


def test_lint__tells_what_is_wrong_with_an_attribute(world: World) -> None:
    world.define("attributes", "orders", "{type: whole, event: x, measure: mode}")
    world.define("attributes", "spent", "{type: whole, event: x, measure: sum, of: total}")
    places = [each.where.rpartition("/")[2] for each in lint(world.settings)]
    assert places == ["orders.yml:1: measure", "spent.yml:1: type"]
