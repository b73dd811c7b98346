"""How an artefact is kept in MLflow and got back: scikit-learn's in the safe format (skops), any other kind as a folder
of its own plain files beside a script that reads them (`ml/served.py`). Nothing is ever pickled."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ml.contract import Fitted
from ml.safe_format import trusted_types

#: The key of our own notes in a model's metadata.
KIND = "kith"

REQUIREMENTS = ("scikit-learn", "skops", "pandas", "numpy")
SCRIPT = Path(__file__).with_name("served.py")
FILES = "files"


def log_artefact(mlflow: Any, name: str, model: str, fitted: Fitted) -> Any:
    """Log what was learned to the active run, with signature, requirements and metadata spelled out: to infer the
    requirements takes 10 s."""
    is_files = hasattr(fitted.artefact, "save")
    notes = {"model": model, "is_files": is_files, "has_columns": bool(fitted.columns)}
    known = {
        "name": name,
        "signature": _signature(fitted.columns),
        "pip_requirements": list(REQUIREMENTS),
        "metadata": json.loads(json.dumps({**fitted.metadata, KIND: notes})),
    }
    return (
        _log_files(mlflow, model, fitted.artefact, known)
        if is_files
        else _log_estimator(mlflow, fitted.artefact, known)
    )


def artefact_of(mlflow: Any, address: str, *, is_files: bool) -> Any:
    """The artefact that an address (`models:/…`) leads to."""
    if is_files:
        return mlflow.pyfunc.load_model(address).unwrap_python_model().artefact
    import mlflow.sklearn as estimators

    return estimators.load_model(address)


def _log_files(mlflow: Any, model: str, artefact: Any, known: dict[str, Any]) -> Any:
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*(input example was not provided|Add type hints to the)")
        artefact.save(Path(folder))
        return mlflow.pyfunc.log_model(
            python_model=str(SCRIPT), artifacts={FILES: folder}, model_config={"model": model}, **known
        )


def _log_estimator(mlflow: Any, estimator: Any, known: dict[str, Any]) -> Any:
    import mlflow.sklearn as estimators

    return estimators.log_model(
        estimator,
        serialization_format="skops",
        skops_trusted_types=trusted_types(estimator),
        pyfunc_predict_fn="predict_proba" if hasattr(estimator, "predict_proba") else "predict",
        **known,
    )


def _signature(columns: tuple[str, ...]) -> Any:
    """Numbers by name, or the profile alone where a model reads the tables of a run."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema

    inputs: list[Any] = [ColSpec(DataType.double, column, required=False) for column in columns]
    if not inputs:
        inputs.append(ColSpec(DataType.string, "profile_id"))
    return ModelSignature(Schema(inputs), Schema([ColSpec(DataType.double)]))
