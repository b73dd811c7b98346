"""Small worlds for arrivals: a landing log, a run, and a judge that costs no import."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from ingestion import compaction, imports, replay
from ingestion.arrivals import STANDARD, Figures, _bound
from ingestion.imports import Imported, import_events
from ingestion.mapping import Expectation
from ingestion.verdicts import Check
from kith.clock import FixedClock
from kith.lake import Home
from kith.landing import LandingLog
from kith.run import Run, begin_run
from kith.settings import Settings
from kith.warehouse import Warehouse
from tests.unit.ingestion.sales import AT, SIMPLE

Land = Callable[..., str]


@pytest.fixture
def land(home: Home, clock: FixedClock) -> Land:
    """`land([{...}, b"raw"], source="web")` appends one batch of lines."""
    logs: dict[str, LandingLog] = {}

    def append(lines: Sequence[Any], source: str = "web", received_at: datetime | None = None) -> str:
        log = logs.setdefault(source, LandingLog(home, source, clock))
        return log.append(
            [line if isinstance(line, bytes) else orjson.dumps(line) for line in lines], received_at
        )

    return append


@pytest.fixture
def run(settings: Settings, clock: FixedClock) -> Run:
    return begin_run(settings, clock)


@pytest.fixture
def events(settings: Settings) -> Callable[[], list[dict[str, Any]]]:
    """All rows of lake/events, by event id."""

    def read() -> list[dict[str, Any]]:
        with Warehouse(settings) as warehouse:
            warehouse.attach_lake("events")
            return warehouse.rows("SELECT * FROM lake_events_events ORDER BY event_id")

    return read


@pytest.fixture
def quick_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    """The standard suite in plain Python: Great Expectations itself is tested in test_arrivals."""

    def judge(figures: Figures, events: Any, expectations: Sequence[Expectation]) -> tuple[Check, ...]:
        checks = []
        for name, low, high, is_blocking in STANDARD:
            value, bound = getattr(figures, name), _bound(figures, name, high)
            passed = value is None or ((low is None or value >= low) and (bound is None or value <= bound))
            checks.append(Check(name, passed, is_blocking, {name: value}, {"min": low, "max": bound}))
        return tuple(checks)

    for module in (compaction, imports, replay):
        monkeypatch.setattr(module, "judge", judge)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    """`write("orders.csv", text)` lays a file."""

    def lay(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode())
        return path

    return lay


@pytest.fixture
def take(settings: Settings, write: Callable[[str, str], Path]) -> Callable[..., Imported]:
    """`take("orders.csv", text or bytes, mapping)` imports."""

    def run(
        name: str, content: str | bytes, mapping: str = SIMPLE, mapping_name: str = "shop.yml"
    ) -> Imported:
        path = write(name, "")
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return import_events(settings, path, write(mapping_name, mapping), AT)

    return run
