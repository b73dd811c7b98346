"""What each feature adds to a person's score, on the scale on which the model adds up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from ml.contract import Floats


@dataclass(frozen=True)
class Contributions:
    """`values` (features × n, float32) add up, with `usual`, to each row's margin (log-odds for a classifier): exact
    Shapley values. `usual` is the margin expected of somebody of whom nothing is known."""

    columns: tuple[str, ...]
    values: np.ndarray[Any, np.dtype[np.float32]]
    usual: float

    @property
    def margins(self) -> Floats:
        """The margin of each row (n)."""
        return self.values.sum(axis=0, dtype=float) + self.usual
