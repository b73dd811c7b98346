"""`warehouse_50m`: the same as `warehouse_10m` at 50 million events; one round, and within 8 GB."""

from __future__ import annotations

from tests.bench.event_warehouse import full_build

ENTRY = full_build("warehouse_50m", 50_000_000, rounds=1)
