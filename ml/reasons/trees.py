"""Exact Shapley values of boosted trees (TreeSHAP: S. Lundberg et al., Nature Machine Intelligence 2 (2020) 56–67, with
the trees' own counts as the distribution of what isn't known).

Two rows that fall between the same thresholds of a tree get the same values from it. So each tree is explained once for
each combination of intervals (cell) that occurs, some hundreds, and a million rows only look theirs up. Within a cell
the Shapley weights are an integral, s! (m − 1 − s)! / m! = ∫ yˢ (1 − y)^(m − 1 − s) dy over 0 … 1, so that the sum
over all subsets of a path's m features is a product under it; m / 2 points of Gauss and Legendre give it exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    from ml.contract import Floats

    Codes = np.ndarray[Any, np.dtype[np.integer[Any]]]

INFINITE = float("inf")

#: The bits of all categories that the trees of scikit-learn can tell apart.
EVERY = (1 << 256) - 1

#: More combinations than this aren't numbered by a table but by sorting.
TABLE_SIZE = 1 << 22


@dataclass(frozen=True)
class Condition:
    """Values `low < x <= high` lead on, or the categories whose bits are set; unknown ones if `takes_unknown`; `share`
    of the training rows did where it was asked."""

    low: float = -INFINITE
    high: float = INFINITE
    categories: int | None = None
    takes_unknown: bool = True
    share: float = 1.0

    def narrowed(self, node: Any, left: int | None, is_left: bool, share: float) -> Condition:
        """With one more split; `left` holds the bits of the categories that go left, where it is one of those."""
        goes_on = self.takes_unknown and bool(node["missing_go_to_left"]) == is_left
        low, high, categories, threshold = self.low, self.high, self.categories, float(node["num_threshold"])
        if left is not None:
            categories = (EVERY if categories is None else categories) & (left if is_left else ~left)
        elif is_left:
            high = min(high, threshold)
        else:
            low = max(low, threshold)
        return Condition(low, high, categories, goes_on, self.share * share)


@dataclass(frozen=True)
class Path:
    """The way to a leaf, and of each of its m features what leads on to it."""

    value: float
    conditions: Mapping[int, Condition]

    @property
    def shares(self) -> list[float]:
        return [each.share for each in self.conditions.values()]


def boosted_contributions(
    model: HistGradientBoostingClassifier | HistGradientBoostingRegressor, frame: pd.DataFrame
) -> tuple[np.ndarray, float] | None:
    """Values (columns of the frame × n) and the expected margin; None for more than two classes."""
    import numpy as np

    # scikit-learn shows the trees nowhere else; a test holds the sum against its own margins.
    stages: list[Any] = model._predictors  # pyright: ignore[reportAttributeAccessIssue]
    if any(len(stage) > 1 for stage in stages):
        return None
    known = np.asarray(model._preprocess_X(frame, reset=False), float)  # pyright: ignore[reportAttributeAccessIssue]
    trees = [paths_of(stage[0]) for stage in stages]
    steps = thresholds_of(trees, known.shape[1])
    places = [place(known[:, feature], steps[feature]) for feature in range(known.shape[1])]
    values = np.zeros(known.shape[::-1], np.float32)
    usual = float(np.ravel(model._baseline_prediction)[0])  # pyright: ignore[reportAttributeAccessIssue]
    for paths in trees:
        usual += explain_tree(paths, steps, places, values)
    return values[_order(model)], usual


def _order(model: Any) -> Any:
    """Where each column of a frame stands among the features: scikit-learn puts categories first."""
    import numpy as np

    if getattr(model, "_preprocessor", None) is None:
        return slice(None)
    # `is_categorical_` speaks of the features as they were put; the names of categories tell the columns.
    names = list(map(str, model.feature_names_in_))
    first = [str(each) for each in model.categorical_features]
    put = [*(name for name in names if name in first), *(name for name in names if name not in first)]
    return np.array([put.index(name) for name in names])


def paths_of(tree: Any) -> list[Path]:
    """Every leaf of a tree with the way to it."""
    nodes, found = tree.nodes, []
    waiting: list[tuple[int, dict[int, Condition]]] = [(0, {})]
    while waiting:
        at, conditions = waiting.pop()
        node = nodes[at]
        if node["is_leaf"]:
            found.append(Path(float(node["value"]), conditions))
            continue
        feature, left = int(node["feature_idx"]), _left_categories(tree, node)
        for child, is_left in ((int(node["left"]), True), (int(node["right"]), False)):
            share = float(nodes[child]["count"]) / float(node["count"])
            narrow = conditions.get(feature, Condition()).narrowed(node, left, is_left, share)
            waiting.append((child, {**conditions, feature: narrow}))
    return found


def _left_categories(tree: Any, node: Any) -> int | None:
    if not node["is_categorical"]:
        return None
    words = tree.raw_left_cat_bitsets[node["bitset_idx"]]
    return sum(int(word) << (32 * number) for number, word in enumerate(words))


def thresholds_of(trees: list[list[Path]], count: int) -> list[Floats]:
    """All thresholds of each feature, ascending; of a category every code that any split knows."""
    import numpy as np

    return [
        np.array(sorted(_bounds([path for paths in trees for path in paths], each))) for each in range(count)
    ]


def _bounds(paths: list[Path], feature: int) -> set[float]:
    found: set[float] = set()
    for condition in (path.conditions[feature] for path in paths if feature in path.conditions):
        if condition.categories is None:
            found |= {condition.low, condition.high}
        else:
            found |= {float(code) for code in range(256)}
    return found - {-INFINITE, INFINITE}


def place(values: Floats, steps: Floats) -> Codes:
    """Between which thresholds each value lies: 0 for `x <= steps[0]`; len(steps) + 1 for unknown."""
    import numpy as np

    found = np.searchsorted(steps, values, side="left").astype(np.uint16)
    found[np.isnan(values)] = len(steps) + 1
    return found


def explain_tree(paths: list[Path], steps: list[Floats], places: list[Codes], values: np.ndarray) -> float:
    """Add a tree's contributions to `values`; answers its expected value."""
    import numpy as np

    features = sorted({feature for path in paths for feature in path.conditions})
    expected = sum(path.value * float(np.prod(path.shares)) for path in paths)
    if not features:
        return expected
    own = [np.array(sorted(_bounds(paths, feature))) for feature in features]
    sizes = [len(each) + 2 for each in own]
    codes = _cell_codes([places[feature] for feature in features], [steps[f] for f in features], own, sizes)
    cells, rows = _numbered(codes, int(np.prod(sizes)))
    told = explain_cells(paths, features, own, np.stack(np.unravel_index(cells, sizes)))
    for number, feature in enumerate(features):
        values[feature] += told[number].astype(np.float32)[rows]
    return expected


def _cell_codes(places: list[Codes], steps: list[Floats], own: list[Floats], sizes: list[int]) -> Codes:
    """A number for the combination of the tree's own intervals that each row lies in."""
    import numpy as np

    codes = np.zeros(len(places[0]), np.int64 if np.prod(sizes, dtype=float) > 2**31 else np.int32)
    for place_of, every, mine, size in zip(places, steps, own, sizes, strict=True):
        narrow = np.append(np.searchsorted(mine, np.append(every, np.inf), side="left"), size - 1)
        codes *= size
        codes += narrow.astype(codes.dtype)[place_of]
    return codes


def _numbered(codes: Codes, size: int) -> tuple[Codes, Codes]:
    """The combinations that occur, and for each row the number of its own among them."""
    import numpy as np

    if size > TABLE_SIZE:
        return np.unique(codes, return_inverse=True)
    occurs = np.zeros(size, bool)
    occurs[codes] = True
    cells = np.flatnonzero(occurs)
    numbers = np.zeros(size, np.int32)
    numbers[cells] = np.arange(len(cells), dtype=np.int32)
    return cells, numbers[codes]


def explain_cells(paths: list[Path], features: list[int], own: list[Floats], cells: Codes) -> Floats:
    """The contribution (features × cells) of each feature in each cell; `cells` holds intervals by feature."""
    import numpy as np

    found = np.zeros(cells.shape)
    for path in paths:
        rows = [features.index(feature) for feature in path.conditions]
        patterns = np.zeros(cells.shape[1], np.int32)
        for number, (row, condition) in enumerate(zip(rows, path.conditions.values(), strict=True)):
            patterns += (_leads_on(condition, own[row]) << number)[cells[row]]
        occurring, places = _numbered(patterns, 1 << len(rows))
        told = _explain_patterns(path, occurring)
        for number, row in enumerate(rows):
            found[row] += told[number][places]
    return found


def _leads_on(condition: Condition, own: Floats) -> Codes:
    """For each interval of a feature, the unknown one last: 1 where it leads on to the leaf, else 0."""
    import numpy as np

    if condition.categories is not None:
        known = [condition.categories >> code & 1 for code in range(len(own))]
        return np.array([*known, condition.takes_unknown, condition.takes_unknown], np.int32)
    bounds = np.concatenate([[-np.inf], own, [np.inf]])
    inside = (bounds[:-1] >= condition.low) & (bounds[1:] <= condition.high)
    return np.append(inside, condition.takes_unknown).astype(np.int32)


def _explain_patterns(path: Path, patterns: Codes) -> Floats:
    """The contribution (m × patterns) of a path's features; bit k of a pattern tells whether the k-th leads on."""
    import numpy as np

    numbers = np.arange(len(path.conditions))[:, None]
    goes_on = ((patterns[None, :] >> numbers) & 1).astype(float)
    shares = np.array(path.shares)[:, None]
    total = np.zeros(goes_on.shape)
    for y, weight in _quadrature(len(path.conditions) // 2 + 1):
        factors = y * goes_on + (1 - y) * shares
        total += weight * factors.prod(axis=0) / factors
    return path.value * (goes_on - shares) * total


@cache
def _quadrature(count: int) -> list[tuple[float, float]]:
    """Points and weights over 0 … 1, exact for polynomials up to the degree 2 · count − 1."""
    import numpy as np

    points, weights = np.polynomial.legendre.leggauss(count)
    return list(zip(((points + 1) / 2).tolist(), (weights / 2).tolist(), strict=True))
