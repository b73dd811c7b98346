"""`sync_push`: a million changed rows to an HTTP sink in batches of 1,000, marks and log included, beside drt-core."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.bench.frame import Entry

ROWS, OF_BASELINE, BATCH = 1_000_000, 50_000, 1_000
FIELDS = ("id", "email", "country", "tier", "order_count", "amount")


def prepare(folder: Path) -> None:
    """The table, published; the definition of the sync; a virtual environment with drt-core, where it can be had."""
    import duckdb

    from kith.init import initialise
    from kith.lake import Home
    from kith.settings import load_settings

    settings = load_settings(home=folder / "home")
    initialise(settings)
    run = Home(settings.home).published / "000001-20260501T080000Z"
    run.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(_PEOPLE.format(rows=ROWS, file=run / "people.parquet"))
        connection.execute(
            f"""
            COPY (SELECT '{run.name}' AS run_id, TIMESTAMP '2026-05-01 08:00:00' AS as_of,
                CAST(NULL AS TIMESTAMP) AS previous_as_of, 'UTC' AS zone) TO '{run}/run.parquet' (FORMAT parquet)"""
        )
    (run.parent / "CURRENT").write_text(run.name)
    told = {"name": "people", "from": {"table": "people"}, "to": "webhook", "mode": "upsert", "key": "id"}
    definition = {
        **told,
        "fields": list(FIELDS),
        "options": {"receiver": "deduplicates", "batch_size": BATCH},
    }
    (folder / "definitions" / "syncs").mkdir(parents=True)
    (folder / "definitions" / "syncs" / "people.yml").write_text(yaml.safe_dump(definition))
    _fetch_drt(folder)


_PEOPLE = """
    COPY (
        SELECT 'c' || g AS id, 'user' || g || '@example.net' AS email, ['DE', 'FR', 'IN', 'US'][1 + (g % 4)] AS country,
            ['gold', 'silver', 'basic'][1 + (g % 3)] AS tier, g % 30 AS order_count, (g % 9000) / 100.0 AS amount
        FROM (SELECT CAST(range AS BIGINT) AS g FROM range({rows}))
    ) TO '{file}' (FORMAT parquet)"""


def _fetch_drt(folder: Path) -> None:
    """A place of its own: its locks are not ours. Where the registry is out of reach the other baseline is taken."""
    if subprocess.run([sys.executable, "-m", "venv", str(folder / "drt")], check=False).returncode == 0:
        command = [str(folder / "drt" / "bin" / "pip"), "install", "-q", "drt-core"]
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _serve(ready: Any, told: Any) -> None:
    """The sink: counts bytes, rows by their ids' number, and answers."""
    import asyncio

    from aiohttp import web

    counted = {"rows": 0, "calls": 0}

    async def take(request: web.Request) -> web.Response:
        body = await request.read()
        counted["rows"] += body.count(b'"id"')
        counted["calls"] += 1
        return web.Response()

    async def tell(_request: web.Request) -> web.Response:
        return web.json_response(counted)

    async def main() -> None:
        app = web.Application(client_max_size=64 << 20)
        app.router.add_post("/rows", take)
        app.router.add_get("/counted", tell)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        ready.put(runner.addresses[0][1])
        await asyncio.to_thread(told.get)
        await runner.cleanup()

    asyncio.run(main())


class _Sink:
    """In a process of its own."""

    def __enter__(self) -> _Sink:
        context = multiprocessing.get_context("spawn")
        ready, self._told = context.SimpleQueue(), context.SimpleQueue()
        self._process = context.Process(target=_serve, args=(ready, self._told), daemon=True)
        self._process.start()
        self.url = f"http://127.0.0.1:{ready.get()}"
        return self

    def __exit__(self, *_failure: object) -> None:
        self._told.put(None)
        self._process.join(5)

    def rows(self) -> int:
        from urllib.request import urlopen

        with urlopen(f"{self.url}/counted") as answer:
            return int(json.load(answer)["rows"])


def load() -> None:
    """Imports are apart, of either side."""
    import duckdb  # noqa: F401
    import pyarrow.parquet  # noqa: F401

    import activation.destinations.webhook
    import activation.syncs.running  # noqa: F401


def reset(folder: Path) -> None:
    """Nothing was ever sent."""
    import shutil

    for place in ("lake/syncs", "syncs"):
        shutil.rmtree(folder / "home" / place, ignore_errors=True)
    for file in (folder / "home").glob("state.db*"):
        file.unlink()
    from kith.init import initialise
    from kith.settings import load_settings

    initialise(load_settings(home=folder / "home"))


def ours(folder: Path) -> Mapping[str, Any]:
    """`kith syncs run` as it is: compared, planned, pushed by marked batches, every row's outcome in the lake"""
    import time

    began = time.perf_counter()
    with _Sink() as sink:
        from activation.syncs.running import Engine
        from kith.clock import WallClock
        from kith.settings import export_environment, load_settings

        export_environment(KITH_SYNC_WEBHOOK_URL=f"{sink.url}/rows")
        settings = load_settings(home=folder / "home", definitions=folder / "definitions")
        started, used = time.perf_counter(), time.process_time()
        report = Engine(settings, WallClock()).run("people")
        took, used = time.perf_counter() - started, time.process_time() - used
        assert report.outcomes == {"accepted": ROWS}, report
        rows = sink.rows()
    return {
        "rows": rows,
        "rate": ROWS / took,
        "used": used,
        "apart_seconds": time.perf_counter() - began - took,
    }


def baseline(folder: Path) -> Mapping[str, Any]:
    """drt-core's REST destination, 1,000 rows a request (its batch mode), over 50,000 of the rows, scaled to all"""
    import time

    began = time.perf_counter()
    with _Sink() as sink:
        python = folder / "drt" / "bin" / "python"
        program = _DRT if _has_drt(python) else _HTTPX
        runner = str(python) if _has_drt(python) else sys.executable
        file = next((folder / "home" / "published").glob("0*/people.parquet"))
        rows = _rows(file)
        child = subprocess.run(
            [runner, "-c", program, f"{sink.url}/rows"],
            input=json.dumps(rows),
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "DRT_TELEMETRY_DISABLED": "1", "DO_NOT_TRACK": "1"},
        )
        took, used = map(float, child.stdout.split()[-2:])
        assert sink.rows() == OF_BASELINE
    scale = ROWS / OF_BASELINE
    whole = took * scale
    return {"rows": ROWS, "rate": OF_BASELINE / took, "used": used * scale,
            "by": "drt-core" if program is _DRT else "httpx",
            "apart_seconds": time.perf_counter() - began - whole}  # fmt: skip


def _has_drt(python: Path) -> bool:
    return python.exists() and subprocess.run([str(python), "-c", "import drt"], check=False).returncode == 0


def _rows(file: Path) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    return pq.read_table(file).slice(0, OF_BASELINE).to_pylist()


_HTTPX = """
import json, sys, time, httpx
rows = json.load(sys.stdin)
began, used = time.perf_counter(), time.process_time()
with httpx.Client() as client:
    for row in rows:
        client.post(sys.argv[1], json=row).raise_for_status()
print(time.perf_counter() - began, time.process_time() - used)
"""

_DRT = """
import json, sys, time
from drt.config.models import RestApiDestinationConfig, SyncOptions
from drt.destinations.rest_api import RestApiDestination
rows = json.load(sys.stdin)
config = RestApiDestinationConfig(
    type="rest_api", url=sys.argv[1], method="POST", body_mode="batch", batch_template="{{ rows | tojson }}"
)
options = SyncOptions(batch_size=1000, rate_limit={"requests_per_second": 1000000})
began, used = time.perf_counter(), time.process_time()
for start in range(0, len(rows), 1000):
    found = RestApiDestination().load(rows[start:start + 1000], config, options)
    assert found.failed == 0, found
print(time.perf_counter() - began, time.process_time() - used)
"""

ENTRY = Entry(
    name="sync_push",
    work=f"{ROWS:,} changed rows of 6 columns to a loopback sink, {BATCH:,} a call",
    prepare=prepare,
    ours=ours,
    baseline=baseline,
    load=load,
    reset=reset,
    target=10.0,
    agree=lambda one, other: one["rows"] == other["rows"],
    further=lambda one, other: {
        "rows_per_second": round(one["rate"]), "baseline_rows_per_second": round(other["rate"]), "beside": other["by"],
        "engine_cpu_seconds": round(one["used"], 4), "baseline_cpu_seconds": round(other["used"], 4),
        "cpu_ratio": round(other["used"] / one["used"], 4),
    },
)  # fmt: skip
