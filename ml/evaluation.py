"""Backtesting: what training would have reached had it been done at earlier times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from kith.run import Run
from kith.settings import Settings
from ml.contract import NotTrainable
from ml.lessons import lesson_of
from ml.predictions import find_model, find_prediction

#: Test windows of a backtest, the latest first, each so much earlier than the one before.
WINDOWS = 3
STEP = timedelta(days=30)


@dataclass(frozen=True)
class Backtest:
    """A training as of `as_of`: people known at `cutoff_at`, judged by what they did after it. `metrics` are
    those that a training records."""

    as_of: datetime
    cutoff_at: datetime
    train_rows: int
    test_rows: int
    candidate: str
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class Evaluation:
    """The windows that could be tested, the latest first; `stopped` says what ended the series."""

    model: str
    windows: tuple[Backtest, ...]
    stopped: str


def evaluate(
    settings: Settings,
    run: Run,
    name: str,
    as_of: datetime | None = None,
    windows: int = WINDOWS,
    advance: Callable[[float], None] = lambda steps: None,
) -> Evaluation:
    """Train and test once per window, each time on what was known then; writes nothing.

    With `as_of` the series begins there. Raises NotTrainable when not even one window works.
    """
    found: list[Backtest] = []
    stopped = ""
    for number in range(windows):
        try:
            found.append(_backtest(settings, run, name, (as_of or run.as_of) - number * STEP))
        except NotTrainable as refusal:
            if not found:
                raise
            stopped = str(refusal)
            break
        advance(1)
    return Evaluation(name, tuple(found), stopped)


@dataclass(frozen=True)
class MonthJudged:
    """What a training at the end of a month would have reached by what decides, or why there would have been none."""

    rows: int
    metric: str
    value: str
    baseline: str
    reason: str


def backtest_month(settings: Settings, run: Run, name: str, ends_at: datetime) -> MonthJudged:
    """One backtest at the end of a month, or at the run's instant if that is earlier."""
    metric = find_model(find_prediction(settings, name).body.model).criteria[0].metric
    try:
        found = _backtest(settings, run, name, min(ends_at, run.as_of))
    except NotTrainable as refusal:
        return MonthJudged(0, metric, "–", "–", str(refusal))
    value, baseline = (found.metrics.get(prefix + metric) for prefix in ("", "baseline_"))
    spoken = [f"{each:.4g}" if each is not None else "–" for each in (value, baseline)]
    return MonthJudged(found.test_rows, metric, *spoken, reason=found.candidate)


def _backtest(settings: Settings, run: Run, name: str, as_of: datetime) -> Backtest:
    definition = find_prediction(settings, name)
    model = find_model(definition.body.model)
    learned = model.learn(lesson_of(settings, run, definition, as_of=as_of))
    from ml.metrics import judge_calibration
    from ml.record import metrics_of

    reliability = judge_calibration(learned.calibration) if learned.calibration else None
    evidence = learned.evidence
    metrics = metrics_of(model.criteria[0], learned, None, reliability)
    return Backtest(
        as_of, evidence.test_cutoff, evidence.train_rows, evidence.test_rows, learned.candidate, metrics
    )
