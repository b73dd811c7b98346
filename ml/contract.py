"""What a model file gives: see docs/adding/model.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class BinaryModel:
    """A yes or no with a probability.

    `answers` turns label values (n) into 0, 1 or NaN (unknown). `candidates` gives unfitted classifiers of
    scikit-learn's kind by name for a seed; they get a data frame of float features in which NaN means
    unknown. `baseline_feature` is the one column that people would go by without a model: whatever is
    trained has to beat it.
    """

    meaning: str
    answers: Callable[[Floats], Floats]
    candidates: Callable[[int], Mapping[str, Any]]
    baseline_feature: str


class NotTrainable(Exception):
    """A prediction can't be learned from what there is; the text says why, with counts."""
