"""A small world for syncs: a snapshot that the test writes, a sink that counts what took effect."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from aiohttp import web

from activation.syncs.running import Engine, Report
from kith.clock import Clock
from kith.lake import Home
from kith.run import RUN_SCHEMA
from kith.settings import Settings
from kith.times import to_utc_naive
from kith.warehouse import Warehouse


def publish(
    settings: Settings, clock: Clock, tables: Mapping[str, pa.Table | Sequence[Mapping[str, Any]]]
) -> None:
    """A snapshot of just these tables, and the pointer on it."""
    home = Home(settings.home)
    number = len(list(home.published.glob("*/"))) + 1
    folder = home.published / f"{number:06d}-{clock.now():%Y%m%dT%H%M%SZ}"
    folder.mkdir(parents=True)
    row = {"run_id": folder.name, "as_of": to_utc_naive(clock.now()), "previous_as_of": None, "zone": "UTC"}
    pq.write_table(pa.Table.from_pylist([row], schema=RUN_SCHEMA), folder / "run.parquet")
    for name, rows in tables.items():
        table = rows if isinstance(rows, pa.Table) else pa.Table.from_pylist([dict(each) for each in rows])
        pq.write_table(table, folder / f"{name}.parquet")
    (home.published / "CURRENT").write_text(folder.name)


def define(settings: Settings, monkeypatch: Any, **definition: Any) -> Settings:
    """One definition, in a folder of definitions of its own."""
    folder = settings.home / "definitions"
    (folder / "syncs").mkdir(parents=True, exist_ok=True)
    told = {"name": "people", "from": {"table": "people"}, "key": "id", "mode": "upsert", **definition}
    if told["mode"] == "audience":
        told.pop("key")
    (folder / "syncs" / f"{told['name']}.yml").write_text(yaml.safe_dump(told))
    monkeypatch.setenv("KITH_DEFINITIONS", str(folder))
    return settings.model_copy(update={"definitions": folder})


def engine(settings: Settings, clock: Clock) -> Engine:
    """An engine that never really waits."""
    return Engine(settings, clock, pause=lambda seconds: None)


def run(settings: Settings, clock: Clock, name: str = "people", **options: Any) -> Report:
    return engine(settings, clock).run(name, **options)


def outcomes(settings: Settings) -> list[dict[str, Any]]:
    """Every row of the log, in its order."""
    with Warehouse(settings) as warehouse:
        warehouse.attach_lake("syncs")
        return warehouse.rows("SELECT * FROM lake_syncs_outcomes ORDER BY commit_name, position")


class Sink:
    """An HTTP endpoint on loopback. `honours_key`: a batch told again under its key has no further effect.

    `answers` is a list of (status, body, headers) that the next calls meet instead, before any effect.
    """

    def __init__(self, honours_key: bool = True) -> None:
        self.honours_key = honours_key
        self.answers: list[tuple[int, Any, dict[str, str]]] = []
        self.effects: Counter[str] = Counter()
        self.removed: Counter[str] = Counter()
        self.rows: dict[str, dict[str, Any]] = {}
        self.calls: list[dict[str, Any]] = []
        self.keeps_calls = False
        self._seen: set[str] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Sink:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._begin(), self._loop).result(10)
        return self

    def __exit__(self, *_failure: object) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def forget(self) -> None:
        """What took effect so far; keys that were told stay known."""
        self.effects.clear()
        self.removed.clear()
        self.rows.clear()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/rows"

    async def _begin(self) -> None:
        app = web.Application(client_max_size=64 << 20)
        app.router.add_post("/rows", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, backlog=1024)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def _take(self, request: web.Request) -> web.Response:
        told = orjson.loads(await request.read())
        if self.keeps_calls:
            self.calls.append({"headers": dict(request.headers), "body": told})
        if self.answers:
            status, body, headers = self.answers.pop(0)
            if status >= 300:
                return web.Response(status=status, text=json.dumps(body), headers=headers)
            self._effect(request, told, {each["index"] for each in body.get("errors", [])})
            return web.Response(status=status, text=json.dumps(body), headers=headers)
        self._effect(request, told, set())
        return web.Response(status=200)

    def _effect(self, request: web.Request, told: Any, refused: set[int]) -> None:
        key = request.headers["idempotency-key"]
        if self.honours_key and key in self._seen:
            return
        self._seen.add(key)
        data = told["data"]
        if data["operation"] in ("delete", "remove"):
            self.removed.update(data["keys"])
            for each in data["keys"]:
                self.rows.pop(each, None)
            return
        rows = [row for place, row in enumerate(data["rows"]) if place not in refused]
        self.effects.update(row["id"] for row in rows)
        self.rows |= {row["id"]: row for row in rows}
