"""Explain, preview, diff and list, as people call them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from activation.segments.evaluation import evaluate, load_segments
from activation.segments.explain import explain
from activation.segments.sql_evaluator import evaluate_sql, read_segments
from activation.segments.world import open_world
from kith.cli.main import run as kith
from kith.errors import KithError
from kith.init import initialise
from kith.lake import Home
from kith.settings import Settings, load_settings
from kith.snapshot import current_snapshot
from tests.unit.segments.world import AS_OF, Person, begin, define, publish, write_scores

DAY = timedelta(days=1)
BODIES: dict[str, Any] = {
    "buyers": {
        "event": "Order Completed", "count": {"at_least": 2}, "within": "30d",
        "where": {"total": {"at_least": 10}},
    },
    "risk": {
        "all": [
            {"segment": "buyers"},
            {
                "score": "churn", "at_least": 0.6,
                "fallback": {"attribute": "last_order_at", "older_than": "3d"},
            },
            {"none": [{"attribute": "country", "in": ["DE", "FR"]}, {"segment": "listed"}]},
        ]
    },
}  # fmt: skip


def _orders(*days: int) -> list[tuple[str, Any, dict[str, Any]]]:
    return [("Order Completed", AS_OF - day * DAY, {"total": 12.5}) for day in days]


PEOPLE = [
    Person("p1", country="GB", email="p1@example.com", last_order_at=AS_OF - 5 * DAY, events=_orders(5, 6)),
    Person("p2", country="DE", order_amount=Decimal("3.5"), events=_orders(1, 2)),
    Person("p3", country="GB", events=_orders(1, 2)),
    Person("p4"),
]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A published run with two definitions, one analyst's list, scores, consents and identities."""
    folder = tmp_path_factory.mktemp("commands")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("KITH_HOME", str(folder / "home"))
        environment.setenv("KITH_DEFINITIONS", str(folder / "definitions"))
        settings = load_settings()
        initialise(settings)
        define(folder, settings, **BODIES)
        write_scores(Home(settings.home), "churn", AS_OF, {"p3": 0.7, "p4": 0.9})
        run = begin(settings, AS_OF, PEOPLE, lists={"listed": ["p4"]}, aliases={"p0": "p1"})
        _write_people(run.path)
        evaluate(settings, run)
        publish(settings, run)
        yield settings


def _write_people(path: Path) -> None:
    consents = [("p1", "email", True), ("p2", "email", True), ("p3", "email", False), ("p3", "sms", True)]
    rows = [
        {"profile_id": who, "purpose": "marketing", "channel": channel, "is_granted": granted}
        for who, channel, granted in consents
    ]
    pq.write_table(pa.Table.from_pylist(rows), path / "consents.parquet")
    named = [("user_id", "u1", "p1"), ("email", "p1@example.com", "p1")]
    named += [("anonymous_id", each.profile_id, each.profile_id) for each in PEOPLE]
    columns = ("identifier_type", "identifier_value", "profile_id")
    pq.write_table(
        pa.table(dict(zip(columns, map(list, zip(*named, strict=True)), strict=True))),
        path / "identities.parquet",
    )


def test_explain__shows_each_value_and_truth(published: Settings) -> None:
    found = explain(published, "risk", "p1")
    assert found.is_member
    member, fallback, none = found.verdict.children
    assert member.children[0].value == 2
    assert "total is at least 10" in member.children[0].condition
    assert "no score, fallback" in fallback.condition
    assert fallback.children[0].value == AS_OF.replace(tzinfo=None) - 5 * DAY
    assert none.is_true
    assert [leaf.is_true for leaf in none.children] == [False, False]
    assert none.children[0].value == "GB"


def test_explain__uses_the_score_where_there_is_one(published: Settings) -> None:
    leaf = explain(published, "risk", "p3").verdict.children[1]
    assert (leaf.condition, leaf.value, leaf.is_true) == ("score churn is at least 0.6", 0.7, True)


@pytest.mark.parametrize("name", ["p1", "p0", "u1", "p1@example.com"])
def test_explain__finds_a_profile_by_any_name(published: Settings, name: str) -> None:
    assert explain(published, "risk", name).profile_id == "p1"


def test_explain__agrees_with_the_evaluation_for_everybody(published: Settings) -> None:
    snapshot = current_snapshot(Home(published.home))
    assert snapshot is not None
    with open_world(published, snapshot) as world:
        found = evaluate_sql(world, read_segments(world, load_segments(published)))
    for segment in BODIES:
        members = {
            person.profile_id for person in PEOPLE if explain(published, segment, person.profile_id).is_member
        }
        assert members == set(found.members(segment).to_pylist())


def test_explain__an_analysts_model_can_be_asked_too(published: Settings) -> None:
    assert explain(published, "listed", "p4").is_member
    assert not explain(published, "listed", "p1").is_member


def test_explain__refuses_unknown_names(published: Settings) -> None:
    with pytest.raises(KithError, match="there is no segment 'rsk'; expected risk"):
        explain(published, "rsk", "p1")
    with pytest.raises(KithError, match="no profile is known by 'p9'"):
        explain(published, "risk", "p9")


def test_explain__says_when_nothing_is_published(settings: Settings) -> None:
    with pytest.raises(KithError, match="nothing is published yet"):
        explain(settings, "risk", "p1")


def _json(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert kith(["segments", *arguments, "--format", "json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_preview__counts_size_share_and_reach(published: Settings, tmp_path: Path, capsys) -> None:
    file = tmp_path / "draft.yml"
    file.write_text("who: {any: [{did: Order Completed, within: 9d}, {did: Ordr Completed}]}")
    found = _json(capsys, "preview", str(file))
    assert (found["segment"], found["size"], found["share"]) == ("draft", 3, 0.75)
    assert sorted(found["sample"]) == ["p1", "p2", "p3"]
    assert found["reach"] == [
        {"channel": "email", "consented_count": 2, "reachable_count": 1},
        {"channel": "sms", "consented_count": 1, "reachable_count": 1},
    ]
    assert found["unseen_events"] == ["Ordr Completed"]
    assert found["overlaps"] == [
        {"segment": "buyers", "size": 3, "shared": 3},
        {"segment": "risk", "size": 2, "shared": 2},
    ]


def test_preview__tells_the_weeks_before_by_what_was_done_until_then(
    published: Settings, tmp_path: Path, capsys
) -> None:
    file = tmp_path / "draft.yml"
    file.write_text("who: {did: Order Completed, within: 5d}")
    found = _json(capsys, "preview", str(file))
    assert [each["size"] for each in found["trend"]] == [0] * 12 + [3]
    assert found["trend"][-1]["as_of"] == found["as_of"]
    assert "today's attributes" in found["trend_note"]
    file.write_text("who: {none: [{did: Order Completed}]}")
    assert [each["size"] for each in _json(capsys, "preview", str(file))["trend"]] == [4] * 12 + [1]


def test_preview__draws_the_weeks(published: Settings, tmp_path: Path, capsys) -> None:
    file = tmp_path / "draft.yml"
    file.write_text("who: {did: Order Completed, within: 5d}")
    assert kith(["segments", "preview", str(file)]) == 0
    assert "▁▁▁▁▁▁▁▁▁▁▁▁█  0 to 3" in capsys.readouterr().out


def test_diff__tells_who_would_enter_and_leave(published: Settings, tmp_path: Path, capsys) -> None:
    file = tmp_path / "buyers.yml"
    file.write_text("who: {attribute: country, missing: true}")
    found = _json(capsys, "diff", str(file))
    assert (found["before"], found["after"]) == (3, 1)
    assert (found["entering"], found["leaving"]) == (["p4"], ["p1", "p2", "p3"])


def test_list__shows_sizes_and_edits(published: Settings, capsys) -> None:
    folder = published.definitions.parent
    define(folder, published, **{**BODIES, "buyers": {"did": "X"}, "fresh": {"did": "Y"}})
    rows = {row["segment"]: row for row in _json(capsys, "list")}
    define(folder, published, **BODIES)
    assert set(rows) == {"buyers", "risk", "listed", "fresh"}
    assert (rows["buyers"]["members"], rows["buyers"]["is_edited_since"]) == (3, True)
    assert (rows["risk"]["members"], rows["risk"]["is_edited_since"]) == (2, False)
    assert (rows["listed"]["kind"], rows["listed"]["members"]) == ("sql", 1)
    assert rows["fresh"]["members"] is None


def test_commands__print_tables_and_one_sentence_of_error(
    published: Settings, tmp_path: Path, capsys
) -> None:
    assert kith(["segments", "list"]) == 0
    assert kith(["segments", "explain", "risk", "u1"]) == 0
    shown = capsys.readouterr().out
    assert "p1 is in risk" in shown
    file = tmp_path / "buyers.yml"
    file.write_text("who:\n  attribute: countri\n  is: GB\n")
    assert kith(["segments", "preview", str(file)]) == 1
    assert (
        f"{file}:2: who.attribute: there is no attribute 'countri'; expected country"
        in capsys.readouterr().err
    )
    assert kith(["segments", "diff", str(tmp_path / "none.yml")]) == 2
    assert kith(["segments", "schema"]) == 0
