"""One world, published with its metrics, shared by the tests that only read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kith.clock import FixedClock
from kith.init import initialise
from kith.metrics import Catalogue, keep_metrics
from kith.metrics.definitions import portable
from kith.run import Run, begin_run, publish_run
from kith.settings import Settings, load_settings
from tests.unit.metrics.world import publish_world
from tests.unit.warehouse.lake import semantic_manifest

AS_OF = datetime(2026, 4, 30, 8, tzinfo=UTC)


@dataclass(frozen=True)
class Published:
    """A home with one published run, and what it kept of its metrics."""

    settings: Settings
    run: Run
    catalogue: Catalogue


@pytest.fixture(scope="session")
def definitions() -> bytes:
    """The project's own metrics, as dbt parses them now."""
    return portable(semantic_manifest())


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory, definitions: bytes) -> Published:
    settings = load_settings(home=tmp_path_factory.mktemp("metrics") / "home")
    initialise(settings)
    return publish(settings, definitions)


def publish(settings: Settings, definitions: bytes | None) -> Published:
    """The world as a run of its own, with these definitions kept."""
    run = begin_run(settings, FixedClock(AS_OF + settings.lateness))
    publish_world(run)
    catalogue = keep_metrics(settings, run, definitions)
    publish_run(settings, run)
    assert catalogue is not None
    return Published(settings, run, catalogue)


@pytest.fixture
def home_of(published: Published, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The published home as this process's own."""
    monkeypatch.setenv("KITH_HOME", str(published.settings.home))
    return published.settings.home
