"""Splitting: learn from the windows that were over, test on the latest that is known. What has no window (a trait) is
split by person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kith.ids import share
from ml.binary.refusals import refuse_too_few
from ml.contract import NotTrainable
from ml.features import FeatureTable
from ml.goals import BinaryPrediction

if TYPE_CHECKING:
    import numpy as np

    from ml.contract import Floats

FOLDS = 3

#: The share of the people of whom a trait is known that are kept for judging.
JUDGED_SHARE = 0.3


@dataclass(frozen=True)
class Window:
    """Rows with their answers (0 or 1)."""

    rows: FeatureTable
    answers: Floats


@dataclass(frozen=True)
class Split:
    """`train` holds all cut-offs whose windows had ended by that of `test`."""

    train: Window
    test: Window
    test_cutoff: np.datetime64


def split_rows(table: FeatureTable, terms: BinaryPrediction) -> Split:
    """As the goal asks for: by time, or by person."""
    return split_by_person(table, terms) if terms.goal.trait else split_by_time(table, terms)


def split_by_person(table: FeatureTable, terms: BinaryPrediction) -> Split:
    """The latest cut-off alone, three in ten people of whom the trait is known kept for the test.

    Raises NotTrainable, with counts, when there are too few rows or answers of a kind.
    """
    import numpy as np

    latest = table.cutoffs == table.cutoffs.max() if len(table) else np.zeros(0, dtype=bool)
    asked = np.array([share(each, "trait test") < JUDGED_SHARE for each in table.profiles], dtype=bool)
    known = latest & ~np.isnan(table.label)
    train, test = (Window(table.take(mask), table.label[mask]) for mask in (known & ~asked, known & asked))
    refuse_too_few("the training people", train.answers, terms)
    refuse_too_few("the test people", test.answers, terms)
    return Split(train, test, test_cutoff=table.cutoffs.max())


def split_by_time(table: FeatureTable, terms: BinaryPrediction) -> Split:
    """Test on the latest cut-off with known answers, train on all whose windows had ended by then.

    Raises NotTrainable, with counts, when there are too few windows, rows or answers of a kind.
    """
    import numpy as np

    known = np.unique(table.cutoffs[~np.isnan(table.label)])
    earlier = known[known + np.timedelta64(terms.horizon) <= known[-1]] if len(known) else known
    if not len(earlier):
        raise NotTrainable(
            f"{len(known)} cut-offs with known answers, at least 2 that lie {terms.horizon.days} days apart are "
            f"needed{_silences(table)}"
        )
    train, test = (_window(table, chosen) for chosen in (earlier, known[-1:]))
    refuse_too_few("the training windows", train.answers, terms)
    refuse_too_few("the test window", test.answers, terms)
    return Split(train, test, test_cutoff=known[-1])


def folds_of(window: Window, count: int = FOLDS) -> np.ndarray:
    """A fold number for each row: all rows of a person are in one, for they know each other's answers.

    Raises NotTrainable where the people are so few that what is outside of a fold has but one answer.
    """
    import numpy as np

    people, places = np.unique(window.rows.profiles, return_inverse=True)
    folds = np.array([int(share(each, "folds") * count) for each in people])[places]
    for number in range(count):
        outside = window.answers[folds != number]
        if len(outside) == len(folds) or not 0 < outside.sum() < len(outside):
            raise NotTrainable(
                f"{len(people)} people in the training windows: too few to be dealt into {count} folds with both "
                "answers outside of each"
            )
    return folds


def _window(table: FeatureTable, cutoffs: np.ndarray) -> Window:
    import numpy as np

    mask = np.isin(table.cutoffs, cutoffs) & ~np.isnan(table.label)
    return Window(table.take(mask), table.label[mask])


def _silences(table: FeatureTable) -> str:
    """What became unknown since the log was silent."""
    told = ", ".join(
        f"{cutoff:%Y-%m-%d} (silent for {silence.days} days)" for cutoff, silence in table.silent.items()
    )
    return f"; unknown after {told}" if told else ""
