"""What the Dagster UI shows of predictions: plots and cards of trainings, drift of scorings, tables of backtests."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg

from dagster_project.resources import Graph
from kith.lake import Home

#: Plots of more bytes stay in MLflow: the UI's database keeps what is shown.
LARGEST = 60_000


def training_shown(home: Home, found: Mapping[str, Any]) -> dict[str, dg.MetadataValue]:
    """The model card of each training with its first plot, and one table of verdicts."""
    shown: dict[str, dg.MetadataValue] = {}
    for name, each in found.items():
        if each.is_trained:
            card, plots = _artefacts(home, name)
            pictures = "\n\n".join(map(_picture, plots))
            shown[f"card of {name}"] = dg.MetadataValue.md(f"{card}\n\n{pictures}")
    return shown


def _artefacts(home: Home, name: str) -> tuple[str, list[Path]]:
    """The card and the plots of the newest training run."""
    cards = sorted(
        (home.mlflow / "artifacts" / name).glob("*/artifacts/card.md"), key=lambda file: file.stat().st_mtime
    )
    if not cards:
        return "", []
    return cards[-1].read_text(encoding="utf-8"), sorted(cards[-1].parent.glob("*.png"))


def _picture(file: Path) -> str:
    content = file.read_bytes()
    if len(content) > LARGEST:
        return f"{file.stem}: see MLflow"
    return f"![{file.stem}](data:image/png;base64,{base64.b64encode(content).decode()})"


def usable_check(name: str, graph: Graph, predictions: list[str]) -> dg.AssetCheckResult:
    """Whether each prediction has a champion that may be used; a warning, since segments have their fallbacks."""
    from ml.predictions import find_prediction
    from ml.scoring import why_unusable

    found = {
        each: why_unusable(graph.home, find_prediction(graph.settings, each), graph.run.as_of)
        for each in predictions
    }
    unusable = {each: reason for each, reason in found.items() if reason}
    return dg.AssetCheckResult(
        passed=not unusable,
        check_name=name,
        severity=dg.AssetCheckSeverity.WARN,
        metadata=dict(unusable),
    )


def steady_check(name: str, found: Mapping[str, Any]) -> dg.AssetCheckResult:
    """Whether the scores of each lie as they did when its champion was judged."""
    from ml.drift import SCORE

    moved = {
        model: round(drift.index, 4)
        for model, each in found.items()
        for drift in each.drift
        if drift.feature == SCORE and drift.reading == "drifted"
    }
    return dg.AssetCheckResult(
        passed=not moved, check_name=name, severity=dg.AssetCheckSeverity.WARN, metadata=dict(moved)
    )


def drift_shown(found: Mapping[str, Any]) -> dg.MetadataValue:
    """All that is no longer stable, as a table."""
    rows = [
        f"| {model} | {drift.feature} | {drift.index:.3f} | {drift.reading} |"
        for model, each in found.items()
        for drift in each.drift
        if drift.reading != "stable"
    ]
    head = ["| prediction | feature | stability index | |", "|---|---|---|---|"]
    return dg.MetadataValue.md("\n".join([*head, *rows]) if rows else "nothing moved")


def backtests_shown(found: Mapping[str, Any]) -> dg.MetadataValue:
    """The deciding figure of each prediction beside its strongest rule of thumb, or why there is none."""
    head = ["| prediction | people | metric | model | rule of thumb | |", "|---|---|---|---|---|---|"]
    rows = [f"| {name} | {each.rows} | {each.metric} | {each.value} | {each.baseline} | {each.reason} |"
            for name, each in found.items()]  # fmt: skip
    return dg.MetadataValue.md("\n".join([*head, *rows]))
