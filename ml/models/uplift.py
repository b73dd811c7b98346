"""Uplift: what a message adds to the chance of an order, by the channel where it adds most."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from kith.lake import LakeTable
from ml.contract import Criterion, Fitted, Learned, Lesson, Model, Scale, Scores
from ml.terms import Prediction
from ml.uplift.scoring import UPLIFT, score_effects
from ml.uplift.terms import UpliftPrediction

if TYPE_CHECKING:
    from ml.uplift.effects import Effects


class Uplift(Model):
    """T-, X- and DR-learners on randomised assignments; see docs/uplift.md."""

    meaning = "orders more per message within the horizon, by the channel that adds most"
    scale: ClassVar[Scale] = Scale("probability", -1.0, 1.0)
    criteria: ClassVar[tuple[Criterion, ...]] = (
        Criterion("qini", is_higher_better=True),
        Criterion("qini_lower", is_higher_better=True),
    )
    terms: ClassVar[type[Prediction]] = UpliftPrediction
    tables: ClassVar[tuple[LakeTable, ...]] = (UPLIFT,)

    def learn(self, lesson: Lesson) -> Learned:
        """From past assignments with known propensities, judged on the latest campaigns."""
        from ml.uplift.learning import learn_effects

        return learn_effects(lesson)

    def score(self, fitted: Fitted, lesson: Lesson) -> Scores:
        """Everyone whom consent lets write to."""
        return score_effects(fitted, lesson)

    def load(self, folder: Path) -> Effects:
        """The effects that `Effects.save` wrote."""
        from ml.uplift.effects import load_effects

        return load_effects(folder)


plugin = Uplift()
