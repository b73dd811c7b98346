"""What lies at the bottom of a lineage: raw events, and the models that a definition names."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq

from activation.journeys.graph import Branch, EventEntry, EventMatch, Graph, Ranked, ScoreCondition
from activation.journeys.graph.storage import graph_json
from activation.lineage.audience import _named_scores
from activation.lineage.origin import event_entries
from kith.events import EVENT_SCHEMA
from kith.lake import Home, commit
from kith.settings import Settings
from kith.warehouse import Warehouse

NOON = datetime(2026, 5, 1, 12)


def land(home: Home, *received: timedelta, happened: timedelta = timedelta(0)) -> None:
    """Copies of one event, each as it was received."""
    blank = dict.fromkeys(EVENT_SCHEMA.names)
    rows = [
        {
            **blank,
            "event_id": "e1",
            "type": "track",
            "event": "Product Added",
            "source": f"copy {number}",
            "occurred_at": NOON + happened,
            "received_at": NOON + delay,
            "effective_at": NOON + delay,
        }
        for number, delay in enumerate(received)
    ]
    with commit(home, "events") as writer:
        folder = writer.path / "received_on=2026-05-01"
        folder.mkdir()
        pq.write_table(pa.Table.from_pylist(rows, schema=EVENT_SCHEMA), folder / "events.parquet")


def told(settings: Settings, *names: str) -> list[tuple[str, object, object]]:
    with Warehouse(settings) as warehouse:
        warehouse.attach_lake("events")
        found = list(event_entries(warehouse, set(names)))
    return [(each.what, each.detail.get("source"), each.detail.get("is_late")) for each in found]


def test_events__of_several_copies_the_first_received_is_told(settings: Settings, home: Home) -> None:
    land(home, timedelta(hours=1), timedelta(0))
    assert told(settings, "e1") == [("Product Added", "copy 1", False)]


def test_events__that_came_late_say_so_and_those_that_are_gone_are_named(
    settings: Settings, home: Home
) -> None:
    land(home, timedelta(0), happened=-timedelta(hours=1))
    assert told(settings, "e1", "erased") == [
        ("Product Added", "copy 0", True),
        ("not in the lake", None, None),
    ]


def test_models__are_those_that_conditions_rankings_and_segments_name() -> None:
    nodes = (
        Branch("b", "b", branches=((ScoreCondition("churn", "at_least", 0.5),),)),
        Ranked("r", "r", operands=(("score", "uplift"), ("attribute", "spent"))),
    )
    graph = Graph("j", "1", EventEntry(EventMatch("Product Added")), "b", nodes, ())
    segment = {
        "who": {"all": [{"score": "propensity", "at_least": 0.6, "fallback": {"attribute": "orders"}}]}
    }
    named = {*_named_scores(json.loads(graph_json(graph))), *_named_scores(segment)}
    assert named == {"churn", "uplift", "propensity"}
