"""`kith attributes`, as people type it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from activation.attributes.commands import attributes
from activation.attributes.evaluation import evaluate
from kith.errors import KithError
from kith.settings import Settings
from tests.unit.attributes.world import define
from tests.unit.segments.world import AS_OF, Person, begin, publish

DAY = timedelta(days=1)
ORDER = "Order Completed"
SPENT = {
    "type": "amount",
    "event": ORDER,
    "measure": "sum",
    "of": "total",
    "within": "30d",
    "description": "Spent.",
}
LAST = {"type": "text", "event": ORDER, "measure": "last_value", "of": "category", "default": "nothing yet"}


@pytest.fixture
def world(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Two people and two attributes, evaluated and published."""
    found = define(tmp_path, {"spent": SPENT, "last": LAST}, settings)
    monkeypatch.setenv("KITH_DEFINITIONS", str(found.definitions))
    orders = [("12,50", "EUR"), ("7.25", "USD"), (None, "EUR"), (-1, "EUR")]
    events = [
        (ORDER, AS_OF - n * DAY, {"total": total, "currency": currency, "category": "hats"})
        for n, (total, currency) in enumerate(orders, start=1)
    ]
    unread = Person("r", events=[(ORDER, AS_OF - DAY, {"total": "free", "currency": "GBP"})])
    run = begin(found, AS_OF, [Person("p", events=events), Person("q"), unread], aliases={"older": "p"})
    evaluate(found, run)
    publish(found, run)
    return found


def told(*words: str) -> Any:
    """What the command answers in JSON; errors come through."""
    result = CliRunner().invoke(attributes, [*words, "--format", "json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def shown(*words: str) -> str:
    result = CliRunner().invoke(attributes, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_list__tells_what_the_last_evaluation_found(world: Settings, tmp_path: Path) -> None:
    rows = {row["attribute"]: row for row in told("list")}
    assert (rows["spent"]["values"], rows["spent"]["is_edited_since"]) == (1, False)
    define(tmp_path, {"spent": {**SPENT, "within": "7d"}, "new": LAST}, world)
    rows = {row["attribute"]: row for row in told("list")}
    assert rows["spent"]["is_edited_since"]
    assert (rows["new"]["values"], rows["new"]["evaluated_at"]) == (None, None)


def test_preview__tells_values_and_what_could_not_be_read(world: Settings) -> None:
    found = told("preview", str(world.definitions / "attributes" / "spent.yml"))
    assert (found["profiles"], found["with_value"], found["share"], found["default"]) == (
        3,
        1,
        1 / 3,
        "0.0000",
    )
    assert (found["events"], found["without_property"], found["unreadable"]) == (5, 1, 2)
    assert found["range"] == {"least": "6.2500", "middle": "6.2500", "greatest": "6.2500"}
    assert found["top"] == [["6.2500", 1]]
    assert found["sample"] == [["p", "6.2500"]]
    assert found["currencies"] == ["EUR", "GBP", "USD"]


def test_preview__warns_of_several_currencies_until_one_is_chosen(world: Settings, tmp_path: Path) -> None:
    file = tmp_path / "spent.yml"
    assert "EUR, GBP, USD" in shown("preview", str(world.definitions / "attributes" / "spent.yml")).replace(
        "\n", " "
    )
    file.write_text(json.dumps({**SPENT, "where": {"currency": "EUR"}}))
    assert told("preview", str(file))["currencies"] == []
    assert told("preview", str(file))["events"] == 3
    assert told("preview", str(file))["top"] == [["-1.0000", 1]]


def test_preview__of_an_event_that_never_was_says_so(world: Settings, tmp_path: Path) -> None:
    file = tmp_path / "x.yml"
    file.write_text(json.dumps({**SPENT, "event": "Order Complete"}))
    assert "No event passes" in shown("preview", str(file)).replace("\n", " ")


@pytest.mark.parametrize("profile", ["p", "older"])
def test_explain__shows_the_events_and_what_it_was(world: Settings, profile: str) -> None:
    found = told("explain", "spent", profile)
    assert (found["profile_id"], found["value"], found["is_default"]) == ("p", "6.2500", False)
    assert [(row["text"], row["value"], row["counts"]) for row in found["witnesses"]] == [
        ("12,50", None, True),
        ("7.25", "7.2500", True),
        (None, None, True),
        ("-1", "-1.0000", True),
    ]
    assert [row["value"] for row in found["history"]] == ["6.2500"]


@pytest.mark.parametrize(("name", "value"), [("spent", "0.0000"), ("last", "nothing yet")])
def test_explain__of_nobody_s_event_is_the_default(world: Settings, name: str, value: str) -> None:
    found = told("explain", name, "q")
    assert (found["value"], found["is_default"], found["witnesses"], found["history"]) == (
        value,
        True,
        [],
        [],
    )


def test_explain__of_amounts_that_none_could_be_read_is_the_default(world: Settings) -> None:
    found = told("explain", "spent", "r")
    assert (found["value"], found["is_default"], found["witness_count"]) == ("0.0000", True, 1)


def test_explain__of_an_unknown_attribute_names_the_nearest(world: Settings) -> None:
    with pytest.raises(KithError, match="there is no attribute 'spend'; expected spent"):
        told("explain", "spend", "p")


def test_schema__is_printed_as_json() -> None:
    assert json.loads(shown("schema"))["properties"]["measure"]["enum"][0] == "count"
