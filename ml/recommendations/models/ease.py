"""EASE: a ridge regression of each product on all others, in closed form (Steck 2019, "Embarrassingly shallow
autoencoders for sparse data").

With G the co-occurrences of products over people, P = (G + λI)⁻¹ and B = −P / diag(P), the diagonal 0. Dense, so only
the products with the most acts take part: 5,000 of them are 100 MB and some seconds. Weights below 0, "who took this
rather doesn't take that", are left out with all but the strongest neighbours.
"""

from __future__ import annotations

from typing import Any

from ml.contract import NotTrainable
from ml.recommendations.contract import NEIGHBOURS, Knowledge, Recommender, RecommenderModel, Settings
from ml.recommendations.cooccurrence import keep_strongest
from ml.recommendations.interactions import heaviest_acts
from ml.recommendations.popularity import in_season
from ml.recommendations.sparse import Sparse

#: Products that take part; the inverse costs the cube of it.
MOST_PRODUCTS = 5_000


def learn(knowledge: Knowledge, settings: Settings) -> Recommender:
    """`ridge` is λ: more of it trusts the data less. Links lead to what is in season, by its share ** `season`."""
    import numpy as np
    from scipy.sparse import csr_array, diags_array

    if not len(knowledge.interactions):
        raise NotTrainable("nothing was viewed or bought before the cut-off")
    weights = ease_weights(heaviest_acts(knowledge.interactions), settings["ridge"])
    season = diags_array((in_season(knowledge) ** settings["season"]).astype(np.float32))
    links = csr_array(weights @ season)
    return Recommender("ease", settings, links, settings["fade"])


def ease_weights(matrix: Any, ridge: float) -> Sparse:
    """The strongest of B, products × products, for a matrix of people × products."""
    import numpy as np
    from scipy.linalg import cho_factor, cho_solve
    from scipy.sparse import csr_array

    products = matrix.shape[1]
    acts = np.bincount(matrix.indices, minlength=products)
    chosen = np.sort(np.argsort(-acts, kind="stable")[:MOST_PRODUCTS])
    chosen = chosen[acts[chosen] > 0]
    part = matrix.tocsc()[:, chosen]
    gram = (part.T @ part).toarray().astype(np.float32)
    gram[np.diag_indices_from(gram)] += ridge
    inverse = cho_solve(cho_factor(gram, overwrite_a=True), np.eye(len(chosen), dtype=np.float32))
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0)
    kept = keep_strongest(weights, NEIGHBOURS).tocoo()
    places = (chosen[kept.coords[0]], chosen[kept.coords[1]])
    return csr_array((kept.data, places), shape=(products, products), dtype=np.float32)


plugin = RecommenderModel(
    meaning="a ridge regression of each product on all others",
    words="goes with {product}",
    learn=learn,
    grid=(
        {"ridge": 250.0, "season": 0.5, "fade": 0.5},
        {"ridge": 250.0, "season": 1.0, "fade": 0.5},
        {"ridge": 50.0, "season": 0.0, "fade": 0.5},
    ),
)
