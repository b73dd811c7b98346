"""Addresses of devices and chats add up over runs, and are read alike however they are told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from kith.ids import bucket
from tests.unit.warehouse.feed import landings
from tests.unit.warehouse.lake import Lake, event, run_dbt

pytestmark = pytest.mark.whole

FIRST = datetime(2026, 3, 1)
LAST = FIRST + timedelta(days=75)
TOLD = "int_addresses__told"


def draw(subject: str, below: int) -> int:
    return bucket(subject, "addresses") % below


def tellings(count: int) -> Iterator[dict[str, Any]]:
    """Three people pass eight tokens around; a third of what they say comes twice, in other words."""
    for number in range(count):
        key = f"e{number}"
        occurred = FIRST + timedelta(minutes=draw(key + "minute", 60 * 24 * 60))
        for copy in range(1 + (draw(key + "copies", 3) == 0)):
            chance = f"{key}c{copy}"
            name = ("Song Played", "Push Token Unregistered", "Message Rejected")[
                max(0, draw(key + "n", 8) - 5)
            ]
            token = f"token-{draw(chance + 'token', 8)}"
            user = f"u{draw(key + 'user', 3)}" if draw(key + "known", 2) else None
            arrived = occurred + timedelta(hours=draw(chance + "late", 90))
            told = (
                {"properties": {"fcm_token": token, "suppress_after": 1}}
                if name == "Message Rejected"
                else {}
            )
            if name != "Message Rejected":
                told["context"] = {"device": {"type": "android", "token": token}}
            yield event(key, name, occurred, user=user, anon="a", received_at=arrived, **told)


@pytest.mark.parametrize("order", ["one", "another"])
def test_addresses__of_runs_add_up_to_a_full_refresh(tmp_path: Path, order: str) -> None:
    lake = Lake(tmp_path).lay_empty()
    runs = [datetime(2026, 3, 20), datetime(2026, 4, 10), LAST]
    for number, rows in enumerate(landings(list(tellings(400)), order, len(runs)), 1):
        lake.land(rows, number)
        run = lake.begin_run(runs[number - 1])
        run_dbt(tmp_path, run, "run", "--select", f"+{TOLD}")
    added_up = told(tmp_path)
    run_dbt(tmp_path, lake.begin_run(LAST), "run", "--select", f"+{TOLD}", "--full-refresh")
    assert added_up == told(tmp_path)
    assert len(added_up) > 20
    assert any(row[-1] for row in added_up)


def told(home: Path) -> list[tuple[Any, ...]]:
    columns = "user_id, anonymous_id, address_type, address, platform, first_seen_at, last_seen_at, lost_at"
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(f"select {columns} from {TOLD} order by address_key").fetchall()
