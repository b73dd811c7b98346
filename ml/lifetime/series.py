"""The part of Gauss's hypergeometric series that the BG/NBD's expectations need."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ml.contract import Floats

_MOST_TERMS = 100_000
_SMALLEST = 1e-14
_GREATEST = 1e200


def hypergeometric_rest(h: float, beta: float, c: Floats, z: Floats) -> Floats:
    """(₂F₁(h, β; c; z) − 1) / h for 0 ≤ z < 1 and c > 0, also at h = 0 (arrays of one shape).

    Summed term by term: Σ (h+1)ₙ₋₁ (β)ₙ / ((c)ₙ n!) zⁿ. Rows are dropped once their terms no longer count; all
    is NaN where terms run over.
    """
    import numpy as np

    c, z = np.broadcast_arrays(np.asarray(c, dtype=float), np.asarray(z, dtype=float))
    shape, c, z = c.shape, c.ravel(), z.ravel()
    total = np.zeros(c.size)
    rows, term = np.arange(c.size), beta / c * z
    for n in range(1, _MOST_TERMS):
        total[rows] += term
        if not np.abs(term).max() < _GREATEST:
            return np.full(shape, np.nan)
        # What is still to come is below term·z/(1−z) once the factors have settled near z.
        growing = (h + n) * (beta + n) / ((c[rows] + n) * (n + 1)) * z[rows]
        left = np.abs(term) * np.abs(growing) / (1 - np.minimum(z[rows], 1 - 1e-9))
        keep = (left > _SMALLEST * (np.abs(total[rows]) + 1e-300)) | (np.abs(growing) >= 1)
        keep &= term != 0
        if not keep.any():
            break
        rows, term = rows[keep], (term * growing)[keep]
    return total.reshape(shape)
