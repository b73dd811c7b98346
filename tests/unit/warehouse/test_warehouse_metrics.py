"""metrics_daily and the metrics are one: same names, same numbers; and a real build answers every metric."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kith.metrics.catalogue import Catalogue
from kith.metrics.definitions import portable
from kith.metrics.keeping import compile_catalogue
from kith.metrics.reading import answer, compile_question
from kith.settings import load_settings
from kith.snapshot import Snapshot
from tests.unit.warehouse.lake import published, semantic_manifest

pytestmark = pytest.mark.whole

Ask = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return compile_catalogue(portable(semantic_manifest()))


@pytest.fixture(scope="module")
def ask(built: Any, catalogue: Catalogue) -> Ask:
    """Metrics of the built run."""
    snapshot, settings = Snapshot(built.run.name, built.run), load_settings(home=built.lake.home)
    definitions = portable(semantic_manifest())

    def _ask(name: str, **words: Any) -> list[dict[str, Any]]:
        sql = compile_question(snapshot, catalogue, definitions, metrics=[name], **words)
        return answer(settings, snapshot, sql)

    return _ask


def test_metrics_daily__is_what_the_metrics_of_its_names_say(
    built: Any, catalogue: Catalogue, ask: Ask
) -> None:
    rows = published(built.run, "select * from {metrics_daily}")
    names = {row["metric"] for row in rows}
    assert names <= {metric.name for metric in catalogue.metrics}
    assert len(names) > 20
    for name in sorted(names):
        told = {
            (row["day"], row.get("currency") or ""): float(row[name])
            for row in ask(name, grain="day")
            if row["day"] is not None
        }
        daily = {
            (row["metric_on"], row["currency"]): row["metric_value"] for row in rows if row["metric"] == name
        }
        assert told == daily, name


def test_metrics__are_answered_by_what_a_build_published(catalogue: Catalogue, ask: Ask) -> None:
    silent = [metric.name for metric in catalogue.metrics if not ask(metric.name, grain="day")]
    assert silent == ["net_revenue_change_7d"] or silent == []


def test_saved_queries__are_answered_by_what_a_build_published(built: Any, catalogue: Catalogue) -> None:
    snapshot, settings = Snapshot(built.run.name, built.run), load_settings(home=built.lake.home)
    for query in catalogue.saved:
        assert not query.problem
        assert answer(settings, snapshot, query.sql), query.name


def test_calendar__ends_on_the_day_of_the_run(built: Any) -> None:
    bounds = published(
        built.run,
        """
        select max(calendar_on) = (select cast(as_of as date) from {run}) as ends,
            count(*) = date_diff('day', min(calendar_on), max(calendar_on)) + 1 as is_whole,
            min(calendar_on) = (select min(occurred_on) from {events_daily}) as begins
        from {calendar}""",
    )
    assert bounds == [{"ends": True, "is_whole": True, "begins": True}]
