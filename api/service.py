"""The API among the services of `kith up`."""

import sys

from kith.service import Service
from kith.settings import Settings

PORT = 8300


def _command(_settings: Settings) -> list[str]:
    return [sys.executable, "-m", "kith.cli.main", "serve", "--host", "127.0.0.1", "--port", str(PORT)]


SERVICE = Service(
    name="api",
    title="API (links of messages)",
    command=_command,
    url=f"http://127.0.0.1:{PORT}/health",
    order=20,
)
