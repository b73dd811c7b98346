"""What every fit asks of its customers before it starts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from kith.errors import KithError
from ml.lifetime.optimum import Prior

if TYPE_CHECKING:
    from ml.lifetime.optimum import LogLikelihood
    from ml.lifetime.summary import Grouped

#: Fewer customers with a repeat purchase say nothing of four parameters.
FEWEST_REPEATERS = 10

#: More distinct rows than this are thinned to find where to start.
ROWS_TO_START = 20_000


def refuse_too_few(what: str, grouped: Grouped) -> None:
    """Raises KithError, with counts, where too few came back to tell customers apart."""
    if grouped.repeaters < FEWEST_REPEATERS:
        raise KithError(
            f"{what} can't be fitted to {count_of(grouped)}",
            where="lifetime value",
            expected=f"{FEWEST_REPEATERS} customers with a repeat purchase at least",
            way_out="wait for more repeat purchases, or use another model",
        )


def count_of(grouped: Grouped) -> str:
    """The customers in words."""
    return (
        f"{grouped.customers:,} customers, {grouped.repeaters:,} of them with {grouped.purchases:,} repeat "
        f"purchases ({len(grouped.counts):,} distinct histories)"
    )


def thinning(grouped: Grouped, log_likelihood: Callable[[Grouped], LogLikelihood]) -> LogLikelihood | None:
    """The likelihood of a part that still holds some 20,000 rows; None where there are no more."""
    step = len(grouped.counts) // ROWS_TO_START
    return log_likelihood(grouped.thinned(step)) if step > 1 else None


def prior_around(starts: Sequence[Sequence[float]]) -> Prior:
    """A wide prior in the middle of the starts, which are of the customers' own scale."""
    import numpy as np

    return Prior(tuple(np.exp(np.log(np.array(starts)).mean(axis=0)).tolist()))
