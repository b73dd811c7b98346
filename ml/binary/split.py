"""Splitting by time: learn from early windows, calibrate on a later one, test on the latest that is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ml.contract import NotTrainable
from ml.features import FeatureTable
from ml.terms import FeaturePrediction

if TYPE_CHECKING:
    import numpy as np

    from ml.contract import Floats


@dataclass(frozen=True)
class Window:
    """Rows with their answers (0 or 1)."""

    rows: FeatureTable
    answers: Floats


@dataclass(frozen=True)
class Split:
    """Three windows, none of which knows the answers of a later one."""

    train: Window
    calibrate: Window
    test: Window
    test_cutoff: np.datetime64


def split_by_time(table: FeatureTable, answers: Floats, body: FeaturePrediction) -> Split:
    """Test on the latest cut-off with known answers, calibrate on the latest whose window had ended by then,
    train on all whose windows had ended by that one.

    Raises NotTrainable, with counts, when there are too few windows, rows or answers of a kind.
    """
    import numpy as np

    known = np.unique(table.cutoffs[~np.isnan(answers)])
    horizon = np.timedelta64(body.horizon)
    test = known[-1] if len(known) else None
    before = known[known + horizon <= test] if test is not None else known
    earlier = known[known + horizon <= before[-1]] if len(before) else before
    if test is None or not len(earlier):
        days = body.horizon.days
        raise NotTrainable(
            f"{len(known)} cut-offs with known answers, at least 3 that lie {days} days apart are needed"
        )
    windows = [_window(table, answers, chosen) for chosen in (earlier, before[-1:], known[-1:])]
    for name, window in zip(("training", "calibration", "test"), windows, strict=True):
        _check(name, window, body)
    return Split(*windows, test_cutoff=test)


def _window(table: FeatureTable, answers: Floats, cutoffs: np.ndarray) -> Window:
    import numpy as np

    mask = np.isin(table.cutoffs, cutoffs) & ~np.isnan(answers)
    return Window(table.take(mask), answers[mask])


def _check(name: str, window: Window, body: FeaturePrediction) -> None:
    rows, positive = len(window.rows), int(window.answers.sum())
    if rows < body.minimum_rows:
        raise NotTrainable(f"{rows} rows in the {name} window, at least {body.minimum_rows} are needed")
    if min(positive, rows - positive) < body.minimum_of_each_answer:
        raise NotTrainable(
            f"{positive} yes and {rows - positive} no in the {name} window, "
            f"at least {body.minimum_of_each_answer} of each are needed"
        )
