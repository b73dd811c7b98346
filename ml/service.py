"""MLflow's own pages, for `kith up`."""

from __future__ import annotations

import sys

from kith.lake import Home
from kith.service import Service
from kith.settings import Settings
from ml.relocation import follow_home
from ml.tracking import DATABASE, tracking_uri

ADDRESS, PORT = "127.0.0.1", 5000


def command(settings: Settings) -> list[str]:
    """The server reads what training wrote; it is the only one that may listen, and on loopback alone."""
    home = Home(settings.home)
    home.mlflow.mkdir(parents=True, exist_ok=True)
    follow_home(home.mlflow / DATABASE, home.mlflow)
    words = [sys.executable, "-m", "mlflow", "server", "--host", ADDRESS, "--port", str(PORT)]
    words += ["--backend-store-uri", tracking_uri(home), "--default-artifact-root"]
    return [*words, (home.mlflow / "artifacts").as_uri(), "--workers", "1"]


SERVICE = Service(
    name="mlflow",
    title="MLflow",
    command=command,
    url=f"http://{ADDRESS}:{PORT}",
    environment={"GIT_PYTHON_REFRESH": "quiet"},
    order=40,
)
