"""From events in the lake, through identity and the warehouse, to the segments of the house."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from activation.journeys.linting import known_segments
from activation.segments.evaluation import Evaluation, evaluate
from activation.segments.explain import explain
from activation.segments.membership.reading import present_state, read_members
from identity.resolution import Resolution, resolve
from kith.clock import FixedClock
from kith.events import EVENT_SCHEMA
from kith.init import initialise
from kith.lake import commit
from kith.run import Run, begin_run, publish_run
from kith.settings import Settings, load_settings
from kith.times import to_utc_naive

AS_OF = datetime(2026, 5, 1, 8, tzinfo=UTC)
DAY = timedelta(days=1)


def _event(days_ago: float, event: str | None, **more: Any) -> dict[str, Any]:
    at = to_utc_naive(AS_OF - days_ago * DAY)
    documents = {key: json.dumps(more.pop(key)) for key in ("properties", "traits") if key in more}
    row = {**dict.fromkeys(EVENT_SCHEMA.names), "type": "track" if event else "identify", "event": event}
    row |= {
        "occurred_at": at,
        "received_at": at,
        "effective_at": at,
        "source": "web",
        "batch_id": "b",
        **documents,
    }
    return {**row, **more, "event_id": f"{days_ago}-{event}-{more}"}


def _order(days_ago: float, user_id: str, order_id: str) -> dict[str, Any]:
    products = [{"product_id": "p1", "name": "Mug", "price": 9.5, "quantity": 2}]
    return _event(
        days_ago, "Order Completed", user_id=user_id,
        properties={"order_id": order_id, "currency": "EUR", "total": 19, "products": products},
    )  # fmt: skip


EVENTS = [
    # Looked around as a visitor, and said later who she is.
    *(
        _event(day, "Product Viewed", anonymous_id="visitor", properties={"product_id": "p1"})
        for day in (5, 4, 3)
    ),
    _event(3.5, "Product Added", anonymous_id="visitor", properties={"product_id": "p1"}),
    _event(2, None, anonymous_id="visitor", user_id="curious", traits={"email": "Curious@example.com"}),
    # Bought once, long ago; has no score.
    _order(100, "lapsed", "o1"),
    # Bought, and came back.
    _order(100, "loyal", "o2"),
    _order(5, "loyal", "o3"),
    # Two people on one device.
    _event(9, "Product Viewed", user_id="first", anonymous_id="shared", properties={"product_id": "p1"}),
    _event(8, "Product Viewed", user_id="second", anonymous_id="shared", properties={"product_id": "p1"}),
    # Takes effect at the instant of the run itself: not seen.
    _order(0, "lapsed", "o4"),
]


@dataclass(frozen=True)
class Day:
    """What the first run found."""

    settings: Settings
    run: Run
    resolution: Resolution
    evaluation: Evaluation

    def members(self) -> set[tuple[str, str]]:
        """(segment, user id) of everybody who is in."""
        ids = pq.read_table(self.run.path / "identities.parquet").to_pylist()
        users = {
            row["profile_id"]: row["identifier_value"] for row in ids if row["identifier_type"] == "user_id"
        }
        state = present_state(self.settings)
        rows = [row for name in state.standings for row in read_members(state, name).to_pylist()]
        return {(row["segment"], users.get(row["profile_id"], row["profile_id"])) for row in rows}


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    from dagster_project.dbt_runner import build, failures

    with pytest.MonkeyPatch.context() as environment:
        for name in ("KITH_HOME", "KITH_RUN_DIR", "KITH_WAREHOUSE"):  # dbt's runner sets them for good
            environment.setenv(name, str(tmp_path_factory.getbasetemp() / "segments-home"))
        settings = load_settings()
        home = initialise(settings)
        with commit(home, "events") as writer:
            folder = writer.path / "received_on=2026-01-01"
            folder.mkdir()
            pq.write_table(pa.Table.from_pylist(EVENTS, schema=EVENT_SCHEMA), folder / "part.parquet")
        run = begin_run(settings, FixedClock(AS_OF), AS_OF)
        resolution = resolve(settings, run)
        assert failures(build(settings, run, "tag:core")) == []
        evaluation = evaluate(settings, run)
        publish_run(settings, run)
        yield Day(settings, run, resolution, evaluation)


def test_day__joins_people_and_keeps_those_of_a_shared_device_apart(day: Day) -> None:
    assert day.resolution.profile_count == 5
    assert day.resolution.conflict_count == 1
    rows = pq.read_table(day.run.path / "identity_conflicts.parquet").to_pylist()
    assert [row["reason"] for row in rows] == ["user_id limit 1"]


def test_day__the_segments_of_the_house_hold_whom_they_describe(day: Day) -> None:
    members = day.members()
    assert {user for segment, user in members if segment == "churn_risk"} == {"lapsed"}
    assert {user for segment, user in members if segment == "new_browsers"} == {"curious"}
    assert {segment for segment, _ in members} <= {"churn_risk", "new_browsers", "big_spenders", "left_cart"}
    assert day.evaluation.segment_count == len(known_segments(day.settings))


def test_day__a_membership_is_explained_by_the_persons_own_address(day: Day) -> None:
    found = explain(day.settings, "new_browsers", "curious@example.com")
    assert found.is_member
    views = next(each for each in found.verdict.children if "Product Viewed" in each.condition)
    assert views.value == 3


def test_day__a_second_look_changes_nothing(day: Day) -> None:
    assert not resolve(day.settings, day.run).is_changed
    assert not evaluate(day.settings, day.run).is_changed
