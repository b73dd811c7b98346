"""MLflow: the one caller. Runs, artefacts and registry lie under `home.mlflow`; nothing leaves the machine.

MLflow is imported inside functions: that costs 2 s, and a new database 4 to 8 s of migrations. What scoring
asks first (is there a champion at all?) is read from the registry's SQLite file without it.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from kith.lake import Home
from kith.settings import export_environment

ALIAS = "champion"
DATABASE = "mlflow.db"

#: Whose types may be loaded again from the safe format (skops): its own list lags behind scikit-learn.
TRUSTED = ("sklearn.", "numpy.", "scipy.")
REQUIREMENTS = ("scikit-learn", "skops", "pandas", "numpy")


@dataclass(frozen=True)
class Training:
    """What is recorded of one training run. `files` are artefacts by name: a figure, or data for JSON."""

    model: str
    title: str
    parameters: Mapping[str, Any]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    classifier: Any
    columns: Sequence[str]
    files: Mapping[str, Any]
    metadata: Mapping[str, Any]
    is_champion: bool


@dataclass(frozen=True)
class Registered:
    """Where a training run is found again."""

    version: str
    run_id: str


@dataclass(frozen=True)
class Champion:
    """A loaded model. `metadata` is what its training put beside it."""

    version: str
    classifier: Any
    columns: tuple[str, ...]
    metadata: Mapping[str, Any]


def tracking_uri(home: Home) -> str:
    """Where MLflow keeps its records."""
    return f"sqlite:///{home.mlflow / DATABASE}"


def champion_version(home: Home, model: str) -> str | None:
    """The registered version that the alias names, or None. Costs a millisecond."""
    file = home.mlflow / DATABASE
    if not file.exists():
        return None
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        try:
            row = connection.execute(
                "SELECT version FROM registered_model_aliases WHERE name = ? AND alias = ?", (model, ALIAS)
            ).fetchone()
        except sqlite3.OperationalError:  # a database whose tables aren't there yet
            return None
    return str(row[0]) if row else None


def load_champion(home: Home, model: str) -> Champion | None:
    """`models:/<model>@champion`, or None where no version has the alias."""
    version = champion_version(home, model)
    if version is None:
        return None
    mlflow = _mlflow(home)
    address = f"models:/{model}@{ALIAS}"
    classifier = mlflow.sklearn.load_model(address)
    info = mlflow.models.get_model_info(address)
    return Champion(version, classifier, tuple(info.signature.inputs.input_names()), info.metadata or {})


def record(home: Home, training: Training) -> Registered:
    """One training run with its model, registered; the alias moves if it is to be champion."""
    mlflow = _mlflow(home)
    client = mlflow.MlflowClient()
    experiment = _experiment(home, client, training.model)
    with mlflow.start_run(experiment_id=experiment, run_name=training.title, tags=dict(training.tags)) as run:
        mlflow.log_params(dict(training.parameters))
        mlflow.log_metrics(dict(training.metrics))
        for name, content in training.files.items():
            log = mlflow.log_figure if name.endswith(".png") else mlflow.log_dict
            log(content, name)
        logged = _log_model(mlflow, training)
    _ensure_registered(client, training.model)
    version = client.create_model_version(training.model, source=logged.model_uri, run_id=run.info.run_id)
    if training.is_champion:
        client.set_registered_model_alias(training.model, ALIAS, version.version)
    return Registered(str(version.version), run.info.run_id)


def prepare(home: Home) -> None:
    """Lay out MLflow's database; nothing happens when it is there."""
    _mlflow(home).MlflowClient().search_experiments(max_results=1)


def _mlflow(home: Home) -> Any:
    # A missing git executable is no news here, and GitPython asks the environment alone.
    export_environment(GIT_PYTHON_REFRESH="quiet", MLFLOW_DISABLE_TELEMETRY="true")
    import mlflow
    import mlflow.sklearn

    home.mlflow.mkdir(parents=True, exist_ok=True)
    for noisy in ("mlflow", "alembic"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    mlflow.set_tracking_uri(tracking_uri(home))
    mlflow.set_registry_uri(tracking_uri(home))
    return mlflow


def _experiment(home: Home, client: Any, model: str) -> str:
    found = client.get_experiment_by_name(model)
    if found:
        return found.experiment_id
    return client.create_experiment(model, artifact_location=(home.mlflow / "artifacts" / model).as_uri())


def _ensure_registered(client: Any, model: str) -> None:
    if not client.search_registered_models(filter_string=f"name = '{model}'"):
        client.create_registered_model(model)


def _log_model(mlflow: Any, training: Training) -> Any:
    """With the signature and the requirements spelled out: inferring them takes 10 s."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema

    inputs = Schema([ColSpec(DataType.double, column, required=False) for column in training.columns])
    outputs = Schema([ColSpec(DataType.double)])
    return mlflow.sklearn.log_model(
        training.classifier,
        name=training.model,
        signature=ModelSignature(inputs, outputs),
        pip_requirements=list(REQUIREMENTS),
        serialization_format="skops",
        skops_trusted_types=_trusted_types(training.classifier),
        pyfunc_predict_fn="predict_proba",
        metadata=dict(training.metadata),
    )


def _trusted_types(classifier: Any) -> list[str]:
    """The types in a model that was just trained here; what is of no known library is refused on saving."""
    from skops.io import dumps, get_untrusted_types

    found = get_untrusted_types(data=dumps(classifier))
    return [name for name in found if name.startswith(TRUSTED)]
