"""Before its launch a campaign is told what it will do: what the run then does is that."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from activation.journeys.backtest import load_rehearsal
from activation.journeys.deciding.prices import load_prices
from activation.journeys.estimating import Estimate, estimate
from kith.errors import KithError
from kith.settings import Settings
from tests.scenarios.campaign_world import LAUNCH, Person, World, crowd

PRICED = "vendors:\n  - {vendor: smtp, cost: 0.002, currency: EUR}\n"
BUDGET = "at_most: 12\nper: day\n"


def the_file(settings: Settings) -> Path:
    return settings.definitions / "campaigns" / "winback.yml"


def told(settings: Settings) -> Estimate:
    return estimate(settings, load_rehearsal(settings, the_file(settings)), days=2)


def test_estimate__is_what_the_launch_then_does(own: Settings) -> None:
    (own.definitions / "routing" / "email.yml").write_text(PRICED)
    budgets = own.definitions / "budgets"
    budgets.mkdir()
    (budgets / "twelve.yml").write_text(BUDGET)
    people = [
        *crowd(40),
        Person("no", consent=False),
        Person("never", consent=None),
        Person("mute", email=None),
    ]
    world = World(own, people)
    world.plan(LAUNCH - timedelta(hours=1))
    world.evaluate("churn_risk", LAUNCH)
    found = told(own)
    counts = world.plan(LAUNCH)
    assert (found.entrants, found.held_out, found.planned) == (
        counts.enrolled,
        counts.holdout,
        counts.planned,
    )
    assert found.sent == counts.send == 12
    assert {row["gate"]: row["withheld"] for row in found.reach if row["withheld"]} == counts.withheld
    assert counts.withheld["budget"] > 0
    assert found.reach[-1]["left"] == found.sent
    assert found.sends == [{"day": "2026-05-01", "channel": "email", "messages": 12}]
    (cost,) = found.costs
    assert (cost["currency"], cost["amount"]) == ("EUR", Decimal("0.02"))
    assert found.effect == []


def test_estimate__leaves_nothing_behind(own: Settings) -> None:
    world = World(own, crowd(5))
    world.plan(LAUNCH - timedelta(hours=1))
    world.evaluate("churn_risk", LAUNCH)
    before = sorted(world.home.lake.rglob("*.parquet"))
    told(own)
    assert sorted(world.home.lake.rglob("*.parquet")) == before


def test_estimate__says_what_it_lacks(own: Settings) -> None:
    world = World(own, crowd(3))
    with pytest.raises(KithError, match="nothing is published"):
        told(own)
    world.plan(LAUNCH - timedelta(hours=1))
    with pytest.raises(KithError, match="never evaluated"):
        told(own)


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("vendors:\n  - {vendor: twilio, cost: 0.06, currency: EUR}\n", "0.06"),
        ("vendors:\n  - {vendor: twilio, cost: 0.06, currency: EUR, weight: 3}\n"
         "  - {vendor: vonage, cost: 0.10, currency: EUR}\n", "0.07"),
        ("choose: cost\nvendors:\n  - {vendor: twilio, cost: 0.06, currency: EUR}\n"
         "  - {vendor: vonage, cost: {DE: 0.05, US: 0.01}, currency: EUR}\n", "0.05"),
        ("vendors:\n  - {vendor: twilio}\n", None),
    ],
)  # fmt: skip
def test_prices__are_those_of_the_routing(own: Settings, text: str, price: str | None) -> None:
    (own.definitions / "routing" / "sms.yml").write_text(text)
    found = load_prices(own).get(("sms", "EUR"))
    assert found == (None if price is None else Decimal(price))
