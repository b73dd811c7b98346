"""Lifetime value: what a customer will bring within the horizon.

The champion is chosen by backtest among the files of `ml/lifetime/models/`; see docs/lifetime-value.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ml.contract import AMOUNT, Criterion, Fitted, Learned, Lesson, Model, Scores
from ml.lifetime.tables import LIFETIME_VALUES
from ml.lifetime.terms import PurchasePrediction


class LifetimeValue(Model):
    """Judged by the mean error of value per customer, and by its root mean square, which a few great ones decide."""

    meaning = (
        "expected amount of a customer's purchases within the horizon, in the currency of most customers"
    )
    scale = AMOUNT
    criteria = (
        Criterion("value_error", is_higher_better=False),
        Criterion("value_rmse", is_higher_better=False),
    )
    terms = PurchasePrediction
    tables = (LIFETIME_VALUES,)

    def learn(self, lesson: Lesson) -> Learned:
        from ml.lifetime.learning import learn

        return learn(lesson)

    def score(self, fitted: Fitted, lesson: Lesson) -> Scores:
        from ml.lifetime.scoring import score

        return score(fitted.artefact, lesson)

    def load(self, folder: Path) -> Any:
        from ml.lifetime.learning import load_artefact

        return load_artefact(folder)


plugin = LifetimeValue()
