"""Next order: in how many days a customer will order again.

The champion is chosen by backtest among the files of `ml/next_order/models/`; see docs/lifetime-value.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ml.contract import DAYS, Criterion, Fitted, Learned, Lesson, Model, Scores
from ml.lifetime.terms import PurchasePrediction
from ml.next_order.tables import NEXT_ORDERS


class NextOrder(Model):
    """Judged by the continuous ranked probability score, and by the error of the middle day, both in days."""

    meaning = (
        "expected days until the next order, who may not come within the horizon counted as coming at its end"
    )
    scale = DAYS
    criteria = (
        Criterion("crps", is_higher_better=False),
        Criterion("median_error", is_higher_better=False),
    )
    terms = PurchasePrediction
    tables = (NEXT_ORDERS,)

    def learn(self, lesson: Lesson) -> Learned:
        from ml.next_order.learning import learn

        return learn(lesson)

    def score(self, fitted: Fitted, lesson: Lesson) -> Scores:
        from ml.next_order.scoring import score

        return score(fitted.artefact, lesson)

    def load(self, folder: Path) -> Any:
        from ml.next_order.learning import load_artefact

        return load_artefact(folder)


plugin = NextOrder()
