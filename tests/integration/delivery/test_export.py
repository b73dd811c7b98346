"""The ledger's outcomes in the lake and as events."""

from collections import Counter
from types import SimpleNamespace

import orjson
import pyarrow.parquet as pq

from activation.delivery import dead_letters, interventions
from activation.delivery.consent_feed import ConsentFeed
from activation.delivery.export import export_ledger
from activation.delivery.worker import deliver
from kith.lake import commits
from kith.landing import Cursor, tail
from kith.state import StateDatabase
from tests.integration.delivery.delivery_world import (
    consent_event,
    exported_ids,
    grant,
    land,
    landed_events,
    ledger_rows,
    plan,
)

PEOPLE = ["ok@shop.example", "gone@shop.example", "spam@shop.example", "mute@shop.example", "no@shop.example"]


def _deliver(world, clock):
    plan(world, PEOPLE, clock.now())
    grant(world, clock, PEOPLE)
    land(world, clock, [consent_event("no@shop.example", "withdrawn", clock.now())])
    deliver(world, clock, wait=lambda _seconds: None)


def test_export__every_send_row_ends_in_exactly_one_outcome(world, home, clock, sink):
    _deliver(world, clock)
    done = export_ledger(world, None, clock)
    assert (done.exported, done.landed) == (5, 5)
    (found,) = commits(home, "ledger")
    rows = pq.read_table(found.table("outcomes")).to_pylist()
    assert Counter(row["outcome"] for row in rows) == Counter(accepted=2, rejected=2, suppressed=1)
    assert {row["message_id"] for row in rows} == set(ledger_rows(world))
    uncertain = [row["message_id"] for row in rows if row["is_uncertain"]]
    assert uncertain == [row["message_id"] for row in interventions.uncertain_messages(world)]
    assert len(uncertain) == 1


def test_export__a_second_call_finds_nothing_new(world, home, clock, sink):
    _deliver(world, clock)
    export_ledger(world, None, clock)
    again = export_ledger(world, None, clock)
    assert (again.exported, again.landed) == (0, 0)
    assert len(commits(home, "ledger")) == 1


def test_export__a_replay_exports_nothing(world, home, clock, sink):
    _deliver(world, clock)
    assert export_ledger(world, SimpleNamespace(is_replay=True), clock).exported == 0  # type: ignore[arg-type]
    assert commits(home, "ledger") == []


def test_export__tells_each_outcome_as_an_event_of_the_person(world, home, clock, sink):
    _deliver(world, clock)
    export_ledger(world, None, clock)
    events = landed_events(home, "delivery").values()
    assert Counter(event["event"] for event in events) == Counter(
        {"Message Sent": 2, "Message Rejected": 2, "Message Suppressed": 1}
    )
    for event in events:
        assert event["userId"] == f"u-{event['properties']['email']}"
        assert {"message_id", "campaign", "channel", "template", "outcome", "attempt"} <= set(
            event["properties"]
        )


def test_export__a_suppression_can_be_rebuilt_from_what_was_told(world, home, clock, sink):
    _deliver(world, clock)
    before = interventions.consent_of(world, "gone@shop.example")
    assert [row["is_granted"] for row in before if row["identifier_type"] == "address"] == [False]
    export_ledger(world, None, clock)
    database = StateDatabase.open(world)
    ConsentFeed(world, database).rebuild()
    database.close()
    after = interventions.consent_of(world, "gone@shop.example")
    assert [(row["identifier_type"], row["is_granted"]) for row in after] == [
        (row["identifier_type"], row["is_granted"]) for row in before
    ]


def test_export__a_message_taken_up_again_is_pending_until_its_next_outcome(world, home, clock, sink):
    plan(world, ["ok@shop.example"], clock.now(), variables="{}")
    grant(world, clock, ["ok@shop.example"])
    deliver(world, clock)
    dead_letters.reopen(world, {"outcome": "failed"}, clock.now())
    export_ledger(world, None, clock)
    deliver(world, clock)
    export_ledger(world, None, clock)
    tables = [pq.read_table(found.table("outcomes")) for found in commits(home, "ledger")]
    assert [row["outcome"] for table in tables for row in table.to_pylist()] == [
        "failed",
        "pending",
        "failed",
    ]
    assert sum(exported_ids(world).values()) == 3


def test_export__no_address_is_in_the_lake_s_ledger(world, home, clock, sink):
    _deliver(world, clock)
    export_ledger(world, None, clock)
    (found,) = commits(home, "ledger")
    assert b"shop.example" not in found.table("outcomes").read_bytes()


def test_landed_lines__are_one_json_object_each(world, home, clock, sink):
    _deliver(world, clock)
    export_ledger(world, None, clock)
    batches, _ = tail(home, Cursor())
    assert all(isinstance(orjson.loads(line), dict) for batch in batches for line in batch.lines)
