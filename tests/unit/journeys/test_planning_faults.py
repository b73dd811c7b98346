"""Planning that is killed, that does not add up or that lacks its gate: nothing half written, nothing sent."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest

from activation.contract import Reason
from activation.journeys import planning
from activation.journeys.deciding import Deciding, judging
from activation.journeys.planning import ConservationError, plan
from kith.lake import commits
from kith.settings import Settings
from tests.scenarios.campaign_world import DAY, LAUNCH, Person, World, crowd

HOUR = timedelta(hours=1)


def test_plan__keeps_the_versions_it_used_once(own: Settings) -> None:
    world = World(own, crowd(1))
    world.evaluate("churn_risk", LAUNCH)
    world.plan(LAUNCH)
    folder = own.definitions / "campaigns"
    text = (folder / "winback.yml").read_text()
    (folder / "again.yml").write_text(text.replace("name: winback", "name: again").replace("05-01", "05-03"))
    world.evaluate("churn_risk", LAUNCH + 2 * DAY)
    world.plan(LAUNCH + 2 * DAY)
    kept = [(row["kind"], row["name"]) for row in world.rows("versions")]
    campaigns = [("campaign", name) for name in ("again", "cart_text", "new_in_push", "winback")]
    templates = [("template", name) for name in ("cart_text", "new_in", "winback_offer")]
    graphs = [("graph", name) for _, name in campaigns]
    assert sorted(kept) == [*campaigns, ("cap", "marketing"), *graphs, *templates]
    template = next(row for row in world.rows("versions") if row["name"] == "winback_offer")
    assert "subject.txt" in json.loads(template["body"])
    assert template["version"] == world.rows("outbox")[0]["template_version"]


def test_plan__killed_before_its_commit_leaves_nothing_and_runs_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(settings, crowd(4))
    world.evaluate("churn_risk", LAUNCH)
    run = world.begin(LAUNCH)
    with monkeypatch.context() as patched:
        patched.setattr(planning, "new_versions", _fails)
        with pytest.raises(OSError, match="disk full"):
            plan(settings, run)
    assert commits(world.home, "journeys") == []
    assert plan(settings, run).enrolled == 4
    assert plan(settings, run).enrolled == 0


def _fails(*_: object) -> None:
    raise OSError("disk full")


@pytest.mark.parametrize("fault", ["LIMIT 3", "UNION ALL (SELECT * FROM decided LIMIT 1)"])
def test_plan__refuses_to_commit_what_does_not_add_up(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """A decision that is lost, and one that is there twice."""
    original = planning.open_decisions

    def broken(connection: duckdb.DuckDBPyConnection, *given: Any) -> Deciding:
        deciding = original(connection, *given)
        close = deciding.close

        def and_break(as_of: datetime) -> None:
            close(as_of)
            connection.execute("CREATE TEMP TABLE decided AS FROM outbox")
            connection.execute("DROP VIEW outbox")
            connection.execute(f"CREATE TEMP VIEW outbox AS SELECT * FROM decided {fault}")

        monkeypatch.setattr(deciding, "close", and_break)
        return deciding

    monkeypatch.setattr(planning, "open_decisions", broken)
    world = World(settings, crowd(4))
    world.evaluate("churn_risk", LAUNCH)
    with pytest.raises(ConservationError):
        world.plan(LAUNCH)
    assert commits(world.home, "journeys") == []


def test_plan__without_a_consent_gate_nothing_is_sent(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The permission is a join of its own: a forgotten gate loses rows, which conservation refuses."""
    gates = [gate for gate in judging.person_gates() if gate.reason is not Reason.NO_CONSENT]
    monkeypatch.setattr(judging, "person_gates", lambda: gates)
    world = World(settings, [Person("u1", consent=False)])
    world.evaluate("churn_risk", LAUNCH)
    with pytest.raises(ConservationError):
        world.plan(LAUNCH)
