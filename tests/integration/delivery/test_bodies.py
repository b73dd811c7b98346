"""What a message said can be recomputed, and the hash that was kept proves it."""

import pytest

from activation.channels.contract import Status
from activation.delivery.bodies import body_of
from activation.delivery.schema import LEDGER
from activation.delivery.worker import deliver
from kith.errors import KithError
from kith.state import StateDatabase
from tests.integration.delivery.delivery_world import grant, ledger_rows, plan

PEOPLE = ["a@shop.example", "spam@shop.example", "gone@shop.example"]


def test_body__is_what_was_handed_over_to_the_letter(world, clock, sink):
    plan(world, PEOPLE, clock.now())
    grant(world, clock, PEOPLE)
    deliver(world, clock, wait=lambda _seconds: None)
    rows = ledger_rows(world)
    assert Status.ACCEPTED.value in {row.outcome for row in rows.values()}
    for message_id, row in rows.items():
        found = body_of(world, message_id)
        assert found.is_proven, row.outcome
        assert found.content.text
    (mail,) = [mail for mail in sink.mails() if mail["recipient"] == "a@shop.example"]
    assert body_of(world, mail["message_id"]).content.subject in mail["mail"]


def test_body__of_other_variables_is_proven_false(world, clock, sink):
    plan(world, PEOPLE[:1], clock.now())
    grant(world, clock, PEOPLE[:1])
    deliver(world, clock, wait=lambda _seconds: None)
    (message_id,) = ledger_rows(world)
    database = StateDatabase.open(world)
    with database.begin() as connection:
        connection.execute(LEDGER.update().values(variables='{"first_name": "Somebody else"}'))
    database.close()
    found = body_of(world, message_id)
    assert found.handed_over
    assert not found.is_proven


def test_body__of_a_message_nobody_knows_is_said(world):
    with pytest.raises(KithError, match="there is no message"):
        body_of(world, "0" * 32)
