"""`kith journeys`: schemas that hold for the files, lint by file, and telling journeys what to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from activation.journeys.commands import journeys
from activation.journeys.controls import controls
from activation.journeys.schemas import SCHEMAS
from kith.clock import FixedClock
from kith.definitions import read_yaml
from kith.errors import KithError
from kith.lake import Home
from kith.run import begin_run, publish_run
from kith.settings import PROJECT, Settings

CORPUS = Path(__file__).parent / "mutations"
Ask = Callable[..., Result]


@pytest.fixture
def ask(own: Settings, monkeypatch: pytest.MonkeyPatch) -> Ask:
    monkeypatch.setenv("KITH_DEFINITIONS", str(own.definitions))
    return lambda *words: CliRunner().invoke(journeys, [*words])


def rows(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.exception
    return json.loads(result.output)


@pytest.mark.parametrize("kind", sorted(SCHEMAS))
def test_schema__in_the_docs_is_the_grammar_s(kind: str) -> None:
    file = PROJECT / "docs" / "schemas" / f"{kind}.json"
    assert json.loads(file.read_text()) == SCHEMAS[kind](), "kith journeys schema --kind … writes it"


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("journey", CORPUS / "rich.yml"),
        ("journey", CORPUS / "rich_part.yml"),
        ("campaign", CORPUS / "rich_news.yml"),
        *(
            ("campaign", path)
            for path in sorted((PROJECT / "activation/definitions/campaigns").glob("*.yml"))
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else value.stem,
)
def test_schema__takes_what_the_grammar_takes(kind: str, path: Path) -> None:
    validator = jsonschema.Draft202012Validator(SCHEMAS[kind]())
    assert [each.message for each in validator.iter_errors(read_yaml(path)[0])] == []


def test_schema__refuses_what_isn_t_there() -> None:
    validator = jsonschema.Draft202012Validator(SCHEMAS["journey"]())
    text = {"enter": {"segment": "s"}, "steps": [{"sned": "offer", "by": "email"}]}
    assert list(validator.iter_errors(text))
    assert list(validator.iter_errors({"steps": [{"wait": "3 days"}]}))


def test_schema__wants_a_holdout_of_marketing_alone() -> None:
    validator = jsonschema.Draft202012Validator(SCHEMAS["campaign"]())
    text = read_yaml(PROJECT / "activation" / "definitions" / "campaigns" / "winback.yml")[0]
    assert not validator.is_valid({key: each for key, each in text.items() if key != "holdout"})
    assert validator.is_valid(
        {key: each for key, each in text.items() if key != "holdout"} | {"purpose": "transactional"}
    )


def test_lint__of_files_tells_of_them_alone(own: Settings, ask: Ask) -> None:
    (own.definitions / "journeys").mkdir(exist_ok=True)
    bad = own.definitions / "journeys" / "bad.yml"
    bad.write_text("enter: {segment: nobody}\nsteps: end\n")
    winback = own.definitions / "campaigns" / "winback.yml"
    assert rows(ask("lint", str(winback), "--format", "json")) == []
    told = ask("lint", str(bad), "--format", "json")
    assert isinstance(told.exception, KithError)
    assert [each["rule"] for each in json.loads(told.output)] == ["unknown_segment"]


def test_lint__fails_on_warnings_when_strict(own: Settings, ask: Ask) -> None:
    (own.definitions / "journeys").mkdir(exist_ok=True)
    (own.definitions / "journeys" / "late.yml").write_text(
        "enter: {segment: churn_risk}\nsteps: [{send: winback_offer, by: email}]\n"
    )
    assert [each["rule"] for each in rows(ask("lint", "--format", "json"))] == ["no_holdout"]
    assert isinstance(ask("lint", "--strict").exception, KithError)


def test_controls__land_with_their_instant(own: Settings, ask: Ask) -> None:
    assert rows(ask("pause", "winback", "--by", "Ada", "--format", "json"))
    listed = {each["name"]: each["state"] for each in rows(ask("list", "--format", "json"))}
    assert listed["winback"] == "paused"
    assert isinstance(ask("pause", "winback", "--by", "Ada").exception, KithError)
    assert ask("stop", "winback", "--by", "Ada").exit_code == 0
    assert ask("start", "winback", "--by", "Ben").exit_code == 0
    told = [(each.journey, each.control, each.by) for each in controls(Home(own.home))]
    assert told == [("winback", "pause", "Ada"), ("winback", "stop", "Ada"), ("winback", "start", "Ben")]
    assert isinstance(ask("start", "winback", "--by", "Ben").exception, KithError)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("stop", "nowhere", "--by", "Ada"), "there is no journey nowhere"),
        (("migrate", "nowhere", "--by", "Ada"), "there is no journey nowhere"),
        (("migrate", "winback", "--map", "a", "--by", "Ada"), "'a' is no pair of steps"),
        (("migrate", "winback", "--map", "a=b", "--by", "Ada"), "winback has no step b"),
    ],
)
def test_controls__refuse_what_can_t_be_meant(ask: Ask, words: tuple[str, ...], problem: str) -> None:
    told = ask(*words)
    assert isinstance(told.exception, KithError)
    assert told.exception.problem.startswith(problem)


def test_start__of_a_draft_is_refused(own: Settings, ask: Ask) -> None:
    path = own.definitions / "campaigns" / "winback.yml"
    path.write_text(path.read_text().replace("state: live", "state: draft"))
    told = ask("start", "winback", "--by", "Ada")
    assert isinstance(told.exception, KithError)
    assert "state: live" in str(told.exception)


def test_lint__knows_the_events_that_ever_came(own: Settings, ask: Ask) -> None:
    run = begin_run(own, FixedClock(datetime(2026, 5, 1, tzinfo=UTC)))
    pq.write_table(
        pa.table({"event": ["Order Completed", "Product Added", ""]}), run.path / "events_daily.parquet"
    )
    publish_run(own, run)
    found = rows(ask("lint", "--format", "json"))
    assert {each["severity"] for each in found} == {"note"}, "drafts may wait for events that are yet to come"
    assert {Path(each["where"].partition(":")[0]).stem for each in found} >= {
        "trip_reminder",
        "booking_confirmation",
    }
    winback = own.definitions / "campaigns" / "winback.yml"
    winback.write_text(winback.read_text().replace("event: Order Completed", "event: Order Complete"))
    found = rows(ask("lint", "--format", "json"))
    told = [(each["rule"], each["way_out"]) for each in found if each["severity"] != "note"]
    assert told == [("unseen_event", "expected Order Completed")]
