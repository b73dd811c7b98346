"""What the regressors of an effect see: all features, or how far the effect goes with the expected outcome.

Who hardly ever orders can hardly be made to order more: effects mostly grow with the outcome that is expected
anyway, and what changes between people is the proportion. `proportions` gives a line just that: the expected
outcome, the channel and how its messages were answered, and their products. A dozen coefficients need far fewer
people than trees over all features.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ml.uplift.pairs import Floats

#: Columns whose product with the expected outcome makes a proportion; a model without some goes without.
CHANNEL = ("is_email", "is_push", "is_sms")
ANSWERS = ("channel_opened_rate", "channel_clicked_rate", "messages_delivered_7d")
SILENCE = "days_since_last_visit"

#: A gap in `SILENCE` (never a visit) counts as so many days.
_LONG = 365.0


def features(values: Floats, columns: tuple[str, ...], expected: Floats) -> Floats:
    """All features as they are (n × columns)."""
    return values


def proportions(values: Floats, columns: tuple[str, ...], expected: Floats) -> Floats:
    """The expected outcome, mean of both arms (2 × n), beside and times what may change its proportion."""
    import numpy as np

    usual = expected.mean(axis=0)
    beside = [
        np.nan_to_num(values[:, columns.index(name)]) for name in (*CHANNEL, *ANSWERS) if name in columns
    ]
    if SILENCE in columns:
        beside.append(np.log1p(np.nan_to_num(values[:, columns.index(SILENCE)], nan=_LONG)))
    return np.column_stack([usual, usual**2, *beside, *(usual * each for each in beside)])


VIEWS: Mapping[str, Callable[[Floats, tuple[str, ...], Floats], Floats]] = {
    "features": features,
    "proportions": proportions,
}
