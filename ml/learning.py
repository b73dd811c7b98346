"""Learning one prediction from a table of features: split by time, refuse leaks, fit, judge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kith.ids import stable_id
from kith.registry import plugin
from ml.contract import BinaryModel
from ml.features import FeatureTable
from ml.leaks import refuse_leaks
from ml.predictions import Prediction
from ml.split import Split, split_by_time

if TYPE_CHECKING:
    from ml.contract import Floats
    from ml.fitting import Fitted
    from ml.metrics import Quality


@dataclass(frozen=True)
class Learned:
    """A fitted model with what it and the baseline reached on the test window."""

    split: Split
    fitted: Fitted
    scores: Floats
    quality: Quality
    baseline_scores: Floats
    baseline: Quality


def find_model(body: Prediction) -> BinaryModel:
    """The model file that a prediction names."""
    return plugin("ml.models", body.model, BinaryModel)


def seed_of(name: str, version: str) -> int:
    """The seed of a prediction's training: equal definitions on equal rows give equal models."""
    return int(stable_id(name, version, "seed")[:8], 16) % 2**31


def learn(
    table: FeatureTable,
    body: Prediction,
    seed: int,
    *,
    skip: int = 0,
    advance: Callable[[float], None] = lambda steps: None,
) -> Learned:
    """Learn with the latest known window as the test (`skip` windows earlier, in a backtest).

    Raises NotTrainable, with counts, where too little is known or a feature leaks. scikit-learn is imported
    only after those checks.
    """
    model = find_model(body)
    split = split_by_time(table, model.answers(table.label), body, skip=skip)
    refuse_leaks(table, split.train)
    from ml.fitting import fit_baseline, fit_binary
    from ml.metrics import judge_scores

    fitted = fit_binary(model, split, seed, advance)
    scores, usual = fitted.scores(split.test), fit_baseline(model, split)
    answers = split.test.answers
    return Learned(split, fitted, scores, judge_scores(answers, scores), usual, judge_scores(answers, usual))
