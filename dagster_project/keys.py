"""Asset keys, `layer/domain/name`. The group of an asset is its domain."""

from __future__ import annotations

import dagster as dg

RUN = dg.AssetKey(["run", "graph", "opened"])
COMPACTED = dg.AssetKey(["lake", "events", "compacted"])
EVENTS = dg.AssetKey(["lake", "events", "daily"])
IDENTITY = dg.AssetKey(["lake", "identity", "resolved"])
TRAINED = dg.AssetKey(["lake", "predictions", "trained"])
SCORES = dg.AssetKey(["lake", "predictions", "scored"])
EVALUATED = dg.AssetKey(["lake", "predictions", "evaluated"])
ATTRIBUTES = dg.AssetKey(["lake", "attributes", "evaluated"])
SEGMENTS = dg.AssetKey(["lake", "segments", "evaluated"])
WINNERS = dg.AssetKey(["lake", "measurement", "winners"])
PLANNED = dg.AssetKey(["lake", "journeys", "planned"])
CAUSED = dg.AssetKey(["landing", "journeys", "caused"])
DELIVERED = dg.AssetKey(["state", "delivery", "delivered"])
DELIVERIES = dg.AssetKey(["state", "delivery", "daily"])
LEDGER = dg.AssetKey(["lake", "delivery", "exported"])
DEFINED = dg.AssetKey(["lake", "analytics", "defined"])
LIFT = dg.AssetKey(["lake", "measurement", "lift"])
CREDITED = dg.AssetKey(["lake", "measurement", "credited"])
SNAPSHOT = dg.AssetKey(["published", "snapshot", "pointer"])

#: Which asset fills a table of the lake that dbt reads, by the room of its source.
ROOM_ASSETS = {
    "events": COMPACTED,
    "quality": COMPACTED,
    "identity": IDENTITY,
    "models": TRAINED,
    "scores": SCORES,
    "drift": SCORES,
    "attributes": ATTRIBUTES,
    "segments": SEGMENTS,
    "definitions": SEGMENTS,
    "journeys": PLANNED,
    "ledger": LEDGER,
    "syncs": RUN,  # what the syncs of earlier runs did; this run's follow its pointer
    "measurement": CREDITED,
    "analytics": DEFINED,
    "run": RUN,
    "reference": RUN,  # the opening of a run brings the time zones up to date
}
