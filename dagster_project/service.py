"""The Dagster UI and its daemon, for `kith up`."""

from __future__ import annotations

import sys
from pathlib import Path

from kith.service import Service
from kith.settings import Settings

PORT = 8301


def _command(settings: Settings) -> list[str]:
    from dagster_project.instance import prepare_instance

    prepare_instance(settings)
    dagster = str(Path(sys.executable).parent / "dagster")
    return [
        dagster,
        "dev",
        "-w",
        str(settings.project / "workspace.yaml"),
        "-h",
        "127.0.0.1",
        "-p",
        str(PORT),
    ]


SERVICES = [Service("dagster", "Dagster UI", _command, f"http://127.0.0.1:{PORT}/server_info", order=5)]
