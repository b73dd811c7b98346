"""Backtesting: what training would have reached had it been done at earlier times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from kith.run import Run
from kith.settings import Settings
from kith.times import from_utc_naive
from ml.contract import NotTrainable
from ml.features import read_features
from ml.learning import learn, seed_of
from ml.metrics import Quality
from ml.predictions import find_prediction

#: Test windows of a backtest, the latest first.
WINDOWS = 3


@dataclass(frozen=True)
class Backtest:
    """One window: people known at `cutoff_at`, judged by what they did in the horizon after it."""

    cutoff_at: datetime
    train_rows: int
    candidate: str
    quality: Quality
    baseline: Quality


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

    With `as_of`, answers that came after it stay unknown. Raises NotTrainable when not even one window works.
    """
    definition = find_prediction(settings, name)
    table = read_features(settings, run, definition, until=as_of)
    seed = seed_of(name, definition.version)
    found: list[Backtest] = []
    stopped = ""
    for skip in range(windows):
        try:
            learned = learn(table, definition.body, seed, skip=skip)
        except NotTrainable as refusal:
            if not found:
                raise
            stopped = str(refusal)
            break
        cutoff = learned.split.test_cutoff.astype("datetime64[us]").item()
        fitted = f"{learned.fitted.candidate} {learned.fitted.calibration}"
        rows = len(learned.split.train.rows)
        found.append(Backtest(from_utc_naive(cutoff), rows, fitted, learned.quality, learned.baseline))
        advance(1)
    return Evaluation(name, tuple(found), stopped)
