"""One thread inside numerical libraries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_thread() -> Iterator[None]:
    """Sums come out the same each time, and many small predictions don't wait for each other's threads: on a
    busy machine OpenMP's barriers cost several times what a second core gains."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield
