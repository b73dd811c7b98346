"""Dagster's home below KITH_HOME: no telemetry, no first-visit pop-up."""

from __future__ import annotations

import yaml

from kith.durable import write_durably
from kith.lake import Home
from kith.settings import Settings, export_environment

#: A run's history is written so many events at a time: a write an event costs more than the event.
EVENTS_A_WRITE = "200"

CONFIGURATION = {
    "telemetry": {"enabled": False},
    "nux": {"enabled": False},
    "concurrency": {
        "runs": {"max_concurrent_runs": 4, "tag_concurrency_limits": [{"key": "kith/graph", "limit": 1}]},
    },
    "run_monitoring": {"enabled": True, "start_timeout_seconds": 180},
}


def prepare_instance(settings: Settings) -> str:
    """Write `dagster.yaml` where it differs, and name the folder to Dagster. Answers the folder."""
    folder = Home(settings.home).dagster
    folder.mkdir(parents=True, exist_ok=True)
    content = yaml.safe_dump(CONFIGURATION, sort_keys=False).encode()
    file = folder / "dagster.yaml"
    if not file.exists() or file.read_bytes() != content:
        write_durably(file, content)
    export_environment(
        DAGSTER_HOME=str(folder), KITH_HOME=str(settings.home), DAGSTER_EVENT_BATCH_SIZE=EVENTS_A_WRITE
    )
    return str(folder)
