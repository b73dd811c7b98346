"""A worker is cheap to start, so that killing it is cheap."""

import json
import subprocess
import sys

from kith.settings import child_environment
from tests.integration.delivery.delivery_world import grant, plan

_HEAVY = (
    "dagster",
    "mlflow",
    "pandas",
    "great_expectations",
    "sklearn",
    "dbt",
    "streamlit",
    "duckdb",
    "alembic",
)
_PROGRAM = """
import json, sys
from kith.clock import system_clock
from kith.settings import load_settings
from activation.delivery.worker import deliver
settings = load_settings()
counts = deliver(settings, system_clock(settings))
print(json.dumps({"accepted": counts.accepted, "modules": list(sys.modules)}))
"""
# What any worker of this house must import: the yardstick of how much else it does.
_BARE = """
import json, sys
import jinja2.sandbox, orjson, pyarrow.parquet, pydantic, smtplib, sqlalchemy, yaml
print(json.dumps({"modules": list(sys.modules)}))
"""


def test_worker_start__nothing_heavy_is_imported_and_it_sends(world, clock, sink):
    plan(world, ["a@shop.example"], clock.now())
    grant(world, clock, ["a@shop.example"])
    (world.home / "clock").write_text(clock.now().isoformat())
    worker, bare = _run(_PROGRAM), _run(_BARE)
    assert worker["accepted"] == 1
    assert [name for name in _HEAVY if name in worker["modules"]] == []
    beside = set(worker["modules"]) - set(bare["modules"])
    print(f"modules of a worker beside its bare imports: {len(beside)} and {len(bare['modules'])}")
    assert len(beside) < 0.75 * len(bare["modules"])


def _run(program: str) -> dict:
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=child_environment(KITH_CLOCK="virtual"),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)
