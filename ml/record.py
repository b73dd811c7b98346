"""What a training run leaves behind, whatever the kind: parameters, metrics, pictures and tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kith.definitions import Definition
from kith.times import format_instant
from ml.cards import STRENGTHS, Card, card_of, render_card
from ml.contract import Criterion, Learned, Lesson
from ml.drift import REFERENCE, reference_of
from ml.gate import Metrics, Verdict
from ml.metrics import Reliability
from ml.overview import Recorded
from ml.predictions import find_model
from ml.tracking import Training


def record_of(
    lesson: Lesson,
    learned: Learned,
    metrics: Mapping[str, float],
    reliability: Reliability | None,
    verdict: Verdict,
) -> Training:
    """All that MLflow is given of one training run."""
    definition = lesson.definition
    reference = reference_of(learned.inputs, learned.scores)
    files: dict[str, Any] = {f"{name}.png": draw() for name, draw in learned.plots.items()}
    files |= {f"{name}.json": rows for name, rows in learned.tables.items()}
    files |= {"definition.json": definition.document, "baselines.json": _plain(learned.baselines)}
    if reliability:
        files["reliability.json"] = [vars(each) for each in reliability.bins]
    card = _card(lesson, learned, metrics, verdict)
    files |= {f"card.{kind}": render_card(card, kind) for kind in ("md", "html")}
    return Training(
        name=definition.name,
        model=definition.body.model,
        title=f"{definition.name} as of {format_instant(lesson.as_of)}",
        parameters=_parameters(lesson, learned),
        metrics=metrics,
        tags=_tags(definition, verdict),
        fitted=replace(learned.fitted, metadata={**learned.fitted.metadata, REFERENCE: reference}),
        files=files,
        is_champion=verdict.is_champion,
    )


def _card(lesson: Lesson, learned: Learned, metrics: Mapping[str, float], verdict: Verdict) -> Card:
    evidence = learned.evidence
    recorded = Recorded(
        version=None,
        as_of=format_instant(lesson.as_of)[:19],
        train_rows=evidence.train_rows,
        test_rows=evidence.test_rows,
        test_cutoff=format_instant(evidence.test_cutoff)[:16].replace("T", " "),
        candidate=learned.candidate,
        reason=verdict.reason,
        metrics=metrics,
    )
    strengths = learned.tables.get("strengths")
    return card_of(
        lesson.definition,
        find_model(lesson.definition.body.model),
        recorded,
        state="passed the gate" if verdict.is_champion else "refused by the gate; its scores aren't used",
        strengths=strengths if isinstance(strengths, Mapping) else None,
        data_hash=evidence.data_hash,
    )


def metrics_of(
    criterion: Criterion, learned: Learned, champion: Metrics | None, reliability: Reliability | None
) -> dict[str, float]:
    """The model's figures by name, `baseline_…` those of the strongest rule of thumb, `champion_…` the champion's."""
    found = dict(learned.metrics)
    strongest = _strongest(criterion, list(learned.baselines.values()))
    found |= {f"baseline_{name}": value for name, value in strongest.items()}
    found |= {f"champion_{name}": value for name, value in (champion or {}).items()}
    found |= reliability.metrics() if reliability else {}
    return {name: float(value) for name, value in found.items()}


def strengths_of(learned: Learned) -> dict[str, float]:
    """`strength_<feature>` of the features that move scores most, the strongest first; none where a model tells none."""
    told = learned.tables.get("strengths")
    if not isinstance(told, Mapping):
        return {}
    return {f"strength_{name}": float(value) for name, value in list(told.items())[:STRENGTHS]}


def _strongest(criterion: Criterion, baselines: list[Metrics]) -> Metrics:
    best: Metrics = baselines[0] if baselines else {}
    for each in baselines[1:]:
        best = each if criterion.is_better(each, best) else best
    return best


def _plain(baselines: Mapping[str, Metrics]) -> dict[str, dict[str, float]]:
    return {name: {key: float(value) for key, value in each.items()} for name, each in baselines.items()}


def _parameters(lesson: Lesson, learned: Learned) -> dict[str, Any]:
    evidence = learned.evidence
    cutoffs = [format_instant(each)[:19] for each in sorted(evidence.train_cutoffs)]
    return {
        "as_of": format_instant(lesson.as_of),
        "run_id": lesson.run.run_id,
        "definition_version": lesson.definition.version,
        "candidate": learned.candidate,
        "seed": lesson.seed,
        "features": len(learned.fitted.columns),
        "train_cutoffs": f"{cutoffs[0]} … {cutoffs[-1]} ({len(cutoffs)})" if cutoffs else "–",
        "test_cutoff": format_instant(evidence.test_cutoff)[:19],
        "train_rows": evidence.train_rows,
        "test_rows": evidence.test_rows,
        "data_hash": evidence.data_hash,
        **learned.parameters,
    }


def _tags(definition: Definition[Any], verdict: Verdict) -> dict[str, str]:
    """MLflow would name the user of the machine and the path of the script: neither belongs in a record."""
    return {
        "mlflow.user": "kith",
        "mlflow.source.name": "kith models train",
        "prediction": definition.name,
        "gate": "passed" if verdict.is_champion else "refused",
        "gate_reason": verdict.reason,
    }
