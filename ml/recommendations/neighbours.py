"""Products that the same people, or the same visits, lead to: a cosine that small numbers pull to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ml.recommendations.cooccurrence import Weigh, strongest_neighbours
from ml.recommendations.sparse import Sparse

if TYPE_CHECKING:
    import numpy as np

    from ml.recommendations.contract import Settings


def shrunk_cosine(counts: np.ndarray, shrinkage: float, lift: float = 0.5) -> Weigh:
    """Weighs co-occurrences n_ij as `n_ij / (n_i^½ n_j^lift + shrinkage)`.

    With `lift` ½ it is the cosine; towards 1 it favours the rare neighbour (a lift), towards 0 the popular one.
    `shrinkage` takes from what rests on few: two rare products bought once, together, have a cosine of 1.
    """
    import numpy as np

    own = np.sqrt(counts).astype(np.float32)
    others = (np.maximum(counts, 1e-9) ** lift).astype(np.float32)

    def weigh(first: int, rows: np.ndarray) -> np.ndarray:
        return rows / (own[first : first + len(rows), None] * others[None, :] + shrinkage)

    return weigh


def cosine_neighbours(matrix: Any, settings: Settings, count: int) -> Sparse:
    """Neighbours among the columns of a matrix of people, or steps, × products."""
    import numpy as np

    weighed = matrix.tocsr()
    counts = np.asarray(weighed.multiply(weighed).sum(axis=0)).ravel()
    weigh = shrunk_cosine(counts, settings["shrinkage"], settings.get("lift", 0.5))
    return strongest_neighbours(weighed, weighed, weigh, count)
