"""Machines against the sandbox's hidden truth, which no model reads: as they come, and without any user agent."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from kith.events import EVENT_SCHEMA
from kith.lake import Home
from kith.landing import Cursor, tail
from kith.times import parse_instant, to_utc_naive
from sandbox.calendar import from_hour
from sandbox.providers import PROXY_AGENT, SCANNER_AGENT
from sandbox.world import Shape, history
from tests.unit.warehouse.enrichment import asked
from tests.unit.warehouse.lake import Lake, run_dbt

SHAPE = Shape(seed=11, people=1500, days=45)
MODELS = ("+int_sessions__classified", "+int_message_feedback__classified")
MACHINES = {SCANNER_AGENT, PROXY_AGENT}


@dataclass(frozen=True)
class Judged:
    """Verdicts beside the truth, by the name of what was judged: pairs of (said, true)."""

    sessions: list[tuple[bool, bool]]
    opens: list[tuple[bool, bool]]
    clicks: list[tuple[bool, bool]]


def rates(pairs: list[tuple[bool, bool]]) -> tuple[float, float]:
    """Precision and recall."""
    hits = sum(said and true for said, true in pairs)
    said, true = sum(said for said, _ in pairs), sum(true for _, true in pairs)
    assert true > 20, "too small a world to say anything"
    return hits / max(said, 1), hits / true


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict[str, Any]], set[str], Any]:
    """The world's events as rows of the event model, the anonymous ids of its bots, and when it ends."""
    folder = tmp_path_factory.mktemp("bots")
    home = Home(folder / "data")
    made = history(home, folder / "truth_side", SHAPE)
    (truth,) = (folder / "truth_side").rglob("bots.parquet")
    bots = set(pq.read_table(truth)["anonymous_id"].to_pylist())
    rows = [row for batch in tail(home, Cursor())[0] for line in batch.lines if (row := _row(line, batch))]
    return rows, bots, to_utc_naive(from_hour(made.calendar.end_hour))


@pytest.fixture(scope="module", params=["as told", "without user agents"])
def judged(request: Any, world: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Judged]:
    rows, bots, end = world
    machines = {row["event_id"] for row in rows if _agent(row) in MACHINES}
    if request.param != "as told":
        rows = [{**row, "context": _stripped(row["context"])} for row in rows]
    lake = Lake(tmp_path_factory.mktemp("lake")).lay_empty()
    lake.land(rows, 1)
    run = lake.begin_run(end)
    run_dbt(lake.home, run, "run", "--select", *MODELS)
    with duckdb.connect(str(lake.home / "warehouse.duckdb"), read_only=True) as connection:
        sessions = connection.execute(
            "select is_bot, anonymous_id from int_sessions__classified join int_sessions__stitched using (session_id)"
        ).fetchall()
        answers = connection.execute(
            "select status, is_machine, event_id from int_message_feedback__classified"
        ).fetchall()
    by_status = {
        status: [(said, event_id in machines) for each, said, event_id in answers if each == status]
        for status in ("opened", "clicked")
    }
    told = Judged(
        [(said, name in bots) for said, name in sessions], by_status["opened"], by_status["clicked"]
    )
    return request.param, told


def test_bots__are_told_from_people(judged: tuple[str, Judged]) -> None:
    way, told = judged
    precision, recall = rates(told.sessions)
    print(f"\nbot sessions, {way}: precision {precision:.3f}, recall {recall:.3f} of {len(told.sessions)}")
    assert precision >= 0.98
    assert recall >= 0.9


def test_machine_clicks__are_told_from_people(judged: tuple[str, Judged]) -> None:
    way, told = judged
    precision, recall = rates(told.clicks)
    print(f"\nmachine clicks, {way}: precision {precision:.3f}, recall {recall:.3f} of {len(told.clicks)}")
    assert precision >= 0.98
    assert recall >= 0.9


def test_machine_opens__are_told_from_people(judged: tuple[str, Judged]) -> None:
    way, told = judged
    precision, recall = rates(told.opens)
    print(f"\nmachine opens, {way}: precision {precision:.3f}, recall {recall:.3f} of {len(told.opens)}")
    assert precision >= 0.98
    # A proxy that fetches after twenty seconds and doesn't say what it is can't be told from a quick reader.
    assert recall >= (0.9 if way == "as told" else 0.2)


def test_rules_version__changes_with_the_rules() -> None:
    (row,) = asked("select '{{ machine_rules_version() }}' as version from given", [{"nothing": 1}])
    assert len(row["version"]) == 12


def test_bots__history_is_judged_anew_by_every_build() -> None:
    """What the rules judge is full tables: an incremental one would keep the verdicts of older rules."""
    folder = Path(__file__).resolve().parents[3] / "dbt" / "models" / "marts" / "core"
    judging = [
        "int_user_agents__classified", "int_sessions__observed", "int_visitors__judged",
        "int_sessions__classified", "int_message_answers__observed", "int_message_feedback__classified",
    ]  # fmt: skip
    for name in judging:
        assert "materialized" not in (folder / f"{name}.sql").read_text(), name


def _agent(row: dict[str, Any]) -> str | None:
    return json.loads(row["context"] or "{}").get("userAgent")


def _stripped(context: str | None) -> str | None:
    return json.dumps({**json.loads(context), "userAgent": None}) if context else None


def _row(line: bytes, batch: Any) -> dict[str, Any] | None:
    """A line of the world as a row; the dirt among the lines is ingestion's affair, not this test's."""
    try:
        event = json.loads(line)
    except (ValueError, UnicodeDecodeError):
        return None
    if not isinstance(event, dict) or "messageId" not in event:
        return None
    received = to_utc_naive(batch.received_at)
    skew = parse_instant(event["sentAt"]) - parse_instant(event["originalTimestamp"])
    texts = {
        name: json.dumps(event[name]) if event.get(name) else None
        for name in ("properties", "traits", "context")
    }
    row = dict.fromkeys(EVENT_SCHEMA.names) | {
        "event_id": event["messageId"], "type": event["type"], "event": event.get("event"), "source": batch.source,
        "anonymous_id": event.get("anonymousId"), "user_id": event.get("userId"), "batch_id": batch.batch_id,
        "occurred_at": received - skew, "received_at": received, "effective_at": received, **texts,
    }  # fmt: skip
    return row if row["anonymous_id"] or row["user_id"] else None
