"""Training a prediction: learn, judge, pass the gate or not, record. The reason is kept either way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kith.definitions import Definition
from kith.lake import Home
from kith.log import get_logger
from kith.run import Run
from kith.settings import Settings
from kith.times import format_instant, to_utc_naive
from ml import tracking
from ml.contract import Learned, Lesson, NotTrainable
from ml.lessons import lesson_of
from ml.model_runs import ModelRun, append_run, last_training
from ml.predictions import find_model, find_prediction
from ml.terms import Prediction

if TYPE_CHECKING:
    from ml.gate import Metrics, Verdict
    from ml.metrics import Bin, Reliability

_log = get_logger(__name__)

#: Learned, judged, recorded: what `advance` counts to.
STEPS = 3


@dataclass(frozen=True)
class TrainingResult:
    """What came of a training, or why there was none. `metrics` are of the test window, the latest whose
    answers are known; those of the strongest baseline and of the former champion have its name in front."""

    model: str
    is_trained: bool
    is_champion: bool
    reason: str
    model_version: str | None = None
    commit: str | None = None
    train_rows: int = 0
    test_rows: int = 0
    metrics: Mapping[str, float] = field(default_factory=dict)
    reliability: tuple[Bin, ...] = ()


def train_if_due(settings: Settings, run: Run, name: str) -> TrainingResult:
    """Train if the last training is too old, of another definition, or lost its champion.

    What can't be trained is told of, not raised: the run goes on with the last good champion.
    """
    definition = find_prediction(settings, name)
    waiting = _not_due(Home(settings.home), run, definition)
    if waiting:
        return TrainingResult(name, False, False, waiting)
    try:
        return train(settings, run, name)
    except NotTrainable as refusal:
        _log.warning("%s was not trained: %s", name, refusal)
        return TrainingResult(name, False, False, str(refusal))


def train(
    settings: Settings, run: Run, name: str, advance: Callable[[float], None] = lambda steps: None
) -> TrainingResult:
    """Train on what the run knows and record it in MLflow and `lake/models`.

    Raises NotTrainable, with counts, when there is too little to learn from, a feature leaks, or the run is a
    replay: a model of then would overrule the one of now.
    """
    if run.is_replay:
        raise NotTrainable("a run over the past trains nothing")
    definition, home = find_prediction(settings, name), Home(settings.home)
    model = find_model(definition.body.model)
    lesson = lesson_of(settings, run, definition, advance=advance)
    learned = model.learn(lesson)
    champion = _champion_metrics(home, name, learned)
    from ml.gate import judge
    from ml.metrics import judge_calibration

    reliability = judge_calibration(learned.calibration) if learned.calibration else None
    verdict = judge(
        model.criteria, learned.metrics, learned.baselines, champion, reliability, definition.body.gate
    )
    advance(1)
    verdict = _retired(home, lesson, learned, champion, reliability, verdict)
    result = _record(home, lesson, learned, champion, reliability, verdict)
    advance(1)
    return result


def _not_due(home: Home, run: Run, definition: Definition[Prediction]) -> str | None:
    if run.is_replay:
        return "a run over the past trains nothing"
    last = last_training(home, definition.name)
    if last is None or last.definition_version != definition.version:
        return None
    if tracking.champion_version(home, definition.name) is None and last.is_champion:
        return None
    due_at = last.as_of + definition.body.retrain_every
    return None if run.as_of >= due_at else f"next training is due at {format_instant(due_at)}"


def _champion_metrics(home: Home, name: str, learned: Learned) -> Metrics | None:
    """What the present champion reaches on the very same rows; None without one that still can score them."""
    champion = tracking.load_champion(home, name)
    if champion is None:
        return None
    lost = sorted(set(champion.fitted.columns) - set(learned.fitted.columns))
    if lost:
        _log.warning("the champion of %s needs features that are gone: %s", name, ", ".join(lost))
        return None
    return learned.judge(champion.fitted)


def _retired(
    home: Home,
    lesson: Lesson,
    learned: Learned,
    champion: Metrics | None,
    reliability: Reliability | None,
    verdict: Verdict,
) -> Verdict:
    """A champion that wouldn't pass any more loses its place, even where nobody takes it: its scores would mislead."""
    if verdict.is_champion or champion is None:
        return verdict
    from ml.gate import Verdict, lost_ground

    name, body = lesson.definition.name, lesson.definition.body
    criteria, rows = find_model(body.model).criteria, learned.evidence.test_rows
    lost = lost_ground(criteria, champion, learned.baselines, reliability, rows, body.gate)
    if not lost:
        return verdict
    _log.warning("%s has no champion any more: %s", name, lost)
    tracking.retire_champion(home, name)
    return Verdict(False, f"{verdict.reason}; {lost}, and is retired")


def _record(
    home: Home,
    lesson: Lesson,
    learned: Learned,
    champion: Metrics | None,
    reliability: Reliability | None,
    verdict: Verdict,
) -> TrainingResult:
    from ml.record import metrics_of, record_of, strengths_of

    definition, evidence = lesson.definition, learned.evidence
    criterion = find_model(definition.body.model).criteria[0]
    metrics = metrics_of(criterion, learned, champion, reliability)
    registered = tracking.record(home, record_of(lesson, learned, metrics, reliability, verdict))
    entry = ModelRun(
        model=definition.name,
        model_version=registered.version,
        mlflow_run_id=registered.run_id,
        definition_version=definition.version,
        as_of=lesson.as_of,
        horizon_days=definition.body.horizon.days,
        train_rows=evidence.train_rows,
        test_rows=evidence.test_rows,
        test_cutoff_at=to_utc_naive(evidence.test_cutoff),
        candidate=learned.candidate,
        metrics={**metrics, **strengths_of(learned)},
        is_champion=verdict.is_champion,
        reason=verdict.reason,
    )
    return TrainingResult(
        model=definition.name,
        is_trained=True,
        is_champion=verdict.is_champion,
        reason=verdict.reason,
        model_version=registered.version,
        commit=append_run(home, entry),
        train_rows=evidence.train_rows,
        test_rows=evidence.test_rows,
        metrics=metrics,
        reliability=reliability.bins if reliability else (),
    )
