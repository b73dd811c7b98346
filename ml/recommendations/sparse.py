"""The name of a sparse matrix in signatures."""

from typing import Any

#: A `scipy.sparse.csr_array`: rows × columns. What scipy ships of types loses track of it after one product.
Sparse = Any
