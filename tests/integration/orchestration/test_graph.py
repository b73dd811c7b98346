"""The whole graph on a handful of events: nothing new changes nothing, a refused batch stops it, a run over the
past stays apart, a lost warehouse is rebuilt, one run at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import md5
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from kith.clock import FixedClock
from kith.errors import KithError
from kith.init import initialise
from kith.lake import Home
from kith.landing import LandingLog
from kith.settings import Settings, load_settings
from kith.snapshot import current_snapshot

pytestmark = pytest.mark.whole

NOW = datetime(2026, 3, 1, 8, 0, 30, tzinfo=UTC)


class Shop:
    """A home, and the clock that its runs read."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.home = settings, Home(settings.home)
        self.set_clock(NOW)

    def set_clock(self, instant: datetime) -> None:
        self.settings.clock_file.write_text(instant.isoformat())
        self.now = instant

    def land(self, lines: list[bytes], source: str = "web", ago: timedelta = timedelta(minutes=5)) -> None:
        log = LandingLog(self.home, source, FixedClock(self.now))
        log.append(lines, self.now - ago)
        log.close()

    def run(self, as_of: str = "") -> dict[str, Any]:
        from dagster_project.commands import materialise, summarise

        return summarise(materialise(self.settings, as_of, None))

    def checksums(self) -> dict[str, str]:
        """Each published table's rows, whatever their order."""
        present = current_snapshot(self.home)
        assert present is not None
        return {name: _checksum(path) for name, path in present.tables().items()}


def _checksum(path: Path) -> str:
    rows = sorted(json.dumps(row, default=str, sort_keys=True) for row in pq.read_table(path).to_pylist())
    return md5("\n".join(rows).encode()).hexdigest()


def orders(first: int, count: int, at: datetime) -> list[bytes]:
    return [
        json.dumps(
            {
                "type": "track",
                "event": "Order Completed",
                "messageId": f"m{number}",
                "userId": f"u{number % 3}",
                "anonymousId": f"a{number % 3}",
                "timestamp": (at - timedelta(days=number % 9, minutes=number)).isoformat(),
                "properties": {
                    "order_id": f"o{number}",
                    "currency": "EUR",
                    "products": [{"product_id": "p1", "name": "Cup", "price": 4.5, "quantity": 2}],
                },
            }
        ).encode()
        for number in range(first, first + count)
    ]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KITH_HOME", str(tmp_path_factory.mktemp("graph") / "home"))
        patch.setenv("KITH_CLOCK", "virtual")
        settings = load_settings()
        initialise(settings)
        shop = Shop(settings)
        shop.land(orders(0, 12, NOW - timedelta(days=5)), ago=timedelta(days=5))
        shop.land(orders(12, 8, NOW))
        yield shop


def test_graph__ends_with_a_published_snapshot(shop: Shop) -> None:
    summary = shop.run()
    assert summary["compacted"]["rows_in"] == summary["compacted"]["rows_landed"] == 20
    present = current_snapshot(shop.home)
    assert present is not None
    assert present.run_id == summary["opened"]["run_id"]
    assert pq.read_table(present.table("orders")).num_rows == 20
    assert pq.read_table(present.table("profiles")).num_rows == 3


def test_graph__with_nothing_new_changes_nothing(shop: Shop) -> None:
    before, commits = shop.checksums(), _commits(shop)
    summary = shop.run()
    assert summary["compacted"]["rows_in"] == 0
    assert summary["planned"]["planned"] == 0
    after = shop.checksums()
    assert before.pop("sync_rows") != after.pop("sync_rows"), (
        "a snapshot knows the syncs of the run before it"
    )
    assert after == before
    assert _commits(shop) == commits


def test_graph__over_the_past_stays_apart(shop: Shop) -> None:
    before = shop.checksums()
    summary = shop.run("2026-02-25")
    assert summary["opened"]["is_replay"]
    assert shop.checksums() == before
    replay = shop.home.replays / summary["opened"]["run_id"] / "published"
    assert pq.read_table(replay / "orders.parquet").num_rows == 12, "late rows count from when they came"


def test_graph__rebuilds_a_lost_or_broken_warehouse(shop: Shop) -> None:
    before = shop.checksums()
    shop.home.warehouse.unlink()
    shop.run()
    assert shop.checksums() == before


def test_graph__stops_where_a_batch_is_refused_and_goes_on_without_it(shop: Shop) -> None:
    shop.set_clock(NOW + timedelta(hours=1))
    pointer = current_snapshot(shop.home)
    shop.land([b"not json"] * 50, source="feed")
    with pytest.raises(KithError, match=r"feed.*kith held"):
        shop.run()
    assert current_snapshot(shop.home) == pointer
    assert [path for path in shop.home.held.iterdir() if path.is_dir()]
    shop.land(orders(20, 5, shop.now))
    summary = shop.run()
    assert summary["compacted"]["rows_landed"] == 5
    assert current_snapshot(shop.home) != pointer


def test_graph__runs_once_at_a_time(shop: Shop) -> None:
    import fcntl

    with open(shop.home.locks / "graph", "ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(KithError, match="another run of the graph is at work"):
            shop.run()
    shop.run()


def _commits(shop: Shop) -> list[str]:
    return sorted(str(path.relative_to(shop.home.lake)) for path in shop.home.lake.glob("*/*"))
