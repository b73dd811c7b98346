"""A yes or no with a probability, learned from the feature table and the run's events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ml.binary.recipe import Recipe
from ml.contract import PROBABILITY, Criterion, Fitted, Learned, Lesson, Model, Scale, Scores
from ml.goals import BinaryPrediction
from ml.terms import Prediction


@dataclass(frozen=True)
class BinaryModel(Recipe, Model):
    """A recipe that follows the life cycle of every model."""

    scale: ClassVar[Scale] = PROBABILITY
    criteria: ClassVar[tuple[Criterion, ...]] = (Criterion("log_loss", False), Criterion("auc", True))
    terms: ClassVar[type[Prediction]] = BinaryPrediction

    def learn(self, lesson: Lesson) -> Learned:
        """scikit-learn is imported only after the checks for too little data and for leaks."""
        from ml.binary.learning import learn_from
        from ml.features import read_features
        from ml.leaks import refuse_counts_beyond_events

        table = read_features(lesson)
        refuse_counts_beyond_events(lesson)
        return learn_from(self, table, lesson.terms, lesson.seed, lesson.advance)

    def score(self, fitted: Fitted, lesson: Lesson) -> Scores:
        """The population's probabilities of a yes at the one cut-off `lesson.as_of`."""
        from ml.features import read_features

        table = read_features(lesson, at=lesson.as_of)
        if not len(table):
            return Scores((), table.label)
        from ml.binary.scoring import score_rows

        return score_rows(fitted, table, lesson.definition.name)
