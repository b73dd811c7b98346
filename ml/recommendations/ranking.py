"""The best products of each person: scored by their history, filtered, topped up with what is popular.

People are gone through in batches, two at a time, so memory stays bounded by the batch. Sums are in a fixed order: equal
inputs give equal ranks, ties go to the lower product code.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kith.errors import KithError
from ml.recommendations.sparse import Sparse

if TYPE_CHECKING:
    import numpy as np

    from ml.recommendations.contract import Recommender
    from ml.recommendations.interactions import Steps

#: People of a batch and products at most: with 32 bits of a score they fill 64.
BATCH = 2**11
MOST_PRODUCTS = 2**21
_ROW, _SCORE = 53, 21
THREADS = 2
#: Popular products that a short list is topped up from: of its group, and of all.
RESERVE = 100
NOBODY = -1
#: More than any score.
BARRED = 1e30


@dataclass(frozen=True)
class Ranked:
    """r recommendations in order of person and rank (from 1). `because` is the product that spoke most for one,
    NOBODY where it is there for being popular; `score` is 0 there."""

    people: np.ndarray
    rank: np.ndarray
    products: np.ndarray
    score: np.ndarray
    because: np.ndarray

    def __len__(self) -> int:
        return len(self.people)

    def lists(self, count: int, length: int) -> np.ndarray:
        """The products as people × length, NOBODY where a list is shorter."""
        import numpy as np

        found = np.full((count, length), NOBODY, np.int64)
        found[self.people, self.rank - 1] = self.products
        return found


@dataclass(frozen=True)
class Request:
    """For whom, from what, how many.

    `history` and `barred` are people × products: what they did (weighed), and what they must not be shown.
    `offered` (products) is what may be shown at all. `reserves` is groups × products, the popular ones of each
    group in order, and `group` the row of each person.
    """

    history: Sparse
    barred: Sparse
    offered: np.ndarray
    reserves: np.ndarray
    group: np.ndarray
    length: int = 10


def history_of(steps: Steps, fade: float) -> Sparse:
    """people × products: what each did, less by `(steps since + 1) ** -fade`."""
    return steps.by_person((steps.since() + 1.0) ** -fade)


def rank_products(recommender: Recommender, request: Request) -> Ranked:
    """The first `length` products of everyone; fewer only where no more may be shown."""
    import numpy as np

    prepared = _prepared(recommender.links, request.offered)
    people = request.history.shape[0]

    def batch(first: int) -> Ranked:
        return _rank_batch(prepared, request, slice(first, min(first + BATCH, people)))

    with ThreadPoolExecutor(THREADS) as pool:
        parts = list(pool.map(batch, range(0, people, BATCH)))
    names = Ranked.__dataclass_fields__
    if not parts:
        return Ranked(*(np.empty(0, np.int64) for _ in names))
    return Ranked(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


@dataclass(frozen=True)
class _Links:
    """Links to what is offered: `stacked` has the identity below, for what is barred; `keys` are in order."""

    links: Sparse
    stacked: Sparse
    keys: np.ndarray


def _prepared(links: Sparse, offered: np.ndarray) -> _Links:
    import numpy as np
    from scipy.sparse import csr_array, diags_array, vstack

    width = links.shape[1]
    if width > MOST_PRODUCTS:
        raise KithError(
            f"{width:,} products are more than can be ranked", expected=f"at most {MOST_PRODUCTS:,}"
        )
    kept = csr_array(links @ diags_array(offered.astype(np.float32)))
    kept.eliminate_zeros()
    kept.sort_indices()
    stacked = csr_array(vstack([kept, diags_array(np.ones(width, np.float32))], format="csr"))
    return _Links(kept, stacked, _keys(kept))


def _rank_batch(prepared: _Links, request: Request, people: slice) -> Ranked:
    import numpy as np

    history, barred = request.history[people], request.barred[people]
    width = history.shape[1]
    rows, products, score, rank = _best(prepared, history, barred, request.length)
    keys = rows * width + products
    topped, topped_rank = _top_up(request, people, keys, barred)
    because = _strongest_cause(prepared, history, rows, products)
    keys, rank = np.concatenate([keys, topped]), np.concatenate([rank, topped_rank])
    score = np.concatenate([score, np.zeros(len(topped), np.float32)])
    because = np.concatenate([because, np.full(len(topped), NOBODY)])
    order = np.lexsort((rank, keys // width))
    owner = keys // width + people.start
    return Ranked(*(each[order] for each in (owner, rank + 1, keys % width, score, because)))


def _best(
    prepared: _Links, history: Sparse, barred: Sparse, length: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Rows, products, scores and ranks (from 0) of the products with the greatest positive scores.

    What is barred falls far below 0 in the same product of matrices. Row, score and product are packed into one
    number each, so that one sort of plain integers does it: the bits of positive floats are in their order.
    """
    import numpy as np
    from scipy.sparse import csr_array, hstack

    both = hstack([history, barred * np.float32(-BARRED)], format="csr", dtype=np.float32)
    scored: Sparse = csr_array(both @ prepared.stacked)
    rows = np.repeat(np.arange(scored.shape[0], dtype=np.uint64), np.diff(scored.indptr))
    wanted = scored.data > 0
    falling = np.uint64(2**32 - 1) - scored.data[wanted].view(np.uint32).astype(np.uint64)
    packed = (rows[wanted] << _ROW) | (falling << _SCORE) | scored.indices[wanted].astype(np.uint64)
    packed.sort()
    rows = (packed >> _ROW).astype(np.int64)
    rank = places_in(rows)
    first = rank < length
    packed = packed[first]
    falling = (packed >> _SCORE) & np.uint64(2**32 - 1)
    score = (np.uint64(2**32 - 1) - falling).astype(np.uint32).view(np.float32)
    return rows[first], (packed & np.uint64(MOST_PRODUCTS - 1)).astype(np.int64), score, rank[first]


def places_in(rows: np.ndarray) -> np.ndarray:
    """Of ascending rows the place of each entry in its row, from 0."""
    import numpy as np

    sizes = np.bincount(rows) if len(rows) else np.empty(0, np.int64)
    return np.arange(len(rows)) - (np.cumsum(sizes) - sizes)[rows]


def _keys(matrix: Sparse) -> np.ndarray:
    """Row × width + column of each entry."""
    import numpy as np

    rows = np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))
    return rows * matrix.shape[1] + matrix.indices


def _top_up(
    request: Request, people: slice, keys: np.ndarray, barred: Sparse
) -> tuple[np.ndarray, np.ndarray]:
    """Popular products for those with fewer than `length`: keys and ranks."""
    import numpy as np

    count, width = barred.shape
    found = np.bincount(keys // width, minlength=count)
    short = np.flatnonzero(found < request.length)
    reserve = request.reserves[request.group[people][short]]
    offered = (short[:, None].astype(np.int64) * width + reserve).ravel()
    usable = (reserve.ravel() != NOBODY) & ~np.isin(offered, np.concatenate([keys, _keys(barred)]))
    offered = offered[usable]
    # A product may be in its group's reserve and in that of all: the first place counts.
    _, first = np.unique(offered, return_index=True)
    offered = offered[np.sort(first)]
    position = places_in(offered // width) + found[offered // width]
    kept = position < request.length
    return offered[kept], position[kept]


def _strongest_cause(prepared: _Links, history: Sparse, rows: np.ndarray, products: np.ndarray) -> np.ndarray:
    """Of each recommendation the product of the history that added most to its score."""
    import numpy as np

    if not len(rows):
        return np.empty(0, np.int64)
    sizes = np.diff(history.indptr)[rows]
    which = np.repeat(np.arange(len(rows)), sizes)
    places = history.indptr[rows][which] + places_in(which)
    causes = history.indices[places].astype(np.int64)
    wanted = causes * history.shape[1] + products[which]
    at = np.minimum(np.searchsorted(prepared.keys, wanted), len(prepared.keys) - 1)
    added = np.where(prepared.keys[at] == wanted, prepared.links.data[at], 0) * history.data[places]
    order = np.lexsort((causes, -added, which))
    return causes[order[places_in(which) == 0]]
