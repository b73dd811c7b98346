"""The sign of a leak in a table that has no times: a stranger among the columns.

What is known of people hangs together: whoever pays by the month is newer, whoever is older earns more. A column that
tells the answer well on its own, while nothing else in the table tells anything about it once the answer is given,
didn't come from what was known of the person: it came with the answer. The length of the very call that is to be
foretold is such a one. A strong column that others share in (what a visitor looked at, what a contract costs) isn't.

A treatment dealt out at random would be a stranger too; whoever has one says so (`known_before`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ml.binary.baselines import rates_by_value
from ml.contract import NotTrainable
from ml.leaks import TOO_GOOD, separation
from ml.threads import one_thread

if TYPE_CHECKING:
    import pandas as pd

    from ml.binary.inputs import Inputs
    from ml.contract import Floats
    from ml.goals import BinaryPrediction

#: Nothing below is looked at: a weak stranger is a new piece of knowledge, or chance.
STRONG = 0.75

#: Share of its variance within each answer that the others explain. Bank marketing's `duration` has -0.01, the
#: strongest honest columns of the three public sets 0.08 (PageValues) to 0.9.
ACQUAINTED = 0.03

#: Fewer rows or other columns can't tell who belongs.
LEAST_ROWS = 1_000
LEAST_OTHERS = 5
MOST_ROWS = 4_000
FOLDS = 5


@dataclass(frozen=True)
class Stranger:
    """`strength` is the AUC of the column alone; `explained` the share of it that the others know, given the
    answer. Of the `silent_rows` at its quiet end `silent_yes` answered yes, where `expected_yes` would be usual."""

    column: str
    strength: float
    explained: float
    silent_rows: int
    silent_yes: int
    expected_yes: float

    def __str__(self) -> str:
        quiet = (
            f"{self.silent_yes} yes in the tenth where it is least so, {self.expected_yes:.0f} would be usual"
        )
        return (
            f"{self.column} tells the answer alone (AUC {self.strength:.3f}) and nothing else tells of it "
            f"({max(self.explained, 0.0):.3f} explained): it seems to have come with the answer; {quiet}"
        )


def refuse_telling_categories(
    inputs: Inputs, matrix: pd.DataFrame, answers: Floats, terms: BinaryPrediction
) -> None:
    """Raise NotTrainable where a category alone tells the answer; numbers are looked at by `ml.leaks`."""
    for name in inputs.categories:
        strength = separation(answers, rates_by_value(matrix[name].to_numpy(), answers))
        if strength >= TOO_GOOD and name not in terms.known_before:
            raise NotTrainable(
                f"leak: {name} alone tells the answer (AUC {strength:.3f}, at most {TOO_GOOD}); "
                "'known_before' takes it if it is known when the question is asked"
            )


def without_strangers(
    inputs: Inputs, frame: pd.DataFrame, answers: Floats, terms: BinaryPrediction
) -> Inputs:
    """The inputs less those that seem to have come with the answer, unless the definition knows better."""
    found = find_strangers(inputs.matrix(frame), inputs, answers)
    return inputs.without({each.column: str(each) for each in found if each.column not in terms.known_before})


def find_strangers(matrix: pd.DataFrame, inputs: Inputs, answers: Floats, seed: int = 0) -> list[Stranger]:
    """The numbers among the columns of n rows that seem to have come with the answer, by column."""
    import numpy as np

    if len(answers) < LEAST_ROWS or len(inputs.columns) - 1 < LEAST_OTHERS:
        return []
    chosen = np.random.default_rng(seed).permutation(len(answers))[:MOST_ROWS]
    rows, given = matrix.iloc[chosen].reset_index(drop=True), answers[chosen]
    found = []
    for name in inputs.numbers:
        strength = separation(given, rows[name].to_numpy())
        if strength < STRONG:
            continue
        explained = _explained(rows, name, inputs, given, seed)
        if explained < ACQUAINTED:
            found.append(Stranger(name, strength, explained, *_quiet_end(matrix[name].to_numpy(), answers)))
    return found


def _explained(rows: pd.DataFrame, name: str, inputs: Inputs, answers: Floats, seed: int) -> float:
    """R² of the column's ranks, less their mean within each answer, by all other columns; across folds."""
    import numpy as np
    from scipy.stats import rankdata
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.model_selection import KFold, cross_val_predict

    ranks = rankdata(rows[name].fillna(rows[name].min() - 1))
    for answer in (0, 1):
        ranks[answers == answer] -= ranks[answers == answer].mean()
    others = rows.drop(columns=name)
    categories: Any = [each for each in inputs.categories if each != name] or None
    trees = HistGradientBoostingRegressor(
        max_iter=60,
        categorical_features=categories,
        early_stopping=False,  # pyright: ignore[reportArgumentType]  (the hints know "auto" alone)
        random_state=seed,
    )
    with one_thread():
        told = cross_val_predict(trees, others, ranks, cv=KFold(FOLDS, shuffle=True, random_state=seed))
    return float(1 - np.square(ranks - told).sum() / np.square(ranks).sum())


def _quiet_end(values: Floats, answers: Floats) -> tuple[int, int, float]:
    """Rows, yes among them and as many as would be usual, in the tenth of the values with the fewest yes."""
    import numpy as np

    low, high = np.nanquantile(values, [0.1, 0.9])
    ends = [mask for mask in (values <= low, values >= high) if mask.any()]
    quiet = min(ends, key=lambda mask: answers[mask].mean())
    return int(quiet.sum()), int(answers[quiet].sum()), float(quiet.sum() * answers.mean())
