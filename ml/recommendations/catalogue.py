"""The products that can be recommended, and what is known of them besides who took them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ml.recommendations.sparse import Sparse

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Catalogue:
    """p products, by code. `category` is a code below `len(categories)`, −1 where unknown; `is_available` tells
    whether it can be had; `attributes` (p × a) weighs what a product is, rows of length 1, or empty (all 0)."""

    ids: np.ndarray
    names: np.ndarray
    category: np.ndarray
    categories: np.ndarray
    is_available: np.ndarray
    attributes: Sparse

    def __len__(self) -> int:
        return len(self.ids)

    def of_categories(self, names: Collection[str]) -> np.ndarray:
        """Whether each product (p) is of one of these categories."""
        import numpy as np

        wanted = np.append(np.isin(self.categories, list(names)), False)
        return wanted[self.category]


def catalogue_of(
    ids: Any, *, names: Any = None, category: Any = None, is_available: Any = None, attributes: Any = None
) -> Catalogue:
    """A catalogue from columns of equal length; without attributes a product's category is its only one."""
    import numpy as np

    ids = np.asarray(ids)
    labels = np.full(len(ids), "") if category is None else np.asarray(category, str)
    categories = np.unique(labels[labels != ""])
    found = np.where(labels != "", np.searchsorted(categories, labels), -1)
    available = np.ones(len(ids), bool) if is_available is None else np.asarray(is_available, bool)
    weighed = weighed_attributes(_of_categories(found, len(categories)) if attributes is None else attributes)
    return Catalogue(ids, ids if names is None else np.asarray(names), found, categories, available, weighed)


def weighed_attributes(raw: Any) -> Sparse:
    """p × a: rare attributes weigh more (logarithm of products over those that have it), rows have length 1."""
    import numpy as np
    from scipy.sparse import csr_array, diags_array

    raw = csr_array(raw, dtype=np.float32)
    having = np.maximum(np.bincount(raw.indices, minlength=raw.shape[1]), 1)
    weighed = raw @ diags_array(np.log1p(raw.shape[0] / having).astype(np.float32))
    length = np.sqrt(np.asarray(weighed.multiply(weighed).sum(axis=1)).ravel())
    return csr_array(diags_array((1 / np.maximum(length, 1e-9)).astype(np.float32)) @ weighed)


def _of_categories(category: np.ndarray, count: int) -> Sparse:
    import numpy as np
    from scipy.sparse import csr_array

    rows = np.flatnonzero(category >= 0)
    ones = np.ones(len(rows), np.float32)
    return csr_array((ones, (rows, category[rows])), shape=(len(category), max(count, 1)))
