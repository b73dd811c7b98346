"""`warehouse_10m`: dbt's build of all event models, their tests included, beside one script of plain SQL."""

from __future__ import annotations

from tests.bench.event_warehouse import full_build

ENTRY = full_build("warehouse_10m", 10_000_000)
