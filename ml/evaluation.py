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
