"""A home for models, and the shop that they learn from."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import duckdb
import pytest

from kith.init import initialise
from kith.lake import Home
from kith.run import Run
from kith.settings import Settings, load_settings
from tests.integration.ml.shop import define_churn, make_shop, publish_orders

BuildRun = Callable[..., Run]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home whose one prediction is churn, under a gate for a shop as small as ours."""
    define_churn(tmp_path / "definitions")
    monkeypatch.setenv("KITH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KITH_DEFINITIONS", str(tmp_path / "definitions"))
    found = load_settings()
    initialise(found)
    return found


@pytest.fixture(scope="session")
def tracking_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLflow's empty database: laying it out takes seconds, copying it none."""
    from ml import tracking

    load_settings()
    home = Home(tmp_path_factory.mktemp("mlflow-template"))
    tracking.prepare(home)
    return home.mlflow / tracking.DATABASE


@pytest.fixture
def build_run(settings: Settings, home: Home, tracking_template: Path) -> BuildRun:
    """Publishes a run over a DuckDB connection's table `orders` (see `publish_orders`)."""
    home.mlflow.mkdir()
    shutil.copy(tracking_template, home.mlflow / tracking_template.name)
    return partial(publish_orders, settings)


@pytest.fixture(scope="session")
def shop() -> duckdb.DuckDBPyConnection:
    """1,200 people over 240 days who buy at their own pace and some day stop: churn can be learned."""
    return make_shop()
