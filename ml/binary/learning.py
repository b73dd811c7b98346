"""Learning one yes or no from a table of features: split by time, refuse leaks, stack, judge."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kith.times import from_utc_naive
from ml.binary.recipe import Recipe
from ml.binary.split import Split, Window, folds_of, split_rows
from ml.contract import Evidence, Learned, NotTrainable
from ml.features import FeatureTable
from ml.goals import BinaryPrediction
from ml.hashing import hash_of
from ml.leaks import refuse_leaks

if TYPE_CHECKING:
    import pandas as pd

    from ml.binary.inputs import Inputs


def learn_from(
    recipe: Recipe,
    table: FeatureTable,
    terms: BinaryPrediction,
    seed: int,
    advance: Callable[[float], None] = lambda share: None,
) -> Learned:
    """Learn with the latest known window as the test.

    Raises NotTrainable, with counts, where too little is known or a feature leaks. scikit-learn is imported
    only after those checks.
    """
    split = split_rows(table, terms)
    if not table.columns and not table.traits:
        raise NotTrainable("there is no feature to learn from")
    refuse_leaks(table, split.train.rows, split.train.answers)
    folds = folds_of(split.train)
    from ml.binary.baselines import RULES
    from ml.binary.judging import judged
    from ml.binary.stacking import stack

    inputs, matrix = _taken(split.train, terms)
    stacked = stack(recipe.candidates(inputs, seed), matrix, split.train.answers, folds, advance)
    usual = {name: RULES[name](split, inputs) for name in recipe.baselines}
    return judged(recipe.meaning, terms, split, stacked, inputs, usual, evidence_of(split))


def _taken(train: Window, terms: BinaryPrediction) -> tuple[Inputs, pd.DataFrame]:
    """The inputs and their matrix; what seems to have come with the answer is none of them."""
    from ml.binary.inputs import find_inputs
    from ml.binary.strangers import refuse_telling_categories, without_strangers

    frame = train.rows.frame()
    inputs = find_inputs(frame, keep=train.rows.columns)
    if terms.goal.trait:
        inputs = without_strangers(inputs, frame, train.answers, terms)
    matrix = inputs.matrix(frame)
    refuse_telling_categories(inputs, matrix, train.answers, terms)
    return inputs, matrix


def evidence_of(split: Split) -> Evidence:
    """What was learned from and judged on."""
    import numpy as np

    train = split.train
    return Evidence(
        train_cutoffs=[_instant(each) for each in np.unique(train.rows.cutoffs)],
        test_cutoff=_instant(split.test_cutoff),
        train_rows=len(train.rows),
        test_rows=len(split.test.rows),
        data_hash=_hash(train),
    )


def _hash(train: Window) -> str:
    rows = train.rows
    return hash_of(
        rows.profiles, rows.cutoffs.astype("int64"), list(rows.columns), rows.values, train.answers
    )


def _instant(cutoff: Any) -> datetime:
    return from_utc_naive(cutoff.astype("datetime64[us]").item())
