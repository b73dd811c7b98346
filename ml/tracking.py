"""MLflow: the one caller. Runs, artefacts and registry lie under `home.mlflow`; nothing leaves the machine.

MLflow is imported inside functions: that costs 2 s, and a new database 4 to 8 s of migrations. What scoring
asks first (is there a champion at all?) is read from the registry's SQLite file without it.
"""

from __future__ import annotations

import logging
import sqlite3
import warnings
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kith.lake import Home
from kith.settings import export_environment
from ml.artefacts import KIND, artefact_of, log_artefact
from ml.contract import Fitted
from ml.relocation import follow_home

CHAMPION, CHALLENGER = "champion", "challenger"
DATABASE = "mlflow.db"


@dataclass(frozen=True)
class Training:
    """What is recorded of one training run of the prediction `name` by the model file `model`. `files` are artefacts by
    name: a figure, data for JSON, or text. `is_champion`: the champion's alias moves here, else the challenger's."""

    name: str
    model: str
    title: str
    parameters: Mapping[str, Any]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    fitted: Fitted
    files: Mapping[str, Any]
    is_champion: bool


@dataclass(frozen=True)
class Registered:
    """Where a training run is found again."""

    version: str
    run_id: str


@dataclass(frozen=True)
class Champion:
    """A loaded model and its version."""

    version: str
    fitted: Fitted


def tracking_uri(home: Home) -> str:
    """Where MLflow keeps its records."""
    return f"sqlite:///{home.mlflow / DATABASE}"


def champion_version(home: Home, name: str, alias: str = CHAMPION) -> str | None:
    """The registered version that the alias names, or None. Costs a millisecond."""
    file = home.mlflow / DATABASE
    if not file.exists():
        return None
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        try:
            row = connection.execute(
                "SELECT version FROM registered_model_aliases WHERE name = ? AND alias = ?", (name, alias)
            ).fetchone()
        except sqlite3.OperationalError:  # a database whose tables aren't there yet
            return None
    return str(row[0]) if row else None


def load_champion(home: Home, name: str) -> Champion | None:
    """`models:/<name>@champion`, or None where no version has the alias."""
    version = champion_version(home, name)
    if version is None:
        return None
    mlflow = _mlflow(home)
    address = f"models:/{name}@{CHAMPION}"
    info = mlflow.models.get_model_info(address)
    columns = tuple(info.signature.inputs.input_names())
    metadata = dict(info.metadata or {})
    kind = metadata.pop(KIND, {})
    artefact = artefact_of(mlflow, address, is_files=bool(kind.get("is_files")))
    return Champion(version, Fitted(artefact, columns if kind.get("has_columns", True) else (), metadata))


def record(home: Home, training: Training) -> Registered:
    """One training run with its model, registered; one of the two aliases moves to it."""
    mlflow = _mlflow(home)
    client = mlflow.MlflowClient()
    experiment = _experiment(home, client, training.name)
    with mlflow.start_run(experiment_id=experiment, run_name=training.title, tags=dict(training.tags)) as run:
        mlflow.log_params(dict(training.parameters))
        mlflow.log_metrics(dict(training.metrics))
        logs = {".png": mlflow.log_figure, ".json": mlflow.log_dict}
        for name, content in training.files.items():
            logs.get(Path(name).suffix, mlflow.log_text)(content, name)
        logged = log_artefact(mlflow, training.name, training.model, training.fitted)
    _ensure_registered(client, training.name)
    version = client.create_model_version(training.name, source=logged.model_uri, run_id=run.info.run_id)
    alias = CHAMPION if training.is_champion else CHALLENGER
    client.set_registered_model_alias(training.name, alias, version.version)
    return Registered(str(version.version), run.info.run_id)


def retire_champion(home: Home, name: str) -> None:
    """Take the champion's alias away: nobody scores until a model passes the gate."""
    _mlflow(home).MlflowClient().delete_registered_model_alias(name, CHAMPION)


def prepare(home: Home) -> None:
    """Lay out MLflow's database; nothing happens when it is there."""
    _mlflow(home).MlflowClient().search_experiments(max_results=1)


def _mlflow(home: Home) -> Any:
    # A missing git executable is no news here, and GitPython asks the environment alone.
    export_environment(
        GIT_PYTHON_REFRESH="quiet",
        MLFLOW_DISABLE_TELEMETRY="true",
        MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR="false",
    )
    import mlflow

    home.mlflow.mkdir(parents=True, exist_ok=True)
    follow_home(home.mlflow / DATABASE, home.mlflow)
    warnings.filterwarnings("ignore", message=".*Add type hints to the `predict` method")
    for noisy in ("mlflow", "alembic"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    mlflow.set_tracking_uri(tracking_uri(home))
    mlflow.set_registry_uri(tracking_uri(home))
    return mlflow


def _experiment(home: Home, client: Any, name: str) -> str:
    found = client.get_experiment_by_name(name)
    if found:
        return found.experiment_id
    return client.create_experiment(name, artifact_location=(home.mlflow / "artifacts" / name).as_uri())


def _ensure_registered(client: Any, name: str) -> None:
    if not client.search_registered_models(filter_string=f"name = '{name}'"):
        client.create_registered_model(name)
