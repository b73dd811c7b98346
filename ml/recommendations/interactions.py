"""What people did with products, and in what steps: the only thing that recommenders learn from.

An act is one person's one act on one product at one moment, with a weight that says how much it tells (a purchase
more than a view). A step is what a person did without a longer pause: a visit, a basket. Time is a whole number, of
microseconds or of places in a sequence; recommenders only compare it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ml.recommendations.sparse import Sparse

if TYPE_CHECKING:
    import numpy as np

    Codes = np.ndarray[Any, np.dtype[np.int32]]
    Times = np.ndarray[Any, np.dtype[np.int64]]
    Weights = np.ndarray[Any, np.dtype[np.float32]]

#: What never happens: an act with this end stands.
NEVER = 2**62

#: Acts of one person that are learned from, the latest. Beyond are robots and shops that buy for shops; each
#: would cost the square of it.
MOST_ACTS = 1_000


@dataclass(frozen=True)
class Interactions:
    """n acts. `people` and `products` are codes below `person_count` and `product_count`.

    `undone_at` is when an act was taken back (a refund, a cancellation), NEVER where it stands.
    """

    people: Codes
    products: Codes
    at: Times
    weight: Weights
    is_purchase: np.ndarray
    undone_at: Times
    person_count: int
    product_count: int

    def __len__(self) -> int:
        return len(self.people)

    def take(self, mask: Any) -> Interactions:
        """The acts that a boolean mask chooses; codes stay."""
        names = ("people", "products", "at", "weight", "is_purchase", "undone_at")
        return replace(self, **{name: getattr(self, name)[mask] for name in names})

    def known_before(self, cutoff: int) -> Interactions:
        """What was known at a cut-off: done before it, and not taken back before it."""
        return self.take((self.at < cutoff) & (self.undone_at >= cutoff))

    def purchases(self) -> Interactions:
        return self.take(self.is_purchase)

    def views(self) -> Interactions:
        """All that is no purchase."""
        return self.take(~self.is_purchase)


@dataclass(frozen=True)
class Steps:
    """s steps in order of person and time. `contents` is s × products (weights), `owner` s person codes."""

    contents: Sparse
    owner: Codes
    person_count: int

    @property
    def product_count(self) -> int:
        return self.contents.shape[1]

    def by_person(self, weight: Any = None) -> Sparse:
        """people × products: each person's steps added up, each times its `weight` (s) if there is one."""
        import numpy as np
        from scipy.sparse import csr_array

        count = len(self.owner)
        shares = np.ones(count, np.float32) if weight is None else weight.astype(np.float32)
        owned = csr_array((shares, (self.owner, np.arange(count))), shape=(self.person_count, count))
        return owned @ self.contents

    def since(self) -> Codes:
        """Of each step the number of steps that its owner took after it."""
        import numpy as np

        taken = np.bincount(self.owner, minlength=self.person_count)
        ends = np.cumsum(taken)[self.owner]
        return (ends - 1 - np.arange(len(self.owner))).astype(np.int32)


def interactions_of(
    people: Any, products: Any, at: Any, *, person_count: int, product_count: int, weight: Any = None,
    is_purchase: Any = None, undone_at: Any = None,
) -> Interactions:  # fmt: skip
    """Acts from columns of equal length; without a weight each weighs 1, without more each is a purchase."""
    import numpy as np

    count = len(people)
    return Interactions(
        np.asarray(people, np.int32),
        np.asarray(products, np.int32),
        np.asarray(at, np.int64),
        np.ones(count, np.float32) if weight is None else np.asarray(weight, np.float32),
        np.ones(count, bool) if is_purchase is None else np.asarray(is_purchase, bool),
        np.full(count, NEVER) if undone_at is None else np.asarray(undone_at, np.int64),
        person_count,
        product_count,
    )


def steps_of(interactions: Interactions, pause: int = 0) -> Steps:
    """Steps end where a person paused longer than `pause`, in units of `at`; with 0 each moment is a step.

    Within a step a product weighs as much as its weightiest act, however often it was done.
    """
    import numpy as np
    from scipy.sparse import csr_array

    acts = _latest(interactions)
    order = np.lexsort((acts.at, acts.people))
    people, at = acts.people[order], acts.at[order]
    begins = np.ones(len(order), bool)
    begins[1:] = (np.diff(people) != 0) | (np.diff(at) > pause)
    step = np.cumsum(begins) - 1
    products, weight = acts.products[order], acts.weight[order]
    shape = (int(begins.sum()), acts.product_count)
    places = step.astype(np.int64) * acts.product_count + products
    kept = np.lexsort((-weight, places))
    first = np.ones(len(kept), bool)
    first[1:] = np.diff(places[kept]) != 0
    kept = kept[first]
    contents = csr_array((weight[kept], (step[kept], products[kept])), shape=shape, dtype=np.float32)
    return Steps(contents, people[begins], acts.person_count)


def _latest(interactions: Interactions) -> Interactions:
    """Only the latest MOST_ACTS of each person."""
    import numpy as np

    acts = np.bincount(interactions.people, minlength=1)
    if len(interactions) == 0 or acts.max() <= MOST_ACTS:
        return interactions
    order = np.lexsort((-interactions.at, interactions.people))
    starts = np.cumsum(acts) - acts
    place = np.arange(len(order)) - starts[interactions.people[order]]
    mask = np.zeros(len(order), bool)
    mask[order[place < MOST_ACTS]] = True
    return interactions.take(mask)


def ownership(interactions: Interactions) -> Sparse:
    """people × products: 1 where the person did anything with the product."""
    import numpy as np
    from scipy.sparse import csr_array

    shape = (interactions.person_count, interactions.product_count)
    ones = np.ones(len(interactions), np.float32)
    found = csr_array((ones, (interactions.people, interactions.products)), shape=shape)
    found.sum_duplicates()
    found.data[:] = 1
    return found


def heaviest_acts(interactions: Interactions) -> Sparse:
    """people × products: the weight of the weightiest act of each pair."""
    import numpy as np
    from scipy.sparse import csr_array

    acts = _latest(interactions)
    shape = (acts.person_count, acts.product_count)
    found = csr_array((acts.weight, (acts.people, acts.products)), shape=shape)
    if found.nnz == len(acts):  # no pair twice: nothing was added up
        return found
    at_once = steps_of(replace(acts, at=np.zeros(len(acts), np.int64)))
    return at_once.by_person()
