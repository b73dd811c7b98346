"""How well a trait is foretold from the other columns of a table: repeated, stratified folds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ml.binary.baselines import best_column
from ml.binary.inputs import Inputs, find_inputs
from ml.binary.learner import candidates
from ml.binary.refusals import refuse_too_few
from ml.binary.stacking import stack
from ml.binary.strangers import Stranger, find_strangers
from ml.contract import NotTrainable
from ml.goals import BinaryPrediction
from ml.traits.tables import answers_of

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from ml.contract import Floats
    from ml.metrics import Quality

SPLITS, REPEATS = 5, 5

#: Folds within a training set, from which is learned how far each candidate is believed.
INNER = 3


@dataclass(frozen=True)
class Question:
    """A table made ready: the matrix of inputs of the rows (n) whose answer is known."""

    inputs: Inputs
    matrix: pd.DataFrame
    answers: Floats
    strangers: Sequence[Stranger]


@dataclass(frozen=True)
class FoldQuality:
    """One fold: what the model and the best single column reach on rows that neither has seen."""

    repeat: int
    quality: Quality
    baseline: Quality
    column: str
    weights: Mapping[str, float]


@dataclass(frozen=True)
class TraitQuality:
    """The folds, and the calibration error of each repeat over all rows (every row foretold once)."""

    folds: Sequence[FoldQuality]
    calibration_errors: Sequence[float]

    def mean(self, metric: str) -> float:
        """Of the model, over the folds."""
        return sum(getattr(each.quality, metric) for each in self.folds) / len(self.folds)

    def deviation(self, metric: str) -> float:
        """Its standard deviation over the folds."""
        import numpy as np

        return float(np.std([getattr(each.quality, metric) for each in self.folds], ddof=1))

    def baseline(self, metric: str) -> float:
        """Of the best single column, over the folds."""
        return sum(getattr(each.baseline, metric) for each in self.folds) / len(self.folds)


def question_of(terms: BinaryPrediction, table: pd.DataFrame) -> Question:
    """The inputs and answers that a definition finds in a table.

    What seems to have come with the answer is left out, unless the definition knows better. Raises NotTrainable, with
    counts, where the trait isn't there or too little is known of it.
    """
    import numpy as np

    trait = terms.goal.trait or ""
    if trait not in table.columns:
        raise NotTrainable(f"there is no column {trait}: {', '.join(map(str, table.columns))}")
    answers = answers_of(table[trait], terms.goal.is_)
    known = ~np.isnan(answers)
    refuse_too_few("the table", answers[known], terms)
    rows = table[known].reset_index(drop=True)
    inputs = find_inputs(rows, {trait, *terms.leave_out})
    found = find_strangers(inputs.matrix(rows), inputs, answers[known])
    strangers = [each for each in found if each.column not in terms.known_before]
    inputs = inputs.without({each.column: str(each) for each in strangers})
    if not inputs.columns:
        raise NotTrainable(f"no column can be learned from: {_told(inputs.left_out)}")
    return Question(inputs, inputs.matrix(rows), answers[known], strangers)


def evaluate_trait(
    question: Question,
    seed: int,
    *,
    splits: int = SPLITS,
    repeats: int = REPEATS,
    advance: Callable[[float], None] = lambda steps: None,
) -> TraitQuality:
    """`repeats` times `splits` stratified folds, each learned from the others alone; `advance` counts folds."""
    import numpy as np
    from sklearn.model_selection import RepeatedStratifiedKFold

    from ml.metrics import calibration_error, reliability

    dealt = RepeatedStratifiedKFold(n_splits=splits, n_repeats=repeats, random_state=seed)
    folds, errors = [], []
    told = np.empty(len(question.answers))
    for number, (learned, asked) in enumerate(dealt.split(question.matrix, question.answers)):
        fold, told[asked] = _judge(question, learned, asked, number // splits, seed)
        folds.append(fold)
        if number % splits == splits - 1:
            errors.append(calibration_error(reliability(question.answers, told)))
        advance(1)
    return TraitQuality(folds, errors)


def inner_folds(answers: Floats, seed: int, splits: int = INNER) -> np.ndarray:
    """A fold number for each row (n), with the answers evenly dealt."""
    import numpy as np
    from sklearn.model_selection import StratifiedKFold

    numbers = np.empty(len(answers), dtype=int)
    dealt = StratifiedKFold(splits, shuffle=True, random_state=seed)
    for number, (_, inside) in enumerate(dealt.split(answers, answers)):
        numbers[inside] = number
    return numbers


def _judge(
    question: Question, learned: Any, asked: Any, repeat: int, seed: int
) -> tuple[FoldQuality, Floats]:
    from ml.metrics import judge_scores

    matrix, answers = question.matrix.iloc[learned], question.answers[learned]
    rows, truth = question.matrix.iloc[asked], question.answers[asked]
    found = stack(candidates(question.inputs, seed), matrix, answers, inner_folds(answers, seed))
    scores = found.classifier.predict_proba(rows)[:, 1]
    column, rates = best_column(question.inputs, matrix, answers, rows)
    quality, usual = judge_scores(truth, scores), judge_scores(truth, rates)
    return FoldQuality(repeat, quality, usual, column, found.weights), scores


def _told(left_out: Mapping[str, str]) -> str:
    return "; ".join(f"{name} is {why}" for name, why in left_out.items()) or "there is none"
