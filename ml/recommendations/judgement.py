"""How good lists of recommendations are, against what people took next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ml.recommendations.sparse import Sparse

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Quality:
    """Over the people who took something: `hit` is the share with at least one of it on their list, `ndcg` the
    normalised discounted gain (with one right answer 1 / log₂(rank + 1)), `recall` the mean share of what they took
    that was on it. `coverage` is the share of products that are on anybody's list."""

    people: int
    hit: float
    ndcg: float
    recall: float
    coverage: float

    def metrics(self, prefix: str = "") -> dict[str, float]:
        names = ("hit", "ndcg", "recall", "coverage")
        return {f"{prefix}{name}_at_10": getattr(self, name) for name in names}


def judge_lists(lists: np.ndarray, answers: Sparse, offered: int) -> Quality:
    """`lists` is people × length in order (−1: nothing), `answers` people × products; who took nothing is left out.

    `offered` is the number of products that could have been shown.
    """
    import numpy as np

    taken = np.diff(answers.indptr)
    asked = np.flatnonzero(taken)
    if not len(asked):
        return Quality(0, 0.0, 0.0, 0.0, 0.0)
    answered, own = answers[asked].tocsr(), lists[asked]
    right = _is_in(own, answered)
    gains = 1 / np.log2(np.arange(2, own.shape[1] + 2))
    best = np.cumsum(gains)[np.minimum(taken[asked], own.shape[1]) - 1]
    found = right.sum(axis=1)
    return Quality(
        len(asked),
        float((found > 0).mean()),
        float(((right * gains).sum(axis=1) / best).mean()),
        float((found / taken[asked]).mean()),
        len(np.unique(own[own >= 0])) / max(offered, 1),
    )


def _is_in(lists: np.ndarray, answers: Sparse) -> np.ndarray:
    import numpy as np

    width = answers.shape[1]
    rows = np.repeat(np.arange(answers.shape[0], dtype=np.int64), np.diff(answers.indptr))
    keys = np.arange(len(lists), dtype=np.int64)[:, None] * width + lists
    return np.isin(keys, rows * width + answers.indices) & (lists >= 0)
