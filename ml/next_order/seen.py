"""Past windows that trees learn from: what was known of each person then, and how long they waited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kith.errors import KithError
from ml.lifetime.windows import past_cutoffs

if TYPE_CHECKING:
    import pandas as pd

    from ml.contract import Floats
    from ml.lifetime.contract import Terms
    from ml.lifetime.purchases import History

#: Cut-offs to learn from, half an outlook apart.
MOST_CUTOFFS = 4
FEWEST_OF_EACH = 50

#: Small trees: a few thousand people a window is the usual size.
SHAPE: dict[str, Any] = {
    "max_iter": 80,
    "learning_rate": 0.06,
    "max_leaf_nodes": 8,
    "min_samples_leaf": 40,
    "l2_regularization": 1.0,
    "early_stopping": False,
}


@dataclass(frozen=True)
class Seen:
    """m rows of all windows together: features that differ between people, and the days waited (infinite where
    nobody came within the outlook)."""

    features: pd.DataFrame
    waited: Floats

    def __len__(self) -> int:
        return len(self.waited)

    @property
    def came(self) -> int:
        """Rows whose next order came within the outlook."""
        return int((self.waited < float("inf")).sum())


def seen_in(history: History, terms: Terms) -> Seen:
    """The windows of a history; raises KithError, with counts, where too few came or too few stayed away."""
    import numpy as np
    import pandas as pd

    from ml.next_order.waiting import days_until_next, features_of

    pasts = [history.at(cutoff) for cutoff in past_cutoffs(history, terms.days, MOST_CUTOFFS)]
    features = pd.concat([features_of(past, terms.days) for past in pasts], ignore_index=True)
    waited = np.concatenate([days_until_next(history.purchases, past, terms.days) for past in pasts])
    seen = Seen(features.loc[:, features.nunique() > 1], waited)
    if min(seen.came, len(seen) - seen.came) < FEWEST_OF_EACH:
        raise KithError(
            f"{seen.came} rows with an order within {terms.days} days and {len(seen) - seen.came} without",
            where="next order",
            expected=f"{FEWEST_OF_EACH} of each at least",
        )
    return seen
