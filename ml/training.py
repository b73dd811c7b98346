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
from kith.times import format_instant
from ml import tracking
from ml.contract import NotTrainable
from ml.features import read_features
from ml.leaks import refuse_counts_beyond_events
from ml.learning import Learned, learn, seed_of
from ml.model_runs import ModelRun, append_run, last_training
from ml.predictions import Prediction, find_prediction

if TYPE_CHECKING:
    from ml.gate import Verdict
    from ml.metrics import Bin, Quality

_log = get_logger(__name__)

#: Fitted candidates, judgement, importances, record: what `advance` counts to.
STEPS = 5


@dataclass(frozen=True)
class TrainingResult:
    """What came of a training, or why there was none. `metrics` are of the test window, the latest whose
    answers are known; those of the recency baseline and of the former champion have its name in front."""

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
    """Train on the run's features and record it in MLflow and `lake/models`.

    Raises NotTrainable, with counts, when there is too little to learn from, a feature leaks, or the run is a
    replay: a model of then would overrule the one of now.
    """
    if run.is_replay:
        raise NotTrainable("a run over the past trains nothing")
    definition = find_prediction(settings, name)
    table = read_features(settings, run, definition)
    refuse_counts_beyond_events(settings, run, definition)
    seed = seed_of(name, definition.version)
    learned = learn(table, definition.body, seed, advance=advance)
    champion = _champion_quality(Home(settings.home), name, learned, definition.body)
    from ml.gate import judge

    verdict = judge(learned.quality, learned.baseline, champion, definition.body.gate)
    advance(1)
    return _record(Home(settings.home), run, definition, learned, champion, verdict, seed, advance)


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


def _champion_quality(home: Home, name: str, learned: Learned, body: Prediction) -> Quality | None:
    """What the present champion reaches on the very same rows; None without one that still can score them."""
    champion = tracking.load_champion(home, name)
    if champion is None:
        return None
    lost = sorted(set(champion.columns) - set(learned.fitted.columns))
    if lost:
        _log.warning("the champion of %s needs features that are gone: %s", name, ", ".join(lost))
        return None
    from ml.fitting import probabilities
    from ml.metrics import judge_scores

    test = learned.split.test
    return judge_scores(test.answers, probabilities(champion.classifier, test.rows.frame(champion.columns)))


def _record(
    home: Home,
    run: Run,
    definition: Definition[Prediction],
    learned: Learned,
    champion: Quality | None,
    verdict: Verdict,
    seed: int,
    advance: Callable[[float], None],
) -> TrainingResult:
    from ml.metrics import reliability
    from ml.record import bin_metrics, record_of

    metrics = _metrics(learned, champion)
    bins = tuple(reliability(learned.split.test.answers, learned.scores))
    registered = tracking.record(home, record_of(run, definition, learned, metrics, verdict, seed))
    advance(1)
    test_cutoff = learned.split.test_cutoff.astype("datetime64[us]").item()
    train_rows, test_rows = len(learned.split.train.rows), len(learned.split.test.rows)
    entry = ModelRun(
        model=definition.name,
        model_version=registered.version,
        mlflow_run_id=registered.run_id,
        definition_version=definition.version,
        as_of=run.as_of,
        horizon_days=definition.body.horizon.days,
        train_rows=train_rows,
        test_rows=test_rows,
        test_cutoff_at=test_cutoff,
        candidate=f"{learned.fitted.candidate} {learned.fitted.calibration}",
        metrics=metrics | bin_metrics(bins),
        is_champion=verdict.is_champion,
        reason=verdict.reason,
    )
    written = append_run(home, entry)
    advance(1)
    return TrainingResult(
        definition.name,
        True,
        verdict.is_champion,
        verdict.reason,
        registered.version,
        written,
        train_rows,
        test_rows,
        metrics,
        bins,
    )


def _metrics(learned: Learned, champion: Quality | None) -> dict[str, float]:
    found = learned.quality.metrics() | learned.baseline.metrics("baseline_")
    return found | (champion.metrics("champion_") if champion else {})
