"""The training that a page tells of, with its figures and what its definition says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from dashboards.answers import predictions as answers
from dashboards.reader import Reader
from kith.errors import KithError
from kith.settings import Settings

#: So old what the registry says may be, in seconds.
FRESH_SECONDS = 30


@dataclass(frozen=True)
class Definition:
    """What a prediction's file and model say; empty where the file is gone."""

    path: Path | None = None
    description: str = ""
    meaning: str = ""
    unit: str = ""
    criteria: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    bound: float | None = None


@dataclass(frozen=True)
class Chosen:
    """One training of a model. `state` is what it is now by the registry, `metrics` its published figures."""

    model: str
    version: str
    training: Mapping[str, Any]
    metrics: Mapping[str, float]
    definition: Definition
    state: str

    def curve(self, prefix: str, whole: bool = True) -> list[tuple[float, float]]:
        """A curve kept as `<prefix>NN`, over shares of 0–1, from 0 on; `whole`: it ends at 1."""
        parts = sorted(
            (int(name.removeprefix(prefix)) / 100, value)
            for name, value in self.metrics.items()
            if name.startswith(prefix) and name.removeprefix(prefix).isdigit()
        )
        return [(0.0, 0.0), *parts, *([(1.0, 1.0)] if whole else [])] if parts else []

    @property
    def bins(self) -> pd.DataFrame:
        """`score, rate` of the bins of calibration."""
        numbers = [
            f"bin_{number:02d}" for number in range(1, 11) if f"bin_{number:02d}_score" in self.metrics
        ]
        return pd.DataFrame(
            {
                "score": [self.metrics[f"{each}_score"] for each in numbers],
                "rate": [self.metrics[f"{each}_rate"] for each in numbers],
            }
        )

    @property
    def strengths(self) -> pd.DataFrame:
        """`feature, strength`: by how much each moves scores on average, the strongest first."""
        told = {
            name.removeprefix("strength_"): value
            for name, value in self.metrics.items()
            if name.startswith("strength_")
        }
        return pd.DataFrame(
            sorted(told.items(), key=lambda each: (-each[1], each[0])), columns=["feature", "strength"]
        )


def chosen_of(reader: Reader, training: Mapping[str, Any]) -> Chosen:
    """All that is known of a row of `trainings`."""
    model, version = str(training["model"]), str(training["model_version"])
    return Chosen(
        model=model,
        version=version,
        training=training,
        metrics=answers.metrics_of(reader, model, version),
        definition=definition_of(reader.settings, model),
        state=_state(reader.settings, str(reader.settings.home), reader.run_id, model, version),
    )


def definition_of(settings: Settings, model: str) -> Definition:
    """What the file says, or nothing where it is gone or faulty."""
    from ml.predictions import find_model, find_prediction

    try:
        definition = find_prediction(settings, model)
        kind = find_model(definition.body.model)
    except KithError:
        return Definition()
    return Definition(
        path=definition.path,
        description=definition.body.description,
        meaning=kind.meaning,
        unit=kind.scale.unit,
        criteria=tuple(each.metric for each in kind.criteria),
        limits=tuple(kind.limits),
        bound=definition.body.gate.calibration_error_at_most,
    )


@st.cache_data(ttl=FRESH_SECONDS, max_entries=200, show_spinner=False)
def _state(_settings: Settings, home: str, run_id: str, model: str, version: str) -> str:
    """As `kith models card` says; empty where the lake knows no such training any more."""
    from ml.overview import recorded_of, state_of
    from ml.predictions import find_prediction

    try:
        definition = find_prediction(_settings, model)
        recorded = recorded_of(_settings, model, version)
        return state_of(_settings, definition, recorded) if recorded else ""
    except KithError:
        return ""
