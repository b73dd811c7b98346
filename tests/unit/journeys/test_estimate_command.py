"""`kith campaigns estimate`, and the files of the policy as the command line sees them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result

from activation.journeys.commands import journeys
from activation.journeys.estimate_command import campaigns
from kith.settings import Settings
from tests.scenarios.campaign_world import LAUNCH, World, crowd

Ask = Callable[..., Result]
PRICED = "vendors:\n  - {vendor: smtp, cost: 0.002, currency: EUR}\n"


@pytest.fixture
def ask(own: Settings, monkeypatch: pytest.MonkeyPatch) -> Ask:
    monkeypatch.setenv("KITH_DEFINITIONS", str(own.definitions))
    monkeypatch.setenv("KITH_HOME", str(own.home))
    return lambda group, *words: CliRunner().invoke(group, [*words])


def told(result: Result) -> Any:
    assert result.exit_code == 0, result.exception
    return json.loads(result.output)


def test_estimate__tells_reach_sends_and_cost_and_writes_nothing(own: Settings, ask: Ask) -> None:
    (own.definitions / "routing" / "email.yml").write_text(PRICED)
    world = World(own, crowd(20))
    world.plan(LAUNCH - timedelta(hours=1))
    world.evaluate("churn_risk", LAUNCH)
    file = str(own.definitions / "campaigns" / "winback.yml")
    found = told(ask(campaigns, "estimate", file, "--days", "2", "--format", "json"))
    assert found["entrants"] == 20
    assert found["sent"] == found["planned"] - sum(row["withheld"] for row in found["reach"])
    assert found["sends"] == [{"day": "2026-05-01", "channel": "email", "messages": found["sent"]}]
    assert found["costs"][0]["currency"] == "EUR"
    assert world.rows("outbox") == []


def test_estimate__of_no_file_is_a_wrong_use(ask: Ask) -> None:
    assert ask(campaigns, "estimate", "nowhere.yml").exit_code == 2


@pytest.mark.parametrize(
    ("kind", "body", "wrong"),
    [
        ("cap", {"limits": [{"at_most": 1, "per": "1d"}]}, {"limits": []}),
        ("budget", {"at_most": 50, "per": "day"}, {"at_most": 0, "per": "day"}),
    ],
)
def test_schema__of_the_policy_tells_right_from_wrong(
    ask: Ask, kind: str, body: dict[str, Any], wrong: dict[str, Any]
) -> None:
    schema = told(ask(journeys, "schema", "--kind", kind))
    jsonschema.validate(body, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, schema)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("caps/spoiled.yml", "limits:\n  - {at_most: 1, per: fortnight}\n"),
        ("budgets/spoiled.yml", "at_most: many\nper: day\n"),
    ],
)
def test_lint__finds_what_is_wrong_with_caps_and_budgets(
    own: Settings, ask: Ask, file: str, text: str
) -> None:
    (own.definitions / file).parent.mkdir(exist_ok=True)
    (own.definitions / file).write_text(text)
    found = ask(journeys, "lint", "--format", "json")
    assert found.exit_code == 1
    assert [row["rule"] for row in json.loads(found.output) if file in row["where"]] == ["refused"]
