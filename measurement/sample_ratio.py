"""Sample-ratio mismatch: an arm that is larger than the design says tells of a bug before any lift does."""

from __future__ import annotations

from measurement.assignment import checked_fraction

#: Below this p-value the split is held to be broken; strict, because it is looked at daily.
SUSPICIOUS = 0.001

#: The chi-square distribution describes counts well from about five expected ones.
FEWEST_EXPECTED = 5


def sample_ratio_p_value(treated: int, holdout: int, holdout_fraction: float) -> float | None:
    """Pearson's chi-square test (1 degree of freedom) of the arms' counts against the designed fraction.

    None where either arm expects fewer than five people, and so nothing can be said. A. Fabijan et al.,
    "Diagnosing sample ratio mismatch in online controlled experiments", KDD 2019.
    """
    from scipy.special import chdtrc

    total = treated + holdout
    expected_holdout = total * checked_fraction(holdout_fraction)
    expected_treated = total - expected_holdout
    if min(expected_holdout, expected_treated) < FEWEST_EXPECTED:
        return None
    distance = (holdout - expected_holdout) ** 2
    return float(chdtrc(1, distance / expected_holdout + distance / expected_treated))
