"""What a training keeps: the champion's links and those of the two lists beside a product, as plain files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from ml.recommendations.contract import Recommender
from ml.recommendations.sparse import Sparse

if TYPE_CHECKING:
    import numpy as np

    from ml.recommendations.catalogue import Catalogue

RECOMMENDER = "recommender"


@dataclass(frozen=True)
class Bundle:
    """Recommenders by name over the products `ids` (text); `recommender` is the champion, the others are lists."""

    ids: np.ndarray
    recommenders: Mapping[str, Recommender]

    @property
    def champion(self) -> Recommender:
        return self.recommenders[RECOMMENDER]

    def save(self, folder: Path) -> None:
        """`bundle.json`, and the links of each as an npz of scipy's layout."""
        from scipy.sparse import save_npz

        told = {name: _told(each) for name, each in self.recommenders.items()}
        document = {"products": [str(each) for each in self.ids], "recommenders": told}
        (folder / "bundle.json").write_bytes(orjson.dumps(document))
        for name, each in self.recommenders.items():
            save_npz(folder / f"{name}.npz", each.links)


def load_bundle(folder: Path) -> Bundle:
    """What `save` wrote; nothing in it is executed."""
    import numpy as np
    from scipy.sparse import csr_array, load_npz

    document = orjson.loads((folder / "bundle.json").read_bytes())
    found = {
        name: Recommender(links=csr_array(load_npz(folder / f"{name}.npz")), **told)
        for name, told in document["recommenders"].items()
    }
    return Bundle(np.array(document["products"], dtype=str), found)


def over(recommender: Recommender, ids: np.ndarray, catalogue: Catalogue) -> Recommender:
    """The recommender over the products of a later catalogue.

    Those gone lose their links; one that is new takes the mean links of its category, to and from: it is shown where
    its kind is, behind the best of it.
    """
    import numpy as np
    from scipy.sparse import csr_array

    later = np.asarray(catalogue.ids, str)
    place = np.minimum(np.searchsorted(later, ids), max(len(later) - 1, 0))
    kept = np.flatnonzero(later[place] == ids) if len(later) else np.empty(0, np.int64)
    chosen = csr_array(
        (np.ones(len(kept), np.float32), (place[kept], kept)), shape=(len(later), len(ids)), dtype=np.float32
    )
    is_new = np.ones(len(later), bool)
    is_new[place[kept]] = False
    belonging = _same_category(catalogue, is_new)
    spread = csr_array(chosen + belonging @ chosen) if belonging.nnz else chosen
    return replace(recommender, links=csr_array(spread @ recommender.links @ spread.T))


def _same_category(catalogue: Catalogue, is_new: np.ndarray) -> Sparse:
    """products × products: of each new product equal shares of the known ones of its category."""
    import numpy as np
    from scipy.sparse import csr_array

    count = len(catalogue)
    known = np.flatnonzero(~is_new & (catalogue.category >= 0))
    sizes = np.bincount(catalogue.category[known], minlength=len(catalogue.categories) + 1)
    rows, columns = [], []
    for product in np.flatnonzero(is_new & (catalogue.category >= 0)):
        same = known[catalogue.category[known] == catalogue.category[product]]
        rows.append(np.full(len(same), product))
        columns.append(same)
    if not rows:
        return csr_array((count, count), dtype=np.float32)
    at = np.concatenate(rows)
    shares = 1 / np.maximum(sizes[catalogue.category[at]], 1)
    return csr_array((shares.astype(np.float32), (at, np.concatenate(columns))), shape=(count, count))


def _told(recommender: Recommender) -> dict[str, Any]:
    return {name: value for name, value in vars(recommender).items() if name != "links"} | {
        "settings": dict(recommender.settings)
    }
