"""A window of the past: what was known at a cut-off, and what everyone bought from then on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.recommendations.backtest import Window
from ml.recommendations.contract import Knowledge
from ml.recommendations.interactions import Interactions, ownership
from ml.recommendations.sparse import Sparse

if TYPE_CHECKING:
    import numpy as np

    from ml.recommendations.catalogue import Catalogue


def window_between(
    acts: Interactions, catalogue: Catalogue, cutoff: int, until: int, *, pause: int, day: int,
    is_consumable: np.ndarray | None = None,
) -> Window:  # fmt: skip
    """Purchases from `cutoff` up to `until` as answers, of people who did something before.

    What a person bought before is neither shown nor asked for, unless it is consumable (products, boolean). Only what
    had been seen by the cut-off could be shown; what came later is asked for all the same.
    """
    import numpy as np

    known = acts.known_before(cutoff)
    barred = already_bought(known, is_consumable)
    later = ownership(acts.take((acts.at >= cutoff) & (acts.at < until) & acts.is_purchase))
    has_history = np.bincount(known.people, minlength=acts.person_count) > 0
    answers = without(later, barred, has_history)
    offered = np.bincount(known.products, minlength=acts.product_count) > 0
    return Window(Knowledge(known, catalogue, cutoff, pause, day), answers, barred, offered)


def already_bought(known: Interactions, is_consumable: np.ndarray | None = None) -> Sparse:
    """people × products that were bought and are not to be shown again."""
    bought = known.purchases()
    return ownership(bought if is_consumable is None else bought.take(~is_consumable[bought.products]))


def without(answers: Sparse, barred: Sparse, people: np.ndarray) -> Sparse:
    """The answers that are not barred, of these people (boolean) alone."""
    import numpy as np
    from scipy.sparse import csr_array, diags_array

    found = csr_array(diags_array(people.astype(np.float32)) @ (answers - answers * barred))
    found.eliminate_zeros()
    return found
