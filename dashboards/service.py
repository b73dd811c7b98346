"""How `kith up` starts the dashboards."""

from __future__ import annotations

import sys

from kith.service import Service
from kith.settings import Settings

HOST, PORT = "127.0.0.1", 8501


def dashboards_command(settings: Settings, port: int = PORT) -> list[str]:
    """The words of the process that serves the dashboards on loopback."""
    script = settings.project / "dashboards" / "app.py"
    options = ["--server.address", HOST, "--server.port", str(port), "--server.headless", "true"]
    return [sys.executable, "-m", "streamlit", "run", str(script), *options]


SERVICE = Service(
    name="dashboards",
    title="Dashboards",
    command=dashboards_command,
    url=f"http://{HOST}:{PORT}",
    order=40,
)
