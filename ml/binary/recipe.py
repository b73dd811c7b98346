"""What a yes or no is learned by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ml.binary.inputs import Inputs
from ml.binary.learner import candidates


@dataclass(frozen=True)
class Recipe:
    """`baselines` names the rules of `ml.binary.baselines` that people would go by without a model: whatever is
    trained has to beat each. `candidates` gives unfitted classifiers of scikit-learn's kind by name for the inputs
    and a seed; they need a `decision_function`.
    """

    meaning: str
    baselines: tuple[str, ...]
    candidates: Callable[[Inputs, int], Mapping[str, Any]] = candidates
