"""The backtest of a month, as its schedule asks for it on the first day after."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from kith.init import initialise
from kith.settings import load_settings
from tests.integration.ml.shop import define_churn, make_shop, publish_orders


@pytest.fixture
def defs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dg.Definitions:
    """All of Dagster over a home with one published run and one prediction."""
    define_churn(tmp_path / "definitions")
    monkeypatch.setenv("KITH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KITH_DEFINITIONS", str(tmp_path / "definitions"))
    settings = load_settings()
    initialise(settings)
    publish_orders(settings, make_shop())
    from dagster_project.definitions import build_definitions

    return build_definitions()


def test_monthly__judges_the_month_that_ended_when_it_fires(defs: dg.Definitions) -> None:
    fired = dg.build_schedule_context(
        scheduled_execution_time=datetime(2026, 5, 1, 7, tzinfo=UTC),
        repository_def=defs.get_repository_def(),
    )
    (request,) = defs.get_repository_def().get_schedule_def("monthly").evaluate_tick(fired).run_requests or []
    assert request.partition_key == "2026-04-01"
    job = defs.resolve_job_def("evaluation")
    told = job.execute_in_process(partition_key=request.partition_key)
    (done,) = told.asset_materializations_for_node("lake__predictions__evaluated")
    assert done.metadata["month"].value == "2026-04"
    row = str(done.metadata["backtests"].value).splitlines()[-1]
    prediction, people, metric, value, baseline, _chosen = (
        each.strip() for each in row.strip("|").split("|")
    )
    assert (prediction, metric) == ("churn", "log_loss")
    assert int(people) > 200
    assert float(value) < float(baseline)
