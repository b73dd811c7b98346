"""The end of a lineage: what the vendor said, and the body that is proven to be what was handed over."""

from __future__ import annotations

from datetime import timedelta
from shutil import copytree

from click.testing import CliRunner

from activation.delivery.schema import LEDGER
from activation.delivery.worker import deliver
from activation.lineage.commands import lineage
from activation.lineage.telling import lineage_of
from kith.settings import PROJECT
from kith.state import StateDatabase
from tests.integration.delivery.delivery_world import grant, ledger_rows
from tests.scenarios.campaign_world import LAUNCH, Person, World


def test_lineage__ends_with_the_body_that_was_handed_over(world, clock, sink, monkeypatch):
    copytree(PROJECT / "activation" / "definitions", world.definitions)
    campaign = World(world, [Person("ada"), Person("bob")])
    campaign.evaluate("churn_risk", LAUNCH)
    campaign.plan(LAUNCH)
    clock.set(LAUNCH + timedelta(minutes=1))
    grant(world, clock, ["ada@example.com", "bob@example.com"])
    deliver(world, clock, wait=lambda _seconds: None)
    message_id = next(iter(ledger_rows(world)))
    told = {each.part: each for each in lineage_of(world, message_id)}
    assert told["delivery"].detail["outcome"] == "accepted"
    assert told["body"].what == "proven"
    assert told["body"].detail["content_hash"] == told["body"].detail["handed_over"]

    monkeypatch.setenv("KITH_HOME", str(world.home))
    asked = CliRunner().invoke(lineage, [message_id, "--format", "json"])
    assert asked.exit_code == 0
    assert '"proven"' in asked.output
    database = StateDatabase.open(world)
    with database.begin() as connection:
        connection.execute(LEDGER.update().values(variables='{"first_name": "Somebody else"}'))
    database.close()
    assert CliRunner().invoke(lineage, [message_id]).exit_code == 1
