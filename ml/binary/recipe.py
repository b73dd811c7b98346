"""What a yes or no is learned by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ml.contract import Floats


@dataclass(frozen=True)
class Recipe:
    """`answers` turns label values (n) into 0, 1 or NaN (unknown). `candidates` gives unfitted classifiers of
    scikit-learn's kind by name for a seed; they get a data frame of float features in which NaN means
    unknown. `baseline_feature` is the one column that people would go by without a model: whatever is
    trained has to beat it.
    """

    meaning: str
    answers: Callable[[Floats], Floats]
    candidates: Callable[[int], Mapping[str, Any]]
    baseline_feature: str
