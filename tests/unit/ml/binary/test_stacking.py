import numpy as np
import pandas as pd
import pytest
from skops.io import dumps, get_untrusted_types, loads

from ml.binary.inputs import find_inputs
from ml.binary.learner import LINE, TREES, candidates
from ml.binary.stacking import stack
from ml.metrics import calibration_error, judge_scores, reliability
from ml.safe_format import TRUSTED

ROWS = 3_000


@pytest.fixture(scope="module")
def world():
    """Answers that follow a line, a step and a category; a third of a column is unknown."""
    chance = np.random.default_rng(8)
    frame = pd.DataFrame(
        {
            "line": chance.normal(size=ROWS),
            "step": np.where(chance.random(ROWS) < 0.3, np.nan, chance.normal(size=ROWS)),
            "plan": chance.choice(["month", "year", "decade"], ROWS),
            "still": 1.0,
            "empty": np.nan,
        }
    )
    odds = frame["line"] + 2.0 * (frame["step"] > 0.5) + 1.0 * (frame["plan"] == "month") - 1.5
    answers = (chance.random(ROWS) < 1 / (1 + np.exp(-odds))).astype(float).to_numpy()
    inputs = find_inputs(frame, keep=("line", "step", "still", "empty"))
    return inputs, inputs.matrix(frame), answers


@pytest.fixture(scope="module")
def half(world):
    inputs, matrix, answers = world
    first = np.arange(ROWS) < ROWS // 2
    return stack(candidates(inputs, 1), matrix[first], answers[first], np.arange(ROWS // 2) % 3), first


def test_stack__is_calibrated_on_rows_that_it_has_not_seen(world, half):
    _, matrix, answers = world
    stacked, first = half
    scores = stacked.classifier.predict_proba(matrix[~first])[:, 1]
    assert judge_scores(answers[~first], scores).auc > 0.75
    assert calibration_error(reliability(answers[~first], scores)) < 0.045
    assert calibration_error(reliability(answers[first], stacked.out_of_fold)) < 0.045


def test_stack__tells_out_of_fold_what_a_new_row_would_get(world, half):
    """Trees know the rows that they were fitted on: whoever judged them on those would think far too well of them."""
    _, matrix, answers = world
    stacked, first = half
    seen = judge_scores(answers[first], stacked.classifier.predict_proba(matrix[first])[:, 1]).auc
    unseen = judge_scores(answers[~first], stacked.classifier.predict_proba(matrix[~first])[:, 1]).auc
    told = judge_scores(answers[first], stacked.out_of_fold).auc
    assert abs(told - unseen) < 0.03
    assert seen > told + 0.02


def test_stack__gives_equal_models_for_equal_rows(world, half):
    inputs, matrix, answers = world
    stacked, first = half
    again = stack(candidates(inputs, 1), matrix[first], answers[first], np.arange(ROWS // 2) % 3)
    assert again.weights == stacked.weights
    assert (again.out_of_fold == stacked.out_of_fold).all()


def test_stack__believes_nobody_who_knows_nothing(world):
    """Whatever the candidates say of answers by chance, the bend brings it to the base rate."""
    inputs, matrix, _ = world
    chance = (np.random.default_rng(2).random(1_000) < 0.3).astype(float)
    stacked = stack(candidates(inputs, 1), matrix.iloc[:1_000], chance, np.arange(1_000) % 3)
    assert np.abs(stacked.out_of_fold - 0.3).max() < 0.15


def test_stack__is_kept_in_the_safe_format_as_types_of_scikit_learn_alone(half):
    kept = dumps(half[0].classifier)
    untrusted = get_untrusted_types(data=kept)
    assert all(name.startswith(TRUSTED) for name in untrusted), untrusted
    assert type(loads(kept, trusted=untrusted)).__name__ == "StackingClassifier"


def test_learner__has_two_candidates(world):
    assert set(candidates(world[0], 1)) == {TREES, LINE}
