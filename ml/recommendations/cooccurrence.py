"""How often products stand together: `Bᵀ K B` in blocks, so that memory stays bounded.

B holds steps × products. K says how much two steps of one person have to do with each other: `within` on its
diagonal, `gap ** -fade` a number of steps later, and `back` times as much for a number of steps earlier. A plain
co-occurrence in baskets is `within` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from ml.recommendations.sparse import Sparse

if TYPE_CHECKING:
    import numpy as np

    from ml.recommendations.interactions import Steps

#: Products of one block: with 20,000 products, 20 MB dense.
BLOCK = 256
THREADS = 2

Weigh = Callable[[int, "np.ndarray"], "np.ndarray"]


def spread_over_steps(steps: Steps, *, within: float, fade: float, back: float, reach: int) -> Sparse:
    """`K B`: what stands around each step, steps × products."""
    import numpy as np
    from scipy.sparse import coo_array

    count = len(steps.owner)
    rows, columns, values = [np.arange(count)], [np.arange(count)], [np.full(count, within)]
    for gap in range(1, min(reach, count - 1) + 1):
        first = np.flatnonzero(steps.owner[gap:] == steps.owner[:-gap])
        if not len(first):
            break
        share = gap**-fade
        rows += [first, first + gap]
        columns += [first + gap, first]
        values += [np.full(len(first), share), np.full(len(first), back * share)]
    kernel = coo_array(
        (np.concatenate(values).astype(np.float32), (np.concatenate(rows), np.concatenate(columns))),
        shape=(count, count),
    ).tocsr()
    kernel.eliminate_zeros()
    return (kernel @ steps.contents).tocsr()


def strongest_neighbours(left: Any, right: Any, weigh: Weigh, count: int, own: float = 0.0) -> Sparse:
    """products × products: of each row of `leftᵀ right` the `count` greatest positive entries.

    `weigh(first, block)` turns a dense block of rows, the first of them numbered `first`, into what is compared
    (a cosine, a lift). A product is its own neighbour with `own` times its entry: by default not at all.
    """
    import numpy as np
    from scipy.sparse import csr_array, vstack

    across, right = left.T.tocsr(), right.tocsr()
    products = across.shape[0]

    def block_of(first: int) -> Sparse:
        rows = (across[first : first + BLOCK] @ right).toarray()
        weighed = weigh(first, rows)
        weighed[np.arange(len(rows)), np.arange(first, first + len(rows))] *= own
        return keep_strongest(weighed, count)

    with ThreadPoolExecutor(THREADS) as pool:
        parts = list(pool.map(block_of, _starts(products)))
    return csr_array(vstack(parts, format="csr", dtype=np.float32))


def keep_strongest(rows: np.ndarray, count: int) -> Sparse:
    """Of each dense row its `count` greatest positive entries, as a sparse matrix."""
    import numpy as np
    from scipy.sparse import csr_array

    width, count = rows.shape[1], min(count, rows.shape[1])
    places = np.argpartition(rows, width - count, axis=1)[:, width - count :]
    values = np.take_along_axis(rows, places, axis=1)
    owner, kept = np.nonzero(values > 0)
    columns = places[owner, kept]
    return csr_array((values[owner, kept].astype(np.float32), (owner, columns)), shape=rows.shape)


def _starts(products: int) -> Iterator[int]:
    return iter(range(0, products, BLOCK))
